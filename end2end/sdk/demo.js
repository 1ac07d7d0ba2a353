// Starts `server demo` on free ports in a new folder, and stops it.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { freePort } from "../load/processes.mjs";
import { binary } from "./sandbox.js";

/** Resolves with what `demo.json` says, the data folder, and `stop`, which ends the demo and deletes the folder. */
export async function startDemo() {
  const folder = mkdtempSync(join(tmpdir(), "dues-sdk-"));
  const [port, sandboxPort] = [await freePort(), await freePort()];
  const child = spawn(binary, ["demo", "--data", folder], {
    env: {
      PATH: process.env.PATH ?? "",
      HOME: process.env.HOME ?? "",
      LISTEN: `127.0.0.1:${port}`,
      SANDBOX_LISTEN: `127.0.0.1:${sandboxPort}`,
      METRICS_LISTEN: "127.0.0.1:0",
    },
    stdio: "ignore",
  });
  const ended = new Promise((resolve) => child.once("exit", resolve));
  let demo;
  for (let tries = 0; demo === undefined && tries < 600; tries += 1) {
    if (child.exitCode !== null) throw new Error(`server demo ended with ${child.exitCode}`);
    try {
      demo = JSON.parse(readFileSync(join(folder, "demo.json"), "utf8"));
    } catch {
      await pause(100);
    }
  }
  return {
    demo,
    folder,
    async stop() {
      child.kill("SIGTERM");
      assert.equal(await ended, 0);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
