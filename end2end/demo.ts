// Starts `server demo` on free ports with an empty data folder, and stops it.
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { closeSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
export const binary = process.env.DUES_SERVER ?? join(here, "../target/debug/server");
const startsWithinMs = 60_000;
const stopsWithinMs = 15_000;

export interface Person {
  email: string;
  password: string;
}

export interface Workspace {
  id: string;
  name: string;
  plan: string;
  owner: Person;
  member: Person;
}

/** The content of demo.json, which the server writes. */
export interface DemoFile {
  url: string;
  sandbox_url: string;
  tenants: Workspace[];
  installation_key: string;
  operator: Person;
  stripe: { webhook_secret: string };
}

export class Demo {
  private child: ChildProcess | undefined;
  private file!: DemoFile;

  private constructor(
    /** The data folder. */
    readonly folder: string,
    private readonly environment: Record<string, string>,
    readonly logFile: string,
  ) {}

  /** Starts a demo and waits until it is ready. `name` is the name of its log under artifacts. */
  static async start(name: string, settings: Record<string, string> = {}): Promise<Demo> {
    const [port, sandboxPort, metricsPort] = await freePorts(3);
    const logs = join(here, "artifacts/logs");
    mkdirSync(logs, { recursive: true });
    const environment = {
      PATH: process.env.PATH ?? "",
      HOME: process.env.HOME ?? "",
      LISTEN: `127.0.0.1:${port}`,
      SANDBOX_LISTEN: `127.0.0.1:${sandboxPort}`,
      METRICS_LISTEN: `127.0.0.1:${metricsPort}`,
      ...settings,
    };
    const folder = mkdtempSync(join(tmpdir(), "dues-demo-"));
    const demo = new Demo(folder, environment, join(logs, `${name}.log`));
    try {
      await demo.launch();
    } catch (error) {
      await demo.end();
      throw error;
    }
    return demo;
  }

  get url(): string {
    return this.file.url;
  }

  get sandboxUrl(): string {
    return this.file.sandbox_url;
  }

  /** The address and port of the metrics. */
  get metricsAddress(): string {
    return this.environment.METRICS_LISTEN ?? "";
  }

  /** The installation key with every scope. */
  get installationKey(): string {
    return this.file.installation_key;
  }

  /** The operator's account, which belongs to no workspace. */
  get operator(): Person {
    return this.file.operator;
  }

  /** The `nth` demo workspace on `plan`. */
  workspace(plan: string, nth = 0): Workspace {
    const found = this.file.tenants.filter((tenant) => tenant.plan === plan)[nth];
    if (!found) throw new Error(`demo.json names no workspace ${nth} on ${plan}`);
    return found;
  }

  /** Runs another command of the binary on the demo's database, and returns its output. */
  command(...args: string[]): string {
    const { PATH = "", HOME = "" } = this.environment;
    const env = { PATH, HOME, DATABASE_URL: `sqlite://${join(this.folder, "dues.db")}` };
    return execFileSync(binary, args, { env, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] }).trim();
  }

  /** Restarts the server on the same folder and ports. */
  async restart(signal: "SIGTERM" | "SIGKILL" = "SIGTERM"): Promise<void> {
    await this.stop(signal);
    await this.launch();
  }

  /** Stops the server while `during` runs, then starts it on the same folder and ports. */
  async whileStopped(during: () => Promise<void>): Promise<void> {
    await this.stop("SIGTERM");
    try {
      await during();
    } finally {
      await this.launch();
    }
  }

  /** Stops the server and deletes its data. The log stays. */
  async end(): Promise<void> {
    try {
      await this.stop("SIGTERM");
    } finally {
      rmSync(this.folder, { recursive: true, force: true });
    }
  }

  private async launch(): Promise<void> {
    const log = openSync(this.logFile, "a");
    const child = spawn(binary, ["demo", "--data", this.folder], {
      cwd: join(here, ".."),
      env: this.environment,
      stdio: ["ignore", log, log],
    });
    closeSync(log);
    this.child = child;
    let broken: string | undefined;
    child.on("error", (error) => (broken = String(error)));
    child.on("exit", (code, signal) => (broken ??= `it ended with ${code ?? signal}`));
    const deadline = Date.now() + startsWithinMs;
    while (!(await this.answers())) {
      if (broken) throw new Error(`server demo did not start: ${broken}\n${this.log()}`);
      if (Date.now() > deadline) throw new Error(`server demo is not ready after ${startsWithinMs} ms\n${this.log()}`);
      await pause(50);
    }
    this.file = JSON.parse(readFileSync(join(this.folder, "demo.json"), "utf8"));
  }

  private async answers(): Promise<boolean> {
    try {
      JSON.parse(readFileSync(join(this.folder, "demo.json"), "utf8"));
      return (await fetch(`http://${this.environment.LISTEN}/readyz`)).ok;
    } catch {
      return false;
    }
  }

  private async stop(signal: "SIGTERM" | "SIGKILL"): Promise<void> {
    const child = this.child;
    this.child = undefined;
    if (!child?.pid || child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
    child.kill(signal);
    const inTime = await Promise.race([ended.then(() => true), pause(stopsWithinMs, false, { ref: false })]);
    if (!inTime) {
      child.kill("SIGKILL");
      throw new Error(`server demo was still running ${stopsWithinMs} ms after ${signal}\n${this.log()}`);
    }
    if (signal === "SIGTERM" && child.exitCode !== 0) {
      throw new Error(`server demo ended with ${child.exitCode ?? child.signalCode} on SIGTERM\n${this.log()}`);
    }
  }

  private log(): string {
    return readFileSync(this.logFile, "utf8").split("\n").slice(-60).join("\n");
  }
}

/** Free ports. All are held at once, so that they differ. */
export async function freePorts(count: number): Promise<number[]> {
  const held = await Promise.all(
    Array.from({ length: count }, async () => {
      const server = createServer();
      await new Promise<void>((resolve, reject) => {
        server.once("error", reject);
        server.listen(0, "127.0.0.1", resolve);
      });
      return server;
    }),
  );
  const ports = held.map((server) => (server.address() as { port: number }).port);
  await Promise.all(held.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}
