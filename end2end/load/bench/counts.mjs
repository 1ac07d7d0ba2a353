// Checks that each counter equals the sum of the amounts sent to it.
import { setTimeout as pause } from "node:timers/promises";

import { each } from "../stage.mjs";
import { fill } from "./workloads.mjs";
import { idOf, rowOf } from "./wrk.mjs";

const LANES = 8;
/** Number of requests per connection that are repeated after a burst. They include all without a response. */
const AGAIN_FOR_EACH = 5;
/** Time in which a server notices a closed connection. */
const NOTICED_WITHIN_MS = 200;

export class Counts {
  /** Amounts sent to each counter, by feature and key. */
  #sent = new Map();

  constructor(dues) {
    this.dues = dues;
  }

  /** Sends one request of a workload. Fails unless the response has the expected status. */
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

  /** Sends requests 1 to `last` of a run without wrk. */
  async send(workload, run, last) {
    const all = Array.from({ length: last }, (_, at) => at + 1);
    await each(all, (serial) => this.ask(workload, rowOf(workload, serial), idOf(run, serial)), LANES);
    this.#add(workload, last);
  }

  /**
   * Settles a burst of `made` requests, so that each counts once. Sends the last requests again with the same
   * idempotency keys: they were in flight when the burst ended, so their outcome is unknown. Also sends the first
   * request, which wrk builds but never sends.
   */
  async settle(workload, run, made, connections) {
    await pause(NOTICED_WITHIN_MS);
    if (workload.counts === 0) return;
    const first = Math.max(2, made - AGAIN_FOR_EACH * connections);
    const again = [1, ...Array.from({ length: Math.max(0, made - first + 1) }, (_, at) => first + at)];
    await each(again, (serial) => this.ask(workload, rowOf(workload, serial), idOf(run, serial)), LANES);
    this.#add(workload, made);
  }

  #add({ feature, counts, spread, ...workload }, requests) {
    if (counts === 0) return;
    const sent = this.#sent.get(feature) ?? new Map();
    this.#sent.set(feature, sent);
    const add = (key, amount) => sent.set(key, (sent.get(key) ?? 0) + amount);
    if (spread) {
      for (const key of spread) add(key, requests);
      return;
    }
    for (let serial = 1; serial <= requests; serial++) {
      const [key] = rowOf(workload, serial);
      add(key, counts);
    }
  }

  /** The sum of all counters. Fails if one differs from what was sent to it. */
  async check() {
    const all = [...this.#sent].flatMap(([feature, sent]) => [...sent].map(([key, amount]) => ({ feature, key, amount })));
    await each(all, async ({ feature, key, amount }) => {
      const used = await this.dues.used(key, feature);
      if (used !== amount) throw new Error(`a counter of ${feature} is ${used}, but ${amount} were sent to it`);
    }, LANES);
    await this.dues.verify();
    return all.reduce((sum, { amount }) => sum + amount, 0);
  }
}
