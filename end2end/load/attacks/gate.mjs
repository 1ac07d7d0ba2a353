// A TCP proxy that delays requests.
import { connect, createServer } from "node:net";

export class Gate {
  /** Delay of each part of a request. */
  delayMs = 0;

  static async open(port, toPort) {
    const self = new Gate();
    self.server = createServer((client) => self.#lead(client, toPort));
    await new Promise((resolve) => self.server.listen(port, "127.0.0.1", resolve));
    return self;
  }

  #lead(client, toPort) {
    const target = connect({ host: "127.0.0.1", port: toPort });
    for (const [one, other] of [[client, target], [target, client]]) {
      one.on("error", () => other.destroy());
      one.on("close", () => other.destroy());
    }
    target.pipe(client);
    client.on("data", (data) => {
      if (this.delayMs === 0) target.write(data);
      else setTimeout(() => target.write(data), this.delayMs);
    });
  }

  close() {
    this.server.close();
  }
}
