// Starts and stops a run's processes by their ids, and reads their CPU time from /proc.
import { spawn } from "node:child_process";
import { openSync, closeSync, readFileSync, readdirSync } from "node:fs";
import { createServer } from "node:net";
import { setTimeout as pause } from "node:timers/promises";

/** USER_HZ, the unit of times in /proc. It is 100 on every Linux. */
const TICKS_PER_SECOND = 100;
const STOPS_WITHIN_MS = 25_000;
const STARTS_WITHIN_MS = 60_000;

export class Processes {
  #running = [];
  #ending = false;

  /** Starts a process. `user` has spawn's uid and gid. Output is appended to `log`, or goes to pipes without one. */
  start(command, words, { log, user, ...options } = {}) {
    if (this.#ending) throw new Error("the run is ending");
    const out = log ? openSync(log, "a") : "pipe";
    // In a separate session: Ctrl-C reaches only this process, which then stops the others in order.
    const child = spawn(command, words, { ...options, ...user, detached: true, stdio: ["ignore", out, out] });
    if (log) closeSync(out);
    child.log = log;
    child.gone = new Promise((resolve) => {
      child.once("error", resolve);
      child.once("close", () => resolve());
    });
    this.#running.push(child);
    child.gone.then(() => this.#running.splice(this.#running.indexOf(child), 1));
    return child;
  }

  /** Runs a command and returns its standard output. Fails with all output if the command fails. */
  async run(command, words, options) {
    const child = this.start(command, words, options);
    let out = "";
    let err = "";
    child.stdout.on("data", (data) => (out += data));
    child.stderr.on("data", (data) => (err += data));
    const error = await child.gone;
    if (error || child.exitCode !== 0) {
      const how = error?.message ?? child.signalCode ?? child.exitCode;
      throw new Error(`${command} ${words.slice(0, 2).join(" ")} failed (${how})\n${out}${err}`);
    }
    return out;
  }

  async stop(child, signal = "SIGTERM") {
    const tooLate = setTimeout(() => child.kill("SIGKILL"), STOPS_WITHIN_MS);
    child.kill(signal);
    await child.gone;
    clearTimeout(tooLate);
  }

  /** Stops all processes, the newest first: load generators, servers, databases. No process can start afterwards. */
  async stopAll() {
    this.#ending = true;
    while (this.#running.length) await this.stop(this.#running.at(-1), this.#running.at(-1).stopsBy);
  }
}

/** Waits until `check` resolves to true. Fails with the end of the log if the process ends before. */
export async function ready(child, what, check) {
  let isGone = false;
  child.gone.then(() => (isGone = true));
  for (const deadline = Date.now() + STARTS_WITHIN_MS; Date.now() < deadline && !isGone; await pause(50)) {
    if (await check().catch(() => false)) return;
  }
  throw new Error(`${what} did not start\n${readFileSync(child.log, "utf8").slice(-2000)}`);
}

export function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer().once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

/** The fields of /proc/PID/stat after the command's name: state, parent, … Undefined once the process is gone. */
function stat(pid) {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, "utf8");
    return text.slice(text.lastIndexOf(")") + 2).split(" ");
  } catch {
    return undefined;
  }
}

/** User and system time of a process and all its descendants, ended ones included. */
export function cpuSeconds(root) {
  const children = new Map();
  for (const pid of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
    const parent = stat(pid)?.[1];
    children.set(parent, [...(children.get(parent) ?? []), pid]);
  }
  const below = (pid) => [pid, ...(children.get(pid) ?? []).flatMap(below)];
  return below(String(root)).reduce((sum, pid) => sum + ownSeconds(pid), 0);
}

/** User and system time of a process and its ended children. */
export function ownSeconds(pid) {
  const fields = stat(pid)?.slice(11, 15) ?? [];
  return fields.reduce((sum, ticks) => sum + Number(ticks), 0) / TICKS_PER_SECOND;
}

/** Busy time of all processors of this machine. */
export function busySeconds() {
  const fields = readFileSync("/proc/stat", "utf8").split("\n", 1)[0].trim().split(/\s+/).slice(1, 9).map(Number);
  const idle = fields[3] + fields[4];
  return (fields.reduce((sum, ticks) => sum + ticks, 0) - idle) / TICKS_PER_SECOND;
}
