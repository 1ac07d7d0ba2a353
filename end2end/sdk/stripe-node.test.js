// The sandbox through Stripe's official library.
import assert from "node:assert/strict";
import { createServer } from "node:http";
import { after, before, test } from "node:test";
import Stripe from "stripe";
import { key, pay, startSandbox } from "./sandbox.js";

let sandbox;
let stripe;

before(async () => {
  sandbox = await startSandbox();
  stripe = client();
});

after(() => sandbox.stop());

function client(options = {}) {
  const { port } = sandbox;
  return new Stripe(key, { host: "127.0.0.1", port, protocol: "http", maxNetworkRetries: 0, telemetry: false, ...options });
}

async function priced(name = "Pro", unit_amount = 2900) {
  const product = await stripe.products.create({ name, metadata: { plan: name.toLowerCase() } });
  const price = await stripe.prices.create({
    product: product.id,
    currency: "usd",
    unit_amount,
    recurring: { interval: "month" },
  });
  return { product, price };
}

async function bought(price, more = {}) {
  const session = await stripe.checkout.sessions.create({
    mode: "subscription",
    line_items: [{ price: price.id, quantity: 1 }],
    success_url: "https://shop.test/paid?session_id={CHECKOUT_SESSION_ID}",
    cancel_url: "https://shop.test/back",
    ...more,
  });
  const led = await pay(session.url);
  assert.equal(led, `https://shop.test/paid?session_id=${session.id}`);
  return stripe.checkout.sessions.retrieve(session.id, { expand: ["subscription", "customer", "line_items"] });
}

test("a customer is created, retrieved, updated, listed and deleted", async () => {
  const made = await stripe.customers.create({ email: "ada@acme.test", name: "Ada", metadata: { tenant: "t1" } });
  assert.match(made.id, /^cus_/);
  assert.equal(made.livemode, false);
  assert.match(made.lastResponse.requestId, /^req_/);
  const found = await stripe.customers.retrieve(made.id);
  assert.deepEqual(found.metadata, { tenant: "t1" });
  const renamed = await stripe.customers.update(made.id, { name: "Ada L.", metadata: { tenant: "", plan: "pro" } });
  assert.deepEqual([renamed.name, renamed.metadata], ["Ada L.", { plan: "pro" }]);
  const listed = await stripe.customers.list({ email: "ada@acme.test" });
  assert.deepEqual(listed.data.map((one) => one.id), [made.id]);
  assert.equal((await stripe.customers.del(made.id)).deleted, true);
  assert.equal((await stripe.customers.retrieve(made.id)).deleted, true);
});

test("a product and its price are created and retrieved", async () => {
  const { product, price } = await priced();
  assert.equal((await stripe.products.retrieve(product.id)).name, "Pro");
  const found = await stripe.prices.retrieve(price.id, { expand: ["product"] });
  assert.deepEqual([found.unit_amount, found.recurring.interval, found.product.metadata.plan], [2900, "month", "pro"]);
  await stripe.prices.update(price.id, { lookup_key: "pro_monthly", transfer_lookup_key: true });
  const byKey = await stripe.prices.list({ lookup_keys: ["pro_monthly"], active: true });
  assert.deepEqual(byKey.data.map((one) => one.id), [price.id]);
});

test("a checkout session is created, paid on its page, and creates a subscription", async () => {
  const { price } = await priced();
  const customer = await stripe.customers.create({ email: "ada@acme.test" });
  const session = await bought(price, {
    customer: customer.id,
    client_reference_id: "t1",
    metadata: { attempt: "a1" },
    subscription_data: { metadata: { tenant: "t1" } },
  });
  assert.deepEqual([session.status, session.payment_status, session.metadata.attempt], ["complete", "paid", "a1"]);
  assert.equal(session.customer.id, customer.id);
  assert.equal(session.line_items.data[0].price.id, price.id);
  const { subscription } = session;
  assert.deepEqual([subscription.status, subscription.metadata.tenant], ["active", "t1"]);
  const [item] = subscription.items.data;
  assert.ok(item.current_period_end > item.current_period_start);
  const listed = await stripe.subscriptions.list({ customer: customer.id, status: "active" });
  assert.deepEqual(listed.data.map((one) => one.id), [subscription.id]);
  const invoices = await stripe.invoices.list({ customer: customer.id });
  assert.equal(invoices.data[0].parent.subscription_details.subscription, subscription.id);
  const [method] = (await stripe.customers.listPaymentMethods(customer.id)).data;
  assert.deepEqual([method.type, method.card.last4], ["card", "4242"]);
});

