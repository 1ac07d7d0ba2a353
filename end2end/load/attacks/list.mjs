// All attacks in the order in which they run.
//
//   name, about   name, and a description of what is sent
//   isOfLogins    whether it sends only logins from new devices
//   obstacle      returns why it can't run on this machine, or undefined
//   settings      returns settings of the server beside the defaults
//   program       returns the program to run in place of the server
//   seed          seeds the server through its commands and API
//   begin         starts the attack in a separate thread (attack.mjs), and resolves once it is running
//   beside        measures something else meanwhile, and returns it as text
//   end           closes what the others opened
import { largeInputs, repeatedFields } from "./large-inputs.mjs";
import { neighbours } from "./neighbours.mjs";
import { halfBodies, halfBodiesEverywhere, halfHeads, rapidResets, slowReaders } from "./slow-clients.mjs";
import { slowNames } from "./slow-names.mjs";
import { slowProvider } from "./slow-provider.mjs";
import { enterpriseRequests, signUps, wrongLogins, wrongLoginsOfOne } from "./strangers.mjs";

const nothing = { name: "nothing", about: "for comparison", begin() {} };

export const ATTACKS = [
  nothing,
  repeatedFields,
  largeInputs,
  halfHeads,
  halfBodies,
  halfBodiesEverywhere,
  slowReaders,
  rapidResets,
  signUps,
  wrongLogins,
  wrongLoginsOfOne,
  enterpriseRequests,
  slowNames,
  neighbours,
  slowProvider,
];
