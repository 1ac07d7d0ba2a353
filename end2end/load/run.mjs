// A run with a temporary folder and processes, which are cleaned up when it ends or is interrupted.
import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { constants } from "node:os";

import { Processes } from "./processes.mjs";

const say = (line) => console.error(line);

/** Calls `work`. An error is printed and sets the exit code to 1. `prefix` is the beginning of the folder's path. */
export async function run(prefix, work) {
  const folder = mkdtempSync(prefix);
  // PostgreSQL's data folder is inside, and PostgreSQL may run as another user.
  chmodSync(folder, 0o711);
  const processes = new Processes();
  let ending;
  const end = () => {
    ending ??= processes.stopAll().finally(() => rmSync(folder, { recursive: true, force: true }));
    return ending;
  };
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) {
    process.on(signal, async () => {
      if (!ending) say("stopping");
      await end();
      process.exit(128 + constants.signals[signal]);
    });
  }
  try {
    await work({ folder, processes, say });
  } catch (error) {
    // An error caused by stopping the run is not a failure.
    if (!ending) {
      say(`\n${error.message}`);
      process.exitCode = 1;
    }
  } finally {
    await end();
  }
}
