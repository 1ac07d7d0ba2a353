// Times repeated logins, from a known and from a new device, and health checks. It is a separate process, so that the
// attack does not delay it. Prints the results as JSON.
//
//   node probe.mjs PORT SECONDS JSON COOKIE    JSON is a login's body, COOKIE the known device's cookie
import { setTimeout as pause } from "node:timers/promises";

import { address, json, request, send } from "./client.mjs";

const EVERY_MS = 150;
const [, , port, seconds, credentials, device] = process.argv;
const until = performance.now() + seconds * 1000;

/** Sends requests one after another, every EVERY_MS or once the previous has its response. */
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
