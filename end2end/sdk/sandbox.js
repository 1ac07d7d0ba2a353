// Starts `server sandbox` on a free port, in memory or on a data folder, and stops it.
import { spawn } from "node:child_process";
import { dirname, join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import Stripe from "stripe";
import { freePort } from "../load/processes.mjs";

const here = dirname(fileURLToPath(import.meta.url));
export const binary = process.env.DUES_SERVER ?? join(here, "../../target/debug/server");

export const key = "sk_test_of_the_official_clients";

export async function startSandbox({ data } = {}) {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const child = spawn(binary, ["sandbox", ...(data ? ["--data", data] : [])], {
    env: { PATH: process.env.PATH ?? "", HOME: process.env.HOME ?? "", SANDBOX_LISTEN: `127.0.0.1:${port}` },
    stdio: ["ignore", "ignore", "ignore"],
  });
  const ended = new Promise((resolve) => child.once("exit", resolve));
  for (let tries = 0; tries < 300; tries += 1) {
    if (child.exitCode !== null) throw new Error(`server sandbox ended with ${child.exitCode}`);
    try {
      if ((await fetch(`${url}/clock`)).ok) break;
    } catch {
      await pause(100);
    }
  }
  return {
    url,
    port,
    async stop(signal = "SIGTERM") {
      child.kill(signal);
      await ended;
    },
  };
}

/** Stripe's official library, configured for a sandbox. */
export function stripeAt({ port }, options = {}) {
  return new Stripe(key, { host: "127.0.0.1", port, protocol: "http", maxNetworkRetries: 0, telemetry: false, ...options });
}

/** Posts the form of a hosted checkout, as a browser without JavaScript does, and returns the redirect's target. */
export async function pay(page, number = "4242 4242 4242 4242") {
  const body = new URLSearchParams({
    email: "owner@acme.test",
    card_number: number,
    expiry: "12 / 34",
    cvc: "123",
    name: "Acme Robotics",
  });
  const answer = await fetch(page, { method: "POST", body, redirect: "manual", headers: { accept: "text/html" } });
  return answer.headers.get("location");
}

/** Posts a form of a hosted page or a switch of the board, and returns the response. */
export function submit(page, fields) {
  const body = new URLSearchParams(fields);
  return fetch(page, { method: "POST", body, redirect: "manual", headers: { accept: "text/html" } });
}

/** Moves the sandbox's billing clock. Resolves once everything that became due is processed. */
export async function advance(sandbox, secs) {
  const body = JSON.stringify({ advance_secs: secs });
  const moved = await fetch(`${sandbox.url}/clock`, { method: "POST", body, headers: { "content-type": "application/json" } });
  if (moved.status !== 200) throw new Error(`the clock did not move: ${moved.status}`);
}