test("an open session can be expired once", async () => {
  const { price } = await priced();
  const session = await stripe.checkout.sessions.create({
    mode: "subscription",
    line_items: [{ price: price.id, quantity: 1 }],
    success_url: "https://shop.test/paid",
  });
  assert.equal((await stripe.checkout.sessions.expire(session.id)).status, "expired");
  await assert.rejects(stripe.checkout.sessions.expire(session.id), { type: "StripeInvalidRequestError", statusCode: 400 });
});

test("a portal session is created with a flow that confirms a change", async () => {
  const { product, price } = await priced();
  const team = await priced("Team", 9900);
  const { customer, subscription } = await bought(price);
  const configuration = await stripe.billingPortal.configurations.create({
    features: {
      subscription_update: {
        enabled: true,
        default_allowed_updates: ["price"],
        proration_behavior: "always_invoice",
        products: [
          { product: product.id, prices: [price.id] },
          { product: team.product.id, prices: [team.price.id] },
        ],
      },
      payment_method_update: { enabled: true },
      subscription_cancel: { enabled: true, mode: "at_period_end" },
    },
  });
  const shown = await stripe.billingPortal.configurations.retrieve(configuration.id, {
    expand: ["features.subscription_update.products"],
  });
  assert.equal(shown.features.subscription_update.products.length, 2);
  const portal = await stripe.billingPortal.sessions.create({
    customer: customer.id,
    configuration: configuration.id,
    return_url: "https://shop.test/membership",
    flow_data: {
      type: "subscription_update_confirm",
      subscription_update_confirm: {
        subscription: subscription.id,
        items: [{ id: subscription.items.data[0].id, price: team.price.id, quantity: 1 }],
      },
      after_completion: { type: "redirect", redirect: { return_url: "https://shop.test/done" } },
    },
  });
  assert.equal(portal.flow.type, "subscription_update_confirm");
  assert.match(await (await fetch(portal.url)).text(), /From Pro to Team\./);
  const plain = await stripe.billingPortal.sessions.create({ customer: customer.id });
  assert.equal((await fetch(plain.url)).status, 200);
});

test("an update is previewed and made, and the subscription canceled", async () => {
  const { price } = await priced();
  const team = await priced("Team", 9900);
  const { subscription } = await bought(price);
  const items = [{ id: subscription.items.data[0].id, price: team.price.id }];
  const preview = await stripe.invoices.createPreview({
    subscription: subscription.id,
    subscription_details: { items, proration_behavior: "always_invoice" },
  });
  const changed = await stripe.subscriptions.update(subscription.id, {
    items,
    proration_behavior: "always_invoice",
    expand: ["latest_invoice"],
  });
  assert.ok(Math.abs(changed.latest_invoice.total - preview.total) <= 1);
  assert.equal(changed.latest_invoice.status, "paid");
  const ending = await stripe.subscriptions.update(subscription.id, { cancel_at_period_end: true });
  assert.equal(ending.cancel_at, ending.items.data[0].current_period_end);
  assert.equal((await stripe.subscriptions.cancel(subscription.id)).status, "canceled");
});

test("a repeated idempotency key replays the response, and is refused with another request", async () => {
  const once = { idempotencyKey: "sdk-once" };
  const params = { name: "Once", metadata: { b: "2", a: "1" } };
  const all = await Promise.all(Array.from({ length: 10 }, () => stripe.customers.create(params, once)));
  assert.equal(new Set(all.map((one) => one.id)).size, 1);
  assert.equal(all.filter((one) => one.lastResponse.headers["idempotent-replayed"] === "true").length, 9);
  await assert.rejects(stripe.customers.create({ name: "Other" }, once), {
    type: "StripeIdempotencyError",
    statusCode: 400,
  });
});

