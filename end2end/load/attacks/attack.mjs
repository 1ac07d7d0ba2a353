// One attack while it goes on: what it sends from where and how fast, and what it is answered.
import { setTimeout as pause } from "node:timers/promises";

import { dial, send, statusOf } from "./client.mjs";

const OPENS_EVERY_MS = 20;

export class Attack {
  sent = 0;
  answers = {};
  #isOver = false;
  #going = [];
  #held = new Set();

  constructor(port, planted) {
    Object.assign(this, { port, planted });
  }

  /**
   * So many requests at once, on a connection each: a lane asks again as soon as it has its answer and has paused.
   * `next` makes a request by the numbers of the lane and of the turn in it: `{ from, bytes }`; `then` gets the status and the request.
   */
  lanes(count, pauseMs, next, then = () => {}) {
    const lane = async (at) => {
      // Not all in the same moment.
      await pause((pauseMs * at) / count);
      for (let turn = 0; !this.#isOver; turn++) {
        const sent = next(at, turn);
        then((await this.send(sent)).status, sent);
        await pause(pauseMs);
      }
    };
    for (let at = 0; at < count; at++) this.#going.push(lane(at));
  }

  /** The same, whatever becomes of the answers: so many a second. */
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
   * Keeps so many connections open, opens `perSecond` until they are there, and again for each that is closed. `begin` gets the socket;
   * `from` is the address of a connection by its number. Ends when they were all opened once.
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

  /** How many connections are open that are to stay so. */
  get open() {
    return this.#held.size;
  }

  /** Nothing more is sent; what is in flight is not waited for. */
  end() {
    this.#isOver = true;
    for (const socket of this.#held) socket.destroy();
  }
}
