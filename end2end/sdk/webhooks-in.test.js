// Dues verifies Stripe's webhook signatures, which the tests create with Stripe's official library.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import Stripe from "stripe";
import { startDemo } from "./demo.js";
import { key } from "./sandbox.js";

const stripe = new Stripe(key);
const paths = ["/api/v1/billing/webhook", "/webhooks/billing/stripe"];
let demo;
let stop;

before(async () => {
  ({ demo, stop } = await startDemo());
});

after(() => stop());

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
