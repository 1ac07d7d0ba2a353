// Starts `server demo` in a new folder, and kills, restarts and stops it. A proxy stands between it and the client.
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";

const binary = process.env.DUES_SERVER ?? fileURLToPath(new URL("../../../../target/debug/server", import.meta.url));
const STARTS_WITHIN_MS = 60_000;

export async function startServer() {
  const folder = mkdtempSync(join(tmpdir(), "dues-client-"));
  const [port, sandboxPort] = [await freePort(), await freePort()];
  const { PATH = "", HOME = "" } = process.env;
  const env = { PATH, HOME, LISTEN: `127.0.0.1:${port}`, SANDBOX_LISTEN: `127.0.0.1:${sandboxPort}` };
  let child;
  const server = {
    port,
    url: `http://127.0.0.1:${port}`,
    /** The content of demo.json. */
    demo: undefined,
    async start() {
      child = spawn(binary, ["demo", "--data", folder], { env, stdio: "ignore" });
      await until(async () => {
        if (child.exitCode !== null) throw new Error(`server demo ended with ${child.exitCode}`);
        server.demo = JSON.parse(readFileSync(join(folder, "demo.json"), "utf8"));
        return (await fetch(`${server.url}/readyz`)).ok;
      }, STARTS_WITHIN_MS);
    },
    async kill(signal = "SIGKILL") {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const ended = new Promise((resolve) => child.once("exit", resolve));
      child.kill(signal);
      await ended;
    },
    async stop() {
      await server.kill("SIGTERM");
      rmSync(folder, { recursive: true, force: true });
    },
    workspace: (plan, nth = 0) => server.demo.tenants.filter((tenant) => tenant.plan === plan)[nth],
  };
  await server.start();
  return server;
}

/** Forwards connections. `mode`: `pass`; `hold` drops answers; `cut` closes the connection when an answer comes. */
export async function startProxy(port) {
  const open = new Set();
  const proxy = { mode: "pass", cuts: 0, url: "", stop: async () => {} };
  const listener = createServer((client) => {
    const server = connect(port, "127.0.0.1");
    for (const socket of [client, server]) {
      open.add(socket);
      socket.on("error", () => {});
      socket.on("close", () => {
        open.delete(socket);
        client.destroy();
        server.destroy();
      });
    }
    client.pipe(server);
    server.on("data", (data) => {
      if (proxy.mode === "pass") client.write(data);
      if (proxy.mode !== "cut") return;
      proxy.cuts += 1;
      client.destroy();
    });
  });
  await new Promise((resolve) => listener.listen(0, "127.0.0.1", resolve));
  proxy.url = `http://127.0.0.1:${listener.address().port}`;
  proxy.stop = async () => {
    open.forEach((socket) => socket.destroy());
    await new Promise((resolve) => listener.close(resolve));
  };
  return proxy;
}

/** Waits until `condition` is true. An error counts as false, except that of an ended server. */
export async function until(condition, withinMs = 15_000) {
  const deadline = Date.now() + withinMs;
  for (let last; ; await pause(20)) {
    try {
      if (await condition()) return;
    } catch (error) {
      last = error;
      if (/ended with/.test(error.message)) throw error;
    }
    if (Date.now() > deadline) throw last ?? new Error(`not within ${withinMs} ms: ${condition}`);
  }
}

export async function freePort() {
  const server = createServer();
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}