test("invalid requests raise the library's errors", async () => {
  await assert.rejects(stripe.customers.retrieve("cus_none"), {
    type: "StripeInvalidRequestError",
    statusCode: 404,
    code: "resource_missing",
    param: "id",
    message: "No such customer: 'cus_none'",
  });
  await assert.rejects(stripe.products.create({}), { code: "parameter_missing", param: "name" });
  await assert.rejects(stripe.products.create({ name: "x", nmae: "y" }), { code: "parameter_unknown", param: "nmae" });
  const wrongKey = new Stripe("sk_live_1", { host: "127.0.0.1", port: sandbox.port, protocol: "http" });
  await assert.rejects(wrongKey.customers.list(), { type: "StripeAuthenticationError", statusCode: 401 });
});

test("paying a declined renewal by API raises a card error", async () => {
  const { price } = await priced();
  const { customer } = await bought(price);
  await fetch(`${sandbox.url}/customers/${customer.id}/fail_payments`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ on: true }),
  });
  const advanced = await fetch(`${sandbox.url}/clock`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ advance_secs: 32 * 86_400 }),
  });
  assert.equal(advanced.status, 200);
  const [open] = (await stripe.invoices.list({ customer: customer.id, status: "open" })).data;
  await assert.rejects(stripe.invoices.pay(open.id), {
    type: "StripeCardError",
    code: "card_declined",
    decline_code: "generic_decline",
  });
});

test("the library auto-paginates lists", async () => {
  const wanted = new Set();
  for (let at = 0; at < 25; at += 1) {
    wanted.add((await stripe.customers.create({ email: "walk@acme.test", name: `C${at}` })).id);
  }
  const seen = await stripe.customers.list({ email: "walk@acme.test", limit: 10 }).autoPagingToArray({ limit: 100 });
  assert.deepEqual(new Set(seen.map((one) => one.id)), wanted);
  assert.equal(seen.length, 25);
});

test("events are listed, and the library verifies webhooks", async () => {
  const arrived = [];
  const receiver = createServer((request, response) => {
    let body = "";
    request.on("data", (part) => (body += part));
    request.on("end", () => {
      arrived.push({ body, signature: request.headers["stripe-signature"] });
      response.end();
    });
  });
  await new Promise((resolve) => receiver.listen(0, "127.0.0.1", resolve));
  try {
    const endpoint = await stripe.webhookEndpoints.create({
      url: `http://127.0.0.1:${receiver.address().port}/hook`,
      enabled_events: ["customer.created"],
    });
    assert.match(endpoint.secret, /^whsec_/);
    assert.equal((await stripe.webhookEndpoints.retrieve(endpoint.id)).secret, undefined);
    const customer = await stripe.customers.create({ name: "Hooked" });
    for (let tries = 0; arrived.length === 0 && tries < 200; tries += 1) {
      await new Promise((resolve) => setTimeout(resolve, 25));
    }
    const [{ body, signature }] = arrived;
    const event = stripe.webhooks.constructEvent(body, signature, endpoint.secret);
    assert.deepEqual([event.type, event.data.object.id], ["customer.created", customer.id]);
    assert.equal(event.request.id, customer.lastResponse.requestId);
    assert.throws(() => stripe.webhooks.constructEvent(`${body} `, signature, endpoint.secret), /signature/);
    // The library computes the same signature over the same bytes.
    const timestamp = Number(/^t=(\d+),/.exec(signature)[1]);
    const expected = stripe.webhooks.generateTestHeaderString({ payload: body, secret: endpoint.secret, timestamp });
    assert.equal(expected, signature);
    assert.equal((await stripe.events.retrieve(event.id)).data.object.id, customer.id);
    const listed = await stripe.events.list({ type: "customer.created", limit: 1 });
    assert.equal(listed.data[0].id, event.id);
    await stripe.webhookEndpoints.del(endpoint.id);
  } finally {
    receiver.close();
  }
});

