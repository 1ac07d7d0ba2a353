// Sends requests of all kinds to all nodes in turn, and keeps what was acknowledged and what remained open.
import { randomBytes } from "node:crypto";
import { performance } from "node:perf_hooks";
import { setTimeout as pause } from "node:timers/promises";

import { each } from "../load/stage.mjs";
import { kinds } from "./requests.mjs";

/** Longer than the server's own time-outs, so that a request without an answer is the server's fault. */
const ANSWERS_WITHIN_MS = 30_000;
const PAUSE_AFTER_FAILURE_MS = 200;
const REPEATED_WITHIN_MS = 120_000;
const REPEATING_CLIENTS = 8;

/** How a request ended. */
export const ENDS = { ok: "ok", unavailable: "unavailable", silent: "silent", wrong: "wrong" };

export class Load {
  /** The requests that ended: `{ kind, node, at, ms, end, status, text }`, times in milliseconds since the epoch. */
  ended = [];
  /** Ids by where they must be stored. */
  acknowledged = { ledger: new Set(), limited: new Set(), inbox: new Set() };
  /** Requests without a success, which are sent again at the end: the same id counts once. */
  open = [];
  #isOver = false;
  #next = 0;
  #inFlight = new Map();

  /** `nodes`: base URLs. The list may change while the load runs. */
  constructor(nodes, seeded) {
    this.nodes = nodes;
    this.kinds = kinds(seeded);
    this.run = randomBytes(4).toString("hex");
  }

  start() {
    const lanes = this.kinds.flatMap((kind) => Array.from({ length: kind.clients }, (_, lane) => this.#lane(kind, lane)));
    this.lanes = Promise.all(lanes);
    return this;
  }

  async #lane(kind, lane) {
    for (let number = 0; !this.#isOver; number++) {
      const id = `${this.run}-${kind.name.replaceAll(" ", "-")}-${lane}-${number}`;
      const node = this.nodes[this.#next++ % this.nodes.length];
      const { end } = await this.#send(kind, id, node);
      if (end !== ENDS.ok && kind.stored) this.open.push({ kind, id });
      await pause(end === ENDS.ok ? kind.pauseMs : PAUSE_AFTER_FAILURE_MS);
    }
  }

  async #send(kind, id, node) {
    const { path, ...options } = kind.send(id);
    const began = performance.now();
    this.#inFlight.set(node, this.inFlight(node) + 1);
    let [status, text, retryAfter] = [0, "", null];
    try {
      const answer = await fetch(node + path, { ...options, redirect: "manual", signal: AbortSignal.timeout(ANSWERS_WITHIN_MS) });
      [status, retryAfter, text] = [answer.status, answer.headers.get("retry-after"), await answer.text()];
    } catch (error) {
      text = String(error.cause?.code ?? error.name);
    }
    this.#inFlight.set(node, this.inFlight(node) - 1);
    const end = this.#judge(kind, status, retryAfter, text);
    const ended = { kind: kind.name, node, at: Date.now(), ms: performance.now() - began, end, status, text: text.slice(0, 300) };
    this.ended.push(ended);
    if (end === ENDS.ok && status < 400 && kind.stored) for (const one of kind.ids(id)) this.acknowledged[kind.stored].add(one);
    return ended;
  }

  #judge(kind, status, retryAfter, text) {
    if (status === 0) return ENDS.silent;
    if (status === 503) return retryAfter ? ENDS.unavailable : ENDS.wrong;
    if (!kind.ok.includes(status)) return ENDS.wrong;
    // A batch of events is acknowledged if every event was taken or known.
    return kind.name === "events" && JSON.parse(text).rejected.length > 0 ? ENDS.wrong : ENDS.ok;
  }

  inFlight(node) {
    return this.#inFlight.get(node) ?? 0;
  }

  /** Takes a node out, and waits until it has answered everything. */
  async leave(node) {
    this.nodes.splice(this.nodes.indexOf(node), 1);
    while (this.inFlight(node) > 0) await pause(20);
  }

  failures() {
    return this.ended.filter(({ end }) => end !== ENDS.ok);
  }

  lastFailureAt() {
    return this.failures().reduce((last, { at }) => Math.max(last, at), 0);
  }

  /** Waits until no request has failed for `quietMs`, but not beyond `withinMs`. Returns whether it was quiet. */
  async quiet(quietMs, withinMs) {
    const began = Date.now();
    while (Date.now() - began < withinMs) {
      await pause(200);
      if (Date.now() - Math.max(this.lastFailureAt(), began) >= quietMs) return true;
    }
    return false;
  }

  /** Ends the load, and sends what remained open again, with the same ids. */
  async end() {
    this.#isOver = true;
    await this.lanes;
    const deadline = Date.now() + REPEATED_WITHIN_MS;
    const repeat = async ({ kind, id }) => {
      while ((await this.#send(kind, id, this.nodes[0])).end !== ENDS.ok) {
        if (Date.now() > deadline) throw new Error(`${kind.name} ${id} is refused again and again`);
        await pause(PAUSE_AFTER_FAILURE_MS);
      }
    };
    await each(this.open, repeat, REPEATING_CLIENTS);
  }
}
