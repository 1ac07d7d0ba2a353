// The thread of an attack. It runs at a low priority, as an attacker has a machine of its own: where there is not enough
// processor time for both, the server has it.
import { setPriority } from "node:os";
import { parentPort, workerData } from "node:worker_threads";

import { Attack } from "./attack.mjs";
import { ATTACKS } from "./list.mjs";

const PRIORITY = 10;

setPriority(PRIORITY);
const { name, port, planted } = workerData;
const attack = new Attack(port, planted);
await ATTACKS.find((one) => one.name === name).begin(attack);
parentPort.once("message", () => {
  const { sent, answers, open } = attack;
  attack.end();
  parentPort.postMessage({ sent, answers, open });
});
parentPort.postMessage("under way");