test("an older API version gets responses in its shape", async () => {
  const { price } = await priced();
  const { subscription } = await bought(price);
  const old = await client({ apiVersion: "2024-06-20" }).subscriptions.retrieve(subscription.id);
  assert.equal(old.current_period_end, subscription.items.data[0].current_period_end);
});

test("an API key gives access to its account only", async () => {
  const account = await stripe.accounts.retrieveCurrent();
  assert.match(account.id, /^acct_\w+$/);
  assert.deepEqual(
    [account.object, account.charges_enabled, account.details_submitted, account.type, account.country, account.default_currency],
    ["account", true, true, "standard", "US", "usd"],
  );
  assert.equal((await stripe.accounts.retrieve(account.id)).id, account.id);
  const opened = async (secret) => {
    const { port } = sandbox;
    const at = new Stripe(secret, { host: "127.0.0.1", port, protocol: "http", maxNetworkRetries: 0, telemetry: false });
    return [at, (await at.accounts.retrieveCurrent()).id];
  };
  assert.equal((await opened("sk_test_whichever"))[1], account.id);
  assert.equal((await opened("rk_test_whichever"))[1], account.id);
  const [another, id] = await opened("sk_test_51AnotherAccount00Key");
  assert.notEqual(id, account.id);
  assert.equal((await opened("rk_test_51AnotherAccount00KeyToo"))[1], id);
  await assert.rejects(another.accounts.retrieve(account.id), (error) => error.statusCode === 403 && error.code === "account_invalid");
  const made = await stripe.customers.create({ email: "ada@acme.test" });
  await assert.rejects(another.customers.retrieve(made.id), (error) => error.statusCode === 404 && error.code === "resource_missing");
  await stripe.customers.del(made.id);
  assert.equal((await stripe.customers.retrieve(made.id)).deleted, true);
});

test("accounts are isolated, including their webhooks and idempotency keys", async () => {
  const shared = stripe;
  const of = (name) => new Stripe(name, { host: "127.0.0.1", port: sandbox.port, protocol: "http", maxNetworkRetries: 0, telemetry: false });
  const [acme, zenith] = [of("sk_test_51AcmeRobotics00"), of("sk_test_51ZenithWorks000")];
  const made = await acme.products.create({ name: "Acme" }, { idempotencyKey: "the-same" });
  const other = await zenith.products.create({ name: "Zenith" }, { idempotencyKey: "the-same" });
  assert.notEqual(made.id, other.id);
  assert.deepEqual((await acme.products.list()).data.map((one) => one.id), [made.id]);
  assert.ok(!(await shared.products.list({ limit: 100 })).data.some((one) => [made.id, other.id].includes(one.id)));
  await assert.rejects(zenith.products.retrieve(made.id), { code: "resource_missing" });
  await assert.rejects(shared.products.retrieve(made.id), { code: "resource_missing" });
  assert.deepEqual((await acme.events.list()).data.map((one) => one.type), ["product.created"]);

  stripe = acme;
  const { price } = await priced("Own", 900);
  const session = await bought(price);
  stripe = shared;
  assert.equal(session.subscription.status, "active");
  assert.equal((await acme.customers.list()).data.length, 1);
  assert.deepEqual((await zenith.customers.list()).data, []);
  await assert.rejects(shared.subscriptions.retrieve(session.subscription.id), { code: "resource_missing" });
});

test("a payment is refunded", async () => {
  const { price } = await priced();
  const { invoice } = await bought(price);
  const paid = await stripe.invoices.retrieve(invoice, { expand: ["payments"] });
  const refund = await stripe.refunds.create({ payment_intent: paid.payments.data[0].payment.payment_intent });
  assert.deepEqual([refund.status, refund.amount], ["succeeded", 2900]);
  await assert.rejects(stripe.refunds.create({ payment_intent: refund.payment_intent }), { code: "charge_already_refunded" });
});
