// Every attack, in the order in which they are run.
//
//   name, about   what it is called, and what is sent
//   isOfLogins    it sends nothing but logins on new devices
//   obstacle      why it can't be run on this machine, if it can't
//   settings      of the server, beside the defaults
//   program       the program to run in place of the server
//   plant         what is there before, made by the server's own commands and API
//   begin         begins it, in a thread of its own (attack.mjs), and ends when it is under way
//   beside        what else is measured meanwhile, as text
//   end           closes what the others have opened
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
