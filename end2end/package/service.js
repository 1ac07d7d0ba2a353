// Starts a service as systemd would: by the command line, user, folder and settings of its unit.
import assert from "node:assert/strict";
import { closeSync, openSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { startAsRoot } from "./clean-root.js";

const startsWithinMs = 60_000;

/** The lines of a unit's section [Service], by name; of repeated names the last. */
export function serviceSection(unit) {
  const section = /^\[Service\]$([^]*?)(?=^\[|$(?![^]))/m.exec(unit)[1];
  return new Map([...section.matchAll(/^([A-Za-z]+)=(.*)$/gm)].map(([, name, value]) => [name, value]));
}

/** The settings of an environment file, as systemd reads them. */
export function environmentFile(text) {
  return text.split("\n").filter((line) => line !== "" && !/^[#;]/.test(line));
}

/** Starts the service of a root's package, and waits until it is ready at `port`. */
export async function startService(root, port) {
  const unit = serviceSection(root.read("/usr/lib/systemd/system/dues.service"));
  const settings = environmentFile(root.read(unit.get("EnvironmentFile")));
  const [user, group] = [unit.get("User"), unit.get("Group")];
  const command = unit.get("ExecStart").split(" ");
  const script = `umask ${unit.get("UMask")}; cd "$0" && exec "$@"`;
  return start(
    root.commandLine("env", ...settings, "setpriv", `--reuid=${user}`, `--regid=${group}`, "--init-groups",
      "--no-new-privs", "--bounding-set=-all", "--inh-caps=-all", "--", "sh", "-c", script,
      unit.get("WorkingDirectory"), ...command),
    port,
  );
}

/** Starts a server by a command line, as root, and waits until it is ready at `port`. */
export async function start(commandLine, port) {
  const log = join(tmpdir(), `dues-package-${process.pid}-${port}.log`);
  const output = openSync(log, "a");
  const child = startAsRoot(commandLine, output);
  closeSync(output);
  const ended = new Promise((resolve) => child.once("exit", (code, signal) => resolve(code ?? signal)));
  const url = `http://127.0.0.1:${port}`;
  const until = Date.now() + startsWithinMs;
  for (;;) {
    const failed = child.exitCode !== null || child.signalCode !== null || Date.now() > until;
    if (failed) {
      child.kill("SIGKILL");
      throw new Error(`the server did not start:\n${readFileSync(log, "utf8")}`);
    }
    const ready = await fetch(`${url}/readyz`).then(({ status }) => status === 200, () => false);
    if (ready) break;
    await pause(100);
  }
  return {
    url,
    log: () => readFileSync(log, "utf8"),
    /** Stops the server as systemd does, and checks that it exits with 0. */
    async stop() {
      child.kill("SIGTERM");
      assert.equal(await ended, 0, readFileSync(log, "utf8"));
    },
    kill: () => child.kill("SIGKILL"),
  };
}
