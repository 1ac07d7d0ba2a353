// A running attack: sends requests at a rate from many addresses, and counts the responses.
import { setTimeout as pause } from "node:timers/promises";

import { dial, send, statusOf } from "./client.mjs";

const OPENS_EVERY_MS = 20;

export class Attack {
  sent = 0;
  answers = {};
  #isOver = false;
  #going = [];
  #held = new Set();

  constructor(port, seeded) {
    Object.assign(this, { port, seeded });
  }

  /**
   * Keeps `count` requests in flight, one per lane. After each response and a pause, the lane sends its next request.
   * `next(lane, round)` returns a request `{ from, bytes }`. `then` is called with the status and the request.
   */
  lanes(count, pauseMs, next, then = () => {}) {
    const lane = async (at) => {
      // Spreads the lanes over the pause.
      await pause((pauseMs * at) / count);
      for (let round = 0; !this.#isOver; round++) {
        const sent = next(at, round);
        then((await this.send(sent)).status, sent);
        await pause(pauseMs);
      }
    };
    for (let at = 0; at < count; at++) this.#going.push(lane(at));
  }

  /** Sends `perSecond` requests a second without waiting for responses. */
  stream(perSecond, next, then = () => {}) {
    const going = async () => {
      for (let at = 0; !this.#isOver; at++) {
        const sent = next(at);
        this.send(sent).then(({ status }) => then(status, sent));
        await pause(1000 / perSecond);
      }
    };
    this.#going.push(going());
  }

  async send({ from, bytes }) {
    this.sent++;
    const answer = await send(this.port, from, bytes);
    this.#answered(answer.status);
    return answer;
  }

  /**
   * Keeps `count` connections open. Opens at most `perSecond` a second, and replaces closed connections. `begin` gets
   * the socket, and `from(number)` returns the local address of a connection. Resolves once `count` were opened.
   */
  async hold(count, perSecond, from, begin) {
    const each = Math.max(1, (perSecond * OPENS_EVERY_MS) / 1000);
    let opened = 0;
    let done;
    const allOpened = new Promise((resolve) => (done = resolve));
    const going = async () => {
      while (!this.#isOver) {
        for (let room = each; room >= 1 && this.#held.size < count; room--) this.#open(from(opened++ % count), begin);
        if (opened >= count) done();
        await pause(OPENS_EVERY_MS);
      }
    };
    this.#going.push(going());
    await allOpened;
  }

  #open(from, begin) {
    this.sent++;
    const socket = dial(this.port, from);
    this.#held.add(socket);
    let status = "closed";
    socket.once("data", (data) => (status = statusOf(data)));
    socket.on("close", () => {
      this.#held.delete(socket);
      if (!this.#isOver) this.#answered(status);
    });
    begin(socket, () => !this.#isOver);
  }

  #answered(status) {
    this.answers[status] = (this.answers[status] ?? 0) + 1;
  }

  /** How many held connections are open. */
  get open() {
    return this.#held.size;
  }

  /** Stops sending, and does not wait for requests in flight. */
  end() {
    this.#isOver = true;
    for (const socket of this.#held) socket.destroy();
  }
}
