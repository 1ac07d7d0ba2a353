// Dues verifies Stripe's webhook signatures, which the tests create with Stripe's official library.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import Stripe from "stripe";
import { binary, freePort } from "./sandbox.js";

const stripe = new Stripe("sk_test_of_the_official_clients");
const paths = ["/api/v1/billing/webhook", "/webhooks/billing/stripe"];
const folder = mkdtempSync(join(tmpdir(), "dues-webhooks-"));
let child;
let demo;

before(async () => {
  const [port, sandboxPort] = [await freePort(), await freePort()];
  child = spawn(binary, ["demo", "--data", folder], {
    env: {
      PATH: process.env.PATH ?? "",
      HOME: process.env.HOME ?? "",
      LISTEN: `127.0.0.1:${port}`,
      SANDBOX_LISTEN: `127.0.0.1:${sandboxPort}`,
    },
    stdio: "ignore",
  });
  for (let tries = 0; demo === undefined && tries < 600; tries += 1) {
    if (child.exitCode !== null) throw new Error(`server demo ended with ${child.exitCode}`);
    try {
      demo = JSON.parse(readFileSync(join(folder, "demo.json"), "utf8"));
    } catch {
      await pause(100);
    }
  }
});

after(async () => {
  const ended = new Promise((resolve) => child.once("exit", resolve));
  child.kill("SIGTERM");
  assert.equal(await ended, 0);
  rmSync(folder, { recursive: true, force: true });
});

function event(id) {
  return { object: "event", type: "customer.subscription.updated", id, data: { object: { id: "sub_none", object: "subscription" } } };
}

async function send(path, payload, { secret = demo.stripe.webhook_secret, timestamp, sent = payload } = {}) {
  const signature = stripe.webhooks.generateTestHeaderString({ payload, secret, timestamp });
  const answer = await fetch(demo.url + path, { method: "POST", body: sent, headers: { "stripe-signature": signature } });
  return { status: answer.status, body: await answer.json() };
}

for (const path of paths) {
  test(`${path} accepts what Stripe's library signed, whatever the JSON's formatting`, async () => {
    const plain = JSON.stringify(event(`evt_plain${path.length}`));
    assert.equal((await send(path, plain)).status, 200);
    const odd = `\n{ "data" : ${JSON.stringify(event("x").data, null, 7)},\t"id":"evt_odd${path.length}" ,\r\n"type": "customer.subscription.updated","object":"event"  }\n\n`;
    assert.equal((await send(path, odd)).status, 200);
  });

  test(`${path} refuses altered, stale and differently signed events`, async () => {
    const payload = JSON.stringify(event("evt_refused"));
    const now = Math.floor(Date.now() / 1000);
    for (const wrong of [
      { sent: payload.replace("sub_none", "sub_other") },
      { sent: `${payload} ` },
      { timestamp: now - 310 },
      { timestamp: now + 310 },
      { secret: "whsec_another" },
    ]) {
      const { status, body } = await send(path, payload, wrong);
      assert.deepEqual([status, body.code], [400, "invalid_signature"], JSON.stringify(wrong));
    }
  });
}
