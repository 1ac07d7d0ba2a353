// `make dev`: builds and runs the demo, and repeats that after every change. Arguments are passed to `server demo`.
import { spawn } from "node:child_process";
import { watch } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const watched = ["app", "frontend/src", "migrations", "server", "style"];
const forBrowser = (path) => /^(app|frontend\/src|server\/domain)\//.test(path);
const settleMs = 200;

let server;
let changed = new Set(["app/"]);
let settling;
let busy = false;

function run(command, args) {
  return new Promise((resolve) => {
    const child = spawn(command, args, { cwd: root, stdio: "inherit" });
    child.on("error", () => resolve(false));
    child.on("exit", (code) => resolve(code === 0));
  });
}

function stop() {
  const running = server;
  server = undefined;
  if (!running || running.exitCode !== null || running.signalCode !== null) return Promise.resolve();
  return new Promise((resolve) => {
    running.on("exit", resolve);
    running.kill("SIGTERM");
  });
}

// The old server keeps running until the new one is built, also after a failed build.
async function rebuild() {
  if (busy || changed.size === 0) return;
  busy = true;
  const paths = [...changed];
  changed = new Set();
  const start = Date.now();
  const built =
    (!paths.some(forBrowser) || (await run("frontend/build.sh", ["quick"]))) &&
    (await run("cargo", ["build", "--package", "server"]));
  if (built) {
    await stop();
    server = spawn("target/debug/server", ["demo", ...process.argv.slice(2)], { cwd: root, stdio: "inherit" });
    console.log(`make dev: built in ${((Date.now() - start) / 1000).toFixed(1)} s, running`);
  } else {
    console.log("make dev: build failed, waiting for the next change");
  }
  busy = false;
  await rebuild();
}

for (const folder of watched) {
  watch(join(root, folder), { recursive: true }, (_, name) => {
    if (!name || /(^|\/)[.#]|~$/.test(name)) return;
    changed.add(`${folder}/${name}`);
    clearTimeout(settling);
    settling = setTimeout(rebuild, settleMs);
  });
}
for (const signal of ["SIGINT", "SIGTERM"]) {
  process.on(signal, async () => {
    await stop();
    process.exit(0);
  });
}
await rebuild();
