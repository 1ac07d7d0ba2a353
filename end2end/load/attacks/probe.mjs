// A person who signs in again and again, on a device that the account knows and on one that it does not, and a health check beside:
// how long each takes, in a process of its own that does nothing else.
//
//   node probe.mjs PORT SECONDS JSON COOKIE    prints what came of them as JSON; JSON is the body of a login, COOKIE the device's
import { setTimeout as pause } from "node:timers/promises";

import { address, json, request, send } from "./client.mjs";

const EVERY_MS = 150;
const [, , port, seconds, credentials, device] = process.argv;
const until = performance.now() + seconds * 1000;

/** One after another, each begun so long after the one before, or when that has its answer. */
async function repeat(from, bytes) {
  const answers = [];
  await pause(Math.random() * EVERY_MS);
  for (let next = performance.now(); next < until; ) {
    answers.push(await send(Number(port), from, bytes));
    next = Math.max(next + EVERY_MS, performance.now());
    await pause(next - performance.now());
  }
  return answers;
}

const login = (headers) => json("/api/v1/auth/login", JSON.parse(credentials), headers);
const [known, fresh, healthz] = await Promise.all([
  repeat(address(0, 2), login({ cookie: device })),
  repeat(address(0, 3), login({})),
  repeat(address(0, 4), request("GET", "/healthz")),
]);
console.log(JSON.stringify({ known, fresh, healthz }));
