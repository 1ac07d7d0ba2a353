// A person who signs in again and again, and a health check beside: how long each takes, in a process of its own that does nothing else.
//
//   node probe.mjs PORT SECONDS JSON    prints what came of them as JSON; JSON is the body of the login
import { setTimeout as pause } from "node:timers/promises";

import { address, request, send } from "./client.mjs";

const EVERY_MS = 100;
const [, , port, seconds, credentials] = process.argv;
const until = performance.now() + seconds * 1000;

/** One after another, each begun so long after the one before, or when that has its answer. */
async function repeat(from, bytes) {
  const answers = [];
  for (let next = performance.now(); next < until; ) {
    answers.push(await send(Number(port), from, bytes));
    next = Math.max(next + EVERY_MS, performance.now());
    await pause(next - performance.now());
  }
  return answers;
}

const login = request("POST", "/api/v1/auth/login", { headers: { "content-type": "application/json" }, body: credentials });
const [logins, healthz] = await Promise.all([
  repeat(address(0, 2), login),
  repeat(address(0, 3), request("GET", "/healthz")),
]);
console.log(JSON.stringify({ logins, healthz }));
