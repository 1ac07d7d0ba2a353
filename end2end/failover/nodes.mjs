// Nodes of Dues on one database.
import { join } from "node:path";

import { freePort, ready } from "../load/processes.mjs";

export class Node {
  /** Starts a node with the settings of `dues`, beside its server. `binary`: another version of the server. */
  static async start(dues, folder, name, binary = dues.stage.server) {
    const at = `127.0.0.1:${await freePort()}`;
    const env = { ...dues.stage.settings, LISTEN: at, METRICS_LISTEN: `127.0.0.1:${await freePort()}` };
    const self = Object.assign(new Node(), { name, url: `http://${at}`, processes: dues.processes });
    self.process = dues.processes.start(binary, ["serve"], { env, log: join(folder, `${name}.log`) });
    await ready(self.process, name, async () => (await fetch(`${self.url}/readyz`)).ok);
    return self;
  }

  /** The server that `Dues.start` has started. */
  static first(dues, name) {
    return Object.assign(new Node(), { name, url: dues.url, processes: dues.processes, process: dues.server });
  }

  pause() {
    process.kill(this.process.pid, "SIGSTOP");
  }

  resume() {
    process.kill(this.process.pid, "SIGCONT");
  }

  stop() {
    return this.processes.stop(this.process);
  }
}
