// `make example`: starts Dues' demo and the product beside it, and stops both on Ctrl-C. Not part of the product.
// `node run.js [--data FOLDER]`; LISTEN, SANDBOX_LISTEN and PORT choose other ports.
import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { register } from "./register.js";

const STARTS_WITHIN_MS = 60_000;
const STOPS_WITHIN_MS = 15_000;
const at = (path) => fileURLToPath(new URL(path, import.meta.url));
const { values } = parseArgs({ options: { data: { type: "string", default: at("../../data/example") } } });
const data = resolve(values.data);
const { DUES_SERVER = at("../../target/debug/server"), PORT = "4000" } = process.env;
const productUrl = `http://127.0.0.1:${PORT}`;

const running = [];
let isStopping = false;
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => void stop(0));

try {
  mkdirSync(data, { recursive: true, mode: 0o700 });
  const dues = await startDues();
  await startProduct(dues);
} catch (error) {
  if (!isStopping) console.error(`make example: ${error.message}`);
  await stop(1);
}

/** Starts the demo, whose billing pages may lead back to the product. Returns what demo.json says. */
async function startDues() {
  const file = join(data, "demo.json");
  // The demo writes it when it is ready.
  rmSync(file, { force: true });
  start(DUES_SERVER, ["demo", "--data", data], { ALLOWED_REDIRECT_ORIGINS: productUrl });
  await until(() => existsSync(file), "Dues");
  const demo = JSON.parse(readFileSync(file, "utf8"));
  await until(async () => (await fetch(`${demo.url}/readyz`)).ok, "Dues");
  return demo;
}

async function startProduct({ url, installation_key: duesKey }) {
  const receiver = `${productUrl}/webhooks/dues`;
  start(process.execPath, [at("server.js")], {
    PORT,
    PRODUCT_URL: productUrl,
    DATABASE: join(data, "gist.db"),
    SESSION_SECRET: sessionSecret(),
    DUES_URL: url,
    DUES_KEY: duesKey,
    DUES_WEBHOOK_SECRETS: await register({ duesUrl: url, duesKey, receiver }),
  });
  await until(async () => (await fetch(`${productUrl}/sign-in`)).ok, "the product");
  console.log(`  Sign up at ${productUrl}, create a team, and summarize until the plan says no.`);
  console.log("  Pay with card 4242 4242 4242 4242. Stop both with Ctrl-C.\n");
}

/** Kept, so that people stay signed in when the product is started again. */
function sessionSecret() {
  const file = join(data, "session-secret");
  if (!existsSync(file)) writeFileSync(file, randomBytes(32).toString("hex"), { mode: 0o600 });
  return readFileSync(file, "utf8");
}

/** Starts a process out of reach of the terminal's Ctrl-C, so that `stop` decides about the order. */
function start(command, args, env) {
  if (isStopping) throw new Error("stopped while it started");
  const child = spawn(command, args, { env: { ...process.env, ...env }, stdio: "inherit", detached: true });
  const ended = new Promise((resolve) => {
    child.on("error", resolve);
    child.on("exit", resolve);
  });
  running.push({ child, ended });
  void ended.then((reason) => {
    if (isStopping) return;
    console.error(`make example: ${command} ended (${reason?.message ?? reason})`);
    void stop(1);
  });
}

/** Stops what was started last first: the product still needs Dues to send what it has tracked. */
async function stop(code) {
  if (isStopping) return;
  isStopping = true;
  for (const { child, ended } of running.reverse()) {
    if (!child.pid) continue;
    child.kill("SIGTERM");
    const force = setTimeout(() => child.kill("SIGKILL"), STOPS_WITHIN_MS);
    await ended;
    clearTimeout(force);
  }
  process.exit(code);
}

/** Waits until `condition` holds; its errors mean not yet. */
async function until(condition, what) {
  const deadline = Date.now() + STARTS_WITHIN_MS;
  while (!isStopping && Date.now() < deadline) {
    if (await Promise.resolve().then(condition).catch(() => false)) return;
    await pause(50);
  }
  throw new Error(isStopping ? "stopped while it started" : `${what} is not ready after ${STARTS_WITHIN_MS} ms`);
}
