// What a burst costs, on a machine that is as quiet as it gets.
import { setTimeout as pause } from "node:timers/promises";

import { busySeconds, cpuSeconds, ownSeconds } from "./processes.mjs";

/** Of one processor, used by others: with more than that, a burst is repeated. */
const NOISE = 0.12;
const ATTEMPTS = 3;
const GLANCE_MS = 300;
/** Before a burst, what the one before left behind is waited for so long, and others so long. */
const AFTERMATH_MS = 5_000;
const OTHERS_MS = 3_000;
/** Waiting for others and repeating, all together, on each engine. */
const PATIENCE_MS = 60_000;

export class Meter {
  repeats = 0;
  #waitedMs = 0;

  /** The server, its database if that is a process of its own, and the sandbox, whose CPU counts for nobody. */
  constructor({ server, sandbox }, { cpuOf }) {
    Object.assign(this, { server: server.pid, sandbox: sandbox.pid, database: cpuOf });
  }

  /** What `work` answers; CPU seconds meanwhile; and how many processors the load itself and others were using. */
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

  /** The quietest of a few attempts. */
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

  /** Until neither the burst before nor anybody else keeps the machine busy. */
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

  /** Seconds so far. `client` is this process, with what it has started and seen end: wrk, pgbench. */
  #read() {
    const [server, sandbox] = [cpuSeconds(this.server), cpuSeconds(this.sandbox)];
    const database = this.database ? cpuSeconds(this.database) : 0;
    return { server, database, sandbox, client: ownSeconds(process.pid), busy: busySeconds(), at: performance.now() / 1000 };
  }
}
