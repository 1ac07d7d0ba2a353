// The thread of an attack. It runs at a lower priority than the server, because a real attacker uses another machine.
// Linux applies priorities within a session only (sched_autogroup), unless the run is in a cgroup. The table shows the
// CPU time in the column `attacker`.
import { constants, getPriority, setPriority } from "node:os";
import { parentPort, workerData } from "node:worker_threads";

import { Attack } from "./attack.mjs";
import { ATTACKS } from "./list.mjs";

const LOWER = 10;

setPriority(Math.min(getPriority() + LOWER, constants.priority.PRIORITY_LOW));
const { name, port, seeded } = workerData;
const attack = new Attack(port, seeded);
await ATTACKS.find((one) => one.name === name).begin(attack);
parentPort.once("message", () => {
  const { sent, answers, open } = attack;
  attack.end();
  parentPort.postMessage({ sent, answers, open });
});
parentPort.postMessage("under way");
