// Measures the CPU time of a burst, and repeats bursts that other processes disturbed.
import { setTimeout as pause } from "node:timers/promises";

import { busySeconds, cpuSeconds, ownSeconds } from "./processes.mjs";

/** CPU share of other processes, of one processor, above which a burst is repeated. */
const NOISE = 0.12;
const ATTEMPTS = 3;
const GLANCE_MS = 300;
/** Limits of the wait before a burst: for work left by the previous one, and for other processes. */
const AFTERMATH_MS = 5_000;
const OTHERS_MS = 3_000;
/** Limit per engine of the time for waiting for other processes and for repeated bursts. */
const PATIENCE_MS = 60_000;

export class Meter {
  repeats = 0;
  #waitedMs = 0;

  /** The processes to measure. `cpuOf` is the database's process id, if it is separate. The sandbox is not reported. */
  constructor({ server, sandbox }, { cpuOf }) {
    Object.assign(this, { server: server.pid, sandbox: sandbox.pid, database: cpuOf });
  }

  /** Runs `work`. Returns its result, CPU seconds of server and database, and CPU shares of the load and of others. */
  async spent(work) {
    const before = this.#read();
    const result = await work();
    const after = this.#read();
    const { at, busy, server, database, sandbox, client } = Object.fromEntries(
      Object.keys(after).map((what) => [what, after[what] - before[what]]),
    );
    const ours = server + database + sandbox + client;
    return { ...result, seconds: at, server, database, client: client / at, ours: ours / at, noise: Math.max(0, busy - ours) / at };
  }

  /** Runs `attempt` up to ATTEMPTS times, and returns the result with the least noise. */
  async quietest(attempt) {
    let best;
    for (let attempts = 1; ; attempts++) {
      await this.#calm();
      const begun = Date.now();
      const cell = await attempt();
      if (!best || cell.noise < best.noise) best = cell;
      if (best.noise <= NOISE || attempts === ATTEMPTS || this.#waitedMs >= PATIENCE_MS) return best;
      this.repeats++;
      this.#waitedMs += Date.now() - begun;
    }
  }

  /** Waits until neither the previous burst nor other processes keep the machine busy. */
  async #calm() {
    for (let [aftermathMs, othersMs] = [0, 0]; aftermathMs < AFTERMATH_MS && othersMs < OTHERS_MS; ) {
      const { ours, noise } = await this.spent(() => pause(GLANCE_MS));
      if (ours > NOISE) {
        aftermathMs += GLANCE_MS;
      } else if (noise > NOISE && this.#waitedMs < PATIENCE_MS) {
        othersMs += GLANCE_MS;
        this.#waitedMs += GLANCE_MS;
      } else {
        return;
      }
    }
  }

  /** CPU seconds so far. `client` is this process with its ended children: wrk, pgbench. */
  #read() {
    const [server, sandbox] = [cpuSeconds(this.server), cpuSeconds(this.sandbox)];
    const database = this.database ? cpuSeconds(this.database) : 0;
    return { server, database, sandbox, client: ownSeconds(process.pid), busy: busySeconds(), at: performance.now() / 1000 };
  }
}
