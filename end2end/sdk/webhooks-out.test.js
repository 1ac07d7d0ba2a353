// The official verifier of Standard Webhooks accepts the webhooks that Dues sends.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { createServer } from "node:http";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { Webhook } from "standardwebhooks";
import { startDemo } from "./demo.js";
import { binary } from "./sandbox.js";

const received = [];
const receiver = createServer((request, response) => {
  const parts = [];
  request.on("data", (part) => parts.push(part));
  request.on("end", () => {
    received.push({ headers: request.headers, body: Buffer.concat(parts).toString() });
    response.writeHead(204).end();
  });
});
let demo;
let folder;
let stop;
let cookie;
let url;

before(async () => {
  await new Promise((resolve) => receiver.listen(0, "127.0.0.1", resolve));
  url = `http://127.0.0.1:${receiver.address().port}/hook`;
  ({ demo, folder, stop } = await startDemo());
  const opened = await call("/api/v1/auth/signup", { email: "ada@hooks.test", password: "correct horse battery staple" });
  cookie = opened.headers.getSetCookie().map((line) => line.split(";")[0]).join("; ");
});

after(async () => {
  await stop();
  receiver.close();
});

async function call(path, body) {
  const headers = { "content-type": "application/json", ...(cookie ? { cookie } : {}) };
  const answer = await fetch(demo.url + path, { method: "POST", headers, body: JSON.stringify(body) });
  assert.ok(answer.ok, `${path}: ${answer.status}`);
  return answer;
}

async function next() {
  for (let tries = 0; received.length === 0 && tries < 150; tries += 1) await pause(100);
  return received.shift();
}

test("a message verifies, with both secrets after a rotation, and not once altered", async () => {
  const endpoint = await (await call("/api/v1/tenant/webhook-endpoints", { url })).json();
  await call(`/api/v1/tenant/webhook-endpoints/${endpoint.id}/test`, {});
  const ping = await next();
  const payload = new Webhook(endpoint.secret).verify(ping.body, ping.headers);
  assert.equal(payload.type, "ping");
  assert.equal(payload.data.endpointId, endpoint.id);
  assert.throws(() => new Webhook(endpoint.secret).verify(ping.body.replace("ping", "pong"), ping.headers));
  assert.throws(() => new Webhook(endpoint.secret).verify(ping.body, { ...ping.headers, "webhook-id": "msg_other" }));

  const rotated = await (await call(`/api/v1/tenant/webhook-endpoints/${endpoint.id}/rotate-secret`, {})).json();
  await call(`/api/v1/tenant/webhook-endpoints/${endpoint.id}/test`, {});
  const second = await next();
  for (const secret of [endpoint.secret, rotated.secret]) {
    assert.equal(new Webhook(secret).verify(second.body, second.headers).type, "ping");
  }
  assert.notEqual(second.headers["webhook-id"], ping.headers["webhook-id"]);
});

test("limit.warning carries the figures of the limit", async () => {
  const me = await (await fetch(`${demo.url}/api/v1/auth/me`, { headers: { cookie } })).json();
  const env = { PATH: process.env.PATH ?? "", HOME: process.env.HOME ?? "", DATABASE_URL: `sqlite://${join(folder, "dues.db")}` };
  const made = ["api-key", "create", "--tenant", me.tenantId, "--scopes", "usage"];
  const key = execFileSync(binary, made, { env, encoding: "utf8" }).trim();
  await fetch(`${demo.url}/api/v1/billing/features/websocket_connections/usage`, {
    method: "PUT",
    headers: { "content-type": "application/json", authorization: `Bearer ${key}` },
    body: JSON.stringify({ value: 9 }),
  });
  const { body } = await next();
  const { type, data } = JSON.parse(body);
  assert.equal(type, "limit.warning");
  assert.deepEqual([data.feature, data.used, data.limit, data.threshold, data.period], ["websocket_connections", 9, 10, 8, null]);
});
