// Starts the server under load and its sandbox on free ports. stage.mjs seeds them.
import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";

import { freePort, ready } from "./processes.mjs";
import { Stage, must } from "./stage.mjs";

/** The server renders its metrics at most this often. */
const METRICS_RENDERED_EVERY_MS = 1000;

/** A stage whose commands are processes of the run, and end with it. */
class RunStage extends Stage {
  constructor(processes, ...rest) {
    super(...rest);
    this.processes = processes;
  }

  command(...words) {
    return this.processes.run(this.server, words, { env: this.settings });
  }
}

export class Dues {
  static async start(processes, binary, folder, databaseUrl, more = {}) {
    const [port, sandboxPort, metricsPort] = [await freePort(), await freePort(), await freePort()];
    const [at, sandboxAt] = [`127.0.0.1:${port}`, `127.0.0.1:${sandboxPort}`];
    const settings = {
      LISTEN: at,
      METRICS_LISTEN: `127.0.0.1:${metricsPort}`,
      APP_URL: `http://${at}`,
      DATABASE_URL: databaseUrl,
      SECRETS_KEY: randomBytes(32).toString("base64"),
      PAYMENT_PROVIDER: "stripe",
      STRIPE_SECRET_KEY: "sk_test_bench",
      STRIPE_API_BASE: `http://${sandboxAt}/`,
      SANDBOX_LISTEN: sandboxAt,
      ALLOW_SANDBOX: "1",
      ...more,
    };
    const stage = new RunStage(processes, binary, settings);
    const self = Object.assign(new Dues(), { processes, stage, url: settings.APP_URL, port });
    const begin = (what, log) => processes.start(binary, [what], { env: settings, log: join(folder, log) });
    self.sandbox = begin("sandbox", "sandbox.log");
    await ready(self.sandbox, "the sandbox", async () => (await fetch(`http://${settings.SANDBOX_LISTEN}/`)).status < 500);
    Object.assign(settings, await stage.setUp());
    self.server = begin("serve", "server.log");
    await ready(self.server, "the server", async () => (await fetch(`${self.url}/readyz`)).ok);
    return self;
  }

  get metricsUrl() {
    return `http://${this.stage.settings.METRICS_LISTEN}/metrics`;
  }

  /** Number of responses by status, from the server's metrics. */
  async statuses() {
    await pause(METRICS_RENDERED_EVERY_MS);
    const text = await (await must(await fetch(this.metricsUrl))).text();
    const counted = new Map();
    for (const [, labels, count] of text.matchAll(/^http_requests_total\{(.*)\} (\d+)$/gm)) {
      const status = Number(labels.match(/status="(\d+)"/)[1]);
      counted.set(status, (counted.get(status) ?? 0) + Number(count));
    }
    return counted;
  }

  async used(key, feature) {
    const headers = { authorization: `Bearer ${key}` };
    const answer = await must(await fetch(`${this.url}/api/v1/billing/features/${feature}/check`, { headers }));
    return (await answer.json()).used;
  }

  /** Runs `server usage verify`. Fails if a counter is not the sum of its events. */
  verify() {
    return this.stage.command("usage", "verify");
  }

  async version() {
    return (await this.stage.command("--version")).trim().split(" ").at(-1);
  }

  async stop() {
    await this.processes.stop(this.server);
    await this.processes.stop(this.sandbox);
  }
}
