// Whether each counter is what was sent to it.
import { setTimeout as pause } from "node:timers/promises";

import { each } from "./stage.mjs";
import { fill } from "./workloads.mjs";
import { idOf, rowOf } from "./wrk.mjs";

const LANES = 8;
/** How many of the last requests are sent again, for each connection: those without an answer are among them. */
const AGAIN_FOR_EACH = 5;
/** Until a server has noticed that a client is gone. */
const NOTICED_WITHIN_MS = 200;

export class Counts {
  /** What was sent to each counter: by feature, by key. */
  #sent = new Map();

  constructor(dues) {
    this.dues = dues;
  }

  /** One request of a workload; fails unless it is answered as the workload expects. */
  async ask({ name, method, path, headers, body, columns, status }, row, id) {
    const filled = (text) => fill(text, columns, row, id);
    const answer = await fetch(this.dues.url + path, {
      method,
      headers: Object.fromEntries(Object.entries(headers).map(([header, value]) => [header, filled(value)])),
      body: body && filled(body),
      redirect: "manual",
    });
    const text = await answer.text();
    if (answer.status !== status) throw new Error(`${name} is answered ${answer.status}, not ${status}: ${text.slice(0, 500)}`);
  }

  /** Sends requests 1 to `last` of a run one by one, as wrk would. */
  async send(workload, run, last) {
    const all = Array.from({ length: last }, (_, at) => at + 1);
    await each(all, (serial) => this.ask(workload, rowOf(workload, serial), idOf(run, serial)), LANES);
    this.#add(workload, last);
  }

  /**
   * After a burst that made `made` requests. The last were under way when it ended, and nobody knows whether they count: they
   * are sent again, and then each counts once. So is the first, which wrk makes without sending it.
   */
  async settle(workload, run, made, connections) {
    await pause(NOTICED_WITHIN_MS);
    if (workload.counts === 0) return;
    const first = Math.max(2, made - AGAIN_FOR_EACH * connections);
    const again = [1, ...Array.from({ length: Math.max(0, made - first + 1) }, (_, at) => first + at)];
    await each(again, (serial) => this.ask(workload, rowOf(workload, serial), idOf(run, serial)), LANES);
    this.#add(workload, made);
  }

  #add({ feature, counts, ...workload }, requests) {
    if (counts === 0) return;
    const sent = this.#sent.get(feature) ?? new Map();
    this.#sent.set(feature, sent);
    for (let serial = 1; serial <= requests; serial++) {
      const [key] = rowOf(workload, serial);
      sent.set(key, (sent.get(key) ?? 0) + counts);
    }
  }

  /** What all counters hold, once each has been compared; fails where one is wrong. */
  async check() {
    const all = [...this.#sent].flatMap(([feature, sent]) => [...sent].map(([key, amount]) => ({ feature, key, amount })));
    await each(all, async ({ feature, key, amount }) => {
      const used = await this.dues.used(key, feature);
      if (used !== amount) throw new Error(`a counter of ${feature} stands at ${used}, and ${amount} were sent to it`);
    }, LANES);
    await this.dues.verify();
    return all.reduce((sum, { amount }) => sum + amount, 0);
  }
}
