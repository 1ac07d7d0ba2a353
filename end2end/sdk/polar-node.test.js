// The sandbox's Polar, through Polar's official library, which validates the shape of responses.
import assert from "node:assert/strict";
import { createServer } from "node:http";
import { after, before, test } from "node:test";
import { Polar } from "@polar-sh/sdk";
import { validateEvent, WebhookVerificationError } from "@polar-sh/sdk/webhooks.js";
import { freePort } from "../load/processes.mjs";
import { pay, startSandbox } from "./sandbox.js";

const DAY = 86_400;
let sandbox;
let polar;

before(async () => {
  sandbox = await startSandbox();
  polar = client();
});

after(() => sandbox.stop());

function client(accessToken = "polar_oat_of_the_official_library") {
  return new Polar({ accessToken, serverURL: `${sandbox.url}/polar` });
}

function product(name = "Pro", priceAmount = 2900, more = {}) {
  return polar.products.create({
    name,
    description: `All of ${name}`,
    recurringInterval: "month",
    prices: [{ amountType: "fixed", priceAmount, priceCurrency: "usd" }],
    metadata: { dues_plan: name.toLowerCase(), rank: 3 },
    ...more,
  });
}

let customers = 0;
function customer() {
  customers += 1;
  const n = customers;
  return polar.customers.create({ email: `ada${n}@acme.test`, name: "Ada", externalId: `tenant-${n}`, metadata: { n } });
}

async function subscribed(of, by) {
  const checkout = await polar.checkouts.create({
    products: [of.id],
    customerId: by.id,
    successUrl: "https://shop.test/paid?checkout_id={CHECKOUT_ID}",
    returnUrl: "https://shop.test/back",
    metadata: { attempt: "a1" },
  });
  assert.equal(await pay(checkout.url), `https://shop.test/paid?checkout_id=${checkout.id}`);
  const page = await polar.subscriptions.list({ customerId: by.id });
  return page.result.items.find((one) => one.checkoutId === checkout.id);
}

async function all(pages) {
  const items = [];
  for await (const page of pages) items.push(...page.result.items);
  return items;
}

async function advance(secs) {
  const body = JSON.stringify({ advance_secs: secs });
  const moved = await fetch(`${sandbox.url}/clock`, { method: "POST", body, headers: { "content-type": "application/json" } });
  assert.equal(moved.status, 200);
}

test("a product is created, found, listed, repriced and archived", async () => {
  const made = await product();
  assert.deepEqual([made.name, made.recurringInterval, made.prices[0].priceAmount], ["Pro", "month", 2900]);
  assert.deepEqual(made.metadata, { dues_plan: "pro", rank: 3 });
  assert.equal((await polar.products.get({ id: made.id })).id, made.id);
  const dearer = await polar.products.update({
    id: made.id,
    productUpdate: { prices: [{ amountType: "fixed", priceAmount: 3900, priceCurrency: "usd" }] },
  });
  assert.deepEqual(dearer.prices.map((price) => price.priceAmount), [3900]);
  await polar.products.update({ id: made.id, productUpdate: { isArchived: true } });
  const left = await all(await polar.products.list({ isArchived: false, limit: 100 }));
  assert.ok(left.every((one) => one.id !== made.id));
});

test("a customer is created, found by id and external id, updated and deleted", async () => {
  const made = await customer();
  assert.equal((await polar.customers.get({ id: made.id })).email, made.email);
  assert.equal((await polar.customers.getExternal({ externalId: made.externalId })).id, made.id);
  const renamed = await polar.customers.update({ id: made.id, customerUpdate: { name: "Ada L." } });
  assert.equal(renamed.name, "Ada L.");
  assert.deepEqual((await polar.customers.getState({ id: made.id })).activeSubscriptions, []);
  await polar.customers.delete({ id: made.id });
  await assert.rejects(polar.customers.get({ id: made.id }), { name: "ResourceNotFound", statusCode: 404 });
});

test("e-mail addresses and external ids are unique", async () => {
  const made = await customer();
  const again = { email: made.email, externalId: "another" };
  await assert.rejects(polar.customers.create(again), { name: "HTTPValidationError", statusCode: 422 });
  const twin = { email: "twin@acme.test", externalId: made.externalId };
  await assert.rejects(polar.customers.create(twin), (error) => error.detail[0].loc.join(".") === "body.external_id");
});

test("a checkout is created, updated, paid on its page, and creates a subscription and a paid order", async () => {
  const [pro, team] = [await product(), await product("Team", 9900)];
  const by = await customer();
  const open = await polar.checkouts.create({ products: [pro.id, team.id], externalCustomerId: by.externalId });
  assert.deepEqual([open.status, open.totalAmount, open.customerId], ["open", 2900, by.id]);
  const changed = await polar.checkouts.update({ id: open.id, checkoutUpdate: { productId: team.id } });
  assert.equal(changed.totalAmount, 9900);

  const subscription = await subscribed(pro, by);
  assert.deepEqual([subscription.status, subscription.amount, subscription.productId], ["active", 2900, pro.id]);
  assert.deepEqual(subscription.metadata, { attempt: "a1" });
  const paid = await polar.checkouts.get({ id: subscription.checkoutId });
  assert.equal(paid.status, "succeeded");
  const orders = (await polar.orders.list({ customerId: by.id })).result.items;
  assert.deepEqual(orders.map((order) => [order.status, order.totalAmount, order.billingReason]), [["paid", 2900, "subscription_create"]]);
  assert.equal(orders[0].subscriptionId, subscription.id);
  const state = await polar.customers.getStateExternal({ externalId: by.externalId });
  assert.deepEqual(state.activeSubscriptions.map((one) => one.id), [subscription.id]);
  const methods = (await polar.customers.listPaymentMethods({ id: by.id })).result.items;
  assert.deepEqual(methods.map((method) => [method.type, method.methodMetadata.last4]), [["card", "4242"]]);
});

test("a declined card leaves the checkout open, and a card with authentication pays after it", async () => {
  const checkout = await polar.checkouts.create({ products: [(await product()).id], successUrl: "https://shop.test/paid" });
  assert.equal(await pay(checkout.url, "4000 0000 0000 0002"), null);
  assert.equal((await polar.checkouts.get({ id: checkout.id })).status, "open");
  const asks = await pay(checkout.url, "4000 0025 0000 3155");
  assert.match(asks, /\/authenticate$/);
  const body = new URLSearchParams({ outcome: "complete" });
  const answer = await fetch(new URL(asks, sandbox.url), { method: "POST", body, redirect: "manual" });
  assert.equal(answer.headers.get("location"), "https://shop.test/paid");
  assert.equal((await polar.checkouts.get({ id: checkout.id })).status, "succeeded");
});

test("a subscription changes its product, is canceled, uncanceled and revoked", async () => {
  const [pro, team] = [await product(), await product("Team", 9900)];
  const { id } = await subscribed(pro, await customer());
  const update = (subscriptionUpdate) => polar.subscriptions.update({ id, subscriptionUpdate });
  const moved = await update({ productId: team.id, prorationBehavior: "invoice" });
  assert.deepEqual([moved.productId, moved.amount, moved.product.name], [team.id, 9900, "Team"]);
  const later = await update({ productId: pro.id, prorationBehavior: "next_period" });
  assert.deepEqual([later.productId, later.pendingUpdate.productId], [team.id, pro.id]);
  const ending = await update({ cancelAtPeriodEnd: true, customerCancellationReason: "too_expensive" });
  assert.deepEqual([ending.status, ending.cancelAtPeriodEnd, ending.endsAt], ["active", true, ending.currentPeriodEnd]);
  assert.equal((await update({ cancelAtPeriodEnd: false })).endsAt, null);
  const over = await polar.subscriptions.revoke({ id });
  assert.equal(over.status, "canceled");
  assert.ok(over.endedAt instanceof Date);
  await assert.rejects(polar.subscriptions.revoke({ id }), { name: "AlreadyCanceledSubscription", statusCode: 403 });
});

test("the customer portal cancels the subscription at the period's end", async () => {
  const by = await customer();
  const { id } = await subscribed(await product(), by);
  const session = await polar.customerSessions.create({ customerId: by.id, returnUrl: "https://shop.test/back" });
  assert.equal(session.customer.id, by.id);
  const page = await (await fetch(session.customerPortalUrl)).text();
  assert.match(page, /Pro/);
  assert.doesNotMatch(page, /<script/);
  const body = new URLSearchParams({ subscription: id });
  await fetch(`${session.customerPortalUrl}/cancel`, { method: "POST", body });
  assert.equal((await polar.subscriptions.get({ id })).cancelAtPeriodEnd, true);
});

test("moving the clock renews, ends canceled subscriptions, and leaves uncharged ones unpaid", async () => {
  const pro = await product();
  const [stays, goes, fails] = [await customer(), await customer(), await customer()];
  const ids = [await subscribed(pro, stays), await subscribed(pro, goes), await subscribed(pro, fails)].map((one) => one.id);
  await polar.subscriptions.update({ id: ids[1], subscriptionUpdate: { cancelAtPeriodEnd: true } });
  const on = JSON.stringify({ on: true });
  await fetch(`${sandbox.url}/customers/${fails.id}/fail_payments`, { method: "POST", body: on, headers: { "content-type": "application/json" } });
  await advance(32 * DAY);
  const [renewed, ended, due] = await Promise.all(ids.map((id) => polar.subscriptions.get({ id })));
  assert.deepEqual([renewed.status, ended.status, due.status], ["active", "canceled", "past_due"]);
  assert.deepEqual(ended.endedAt, ended.currentPeriodEnd);
  const orders = (await polar.orders.list({ subscriptionId: ids[0] })).result.items;
  assert.deepEqual(orders.map((order) => order.billingReason), ["subscription_cycle", "subscription_create"]);
  await advance(22 * DAY);
  assert.equal((await polar.subscriptions.get({ id: ids[2] })).status, "unpaid");
});

test("lists are paginated", async () => {
  const made = [];
  for (let n = 0; n < 3; n += 1) made.push((await product(`Page ${n}`)).id);
  const first = await polar.products.list({ query: "Page ", limit: 2 });
  assert.deepEqual(first.result.pagination, { totalCount: 3, maxPage: 2 });
  const found = await all(await polar.products.list({ query: "Page ", limit: 2 }));
  assert.deepEqual(found.map((one) => one.id), made.reverse());
});

test("errors match Polar's, and a token sees only its account", async () => {
  const wrong = polar.checkouts.create({ products: ["nothing"] });
  await assert.rejects(wrong, { name: "HTTPValidationError", statusCode: 422 });
  await assert.rejects(polar.subscriptions.get({ id: "nothing" }), { name: "ResourceNotFound" });
  await assert.rejects(client("secret").products.list({}), { statusCode: 401 });
  const { id } = await product();
  await assert.rejects(client("polar_oat_of_somebody_else").products.get({ id }), { name: "ResourceNotFound" });
});

test("an order is refunded in parts, up to its amount", async () => {
  const { id } = await subscribed(await product(), await customer());
  const order = async () => (await all(await polar.orders.list({ subscriptionId: id })))[0];
  const { id: orderId, refundableAmount } = await order();
  const back = (amount) => polar.refunds.create({ orderId, reason: "duplicate", amount, metadata: { why: "twice" } });
  const first = await back(100);
  assert.deepEqual([first.status, first.amount, first.subscriptionId, first.metadata], ["succeeded", 100, id, { why: "twice" }]);
  assert.deepEqual([(await order()).status, (await order()).refundedAmount], ["partially_refunded", 100]);
  await assert.rejects(back(refundableAmount), { statusCode: 422 });
  await back(refundableAmount - 100);
  assert.deepEqual([(await order()).status, (await order()).refundableAmount], ["refunded", 0]);
  await assert.rejects(back(1), { name: "RefundedAlready" });
  const listed = await all(await polar.refunds.list({ orderId }));
  assert.deepEqual(listed.map((one) => one.amount), [refundableAmount - 100, 100]);
});

test("webhooks are signed, valid for the library, and can be dropped and resent", async () => {
  const port = await freePort();
  const received = [];
  const server = createServer((request, response) => {
    let body = "";
    request.on("data", (part) => (body += part));
    request.on("end", () => {
      received.push({ headers: request.headers, body });
      response.end();
    });
  }).listen(port, "127.0.0.1");
  const merchant = client("polar_oat_with_webhooks");
  const events = ["subscription.created", "subscription.active", "subscription.updated", "subscription.canceled", "subscription.revoked", "order.paid", "checkout.updated", "customer.state_changed"];
  const endpoint = await merchant.webhooks.createWebhookEndpoint({ url: `http://127.0.0.1:${port}/hook`, format: "raw", events });
  const shared = polar;
  polar = merchant;
  const { id } = await subscribed(await product(), await customer());
  await merchant.subscriptions.update({ id, subscriptionUpdate: { cancelAtPeriodEnd: true } });
  await merchant.subscriptions.revoke({ id });
  polar = shared;
  for (let tries = 0; tries < 200 && new Set(received.map(kind)).size < events.length; tries += 1) {
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  assert.deepEqual([...new Set(received.map(kind))].sort(), [...events].sort());
  for (const { body, headers } of received) {
    const event = validateEvent(body, headers, endpoint.secret);
    assert.equal(event.type, JSON.parse(body).type);
    assert.throws(() => validateEvent(`${body} `, headers, endpoint.secret), WebhookVerificationError);
  }
  assert.equal(new Set(received.map((one) => one.headers["webhook-id"])).size, received.length);
  const deliveries = await (await fetch(`${sandbox.url}/deliveries`)).json();
  const first = deliveries.find((one) => one.url.includes(String(port)));
  await fetch(`${sandbox.url}/deliveries/${first.id}/resend`, { method: "POST" });
  const count = received.length;
  for (let tries = 0; tries < 200 && received.length === count; tries += 1) {
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  assert.equal(received.filter((one) => one.headers["webhook-id"] === first.event_id).length, 2);
  server.close();
});

test("a token gives access to its organization only", async () => {
  const [organization, ...more] = await all(await polar.organizations.listOrganizations({}));
  assert.deepEqual(more, []);
  assert.equal((await polar.organizations.get({ id: organization.id })).slug, organization.slug);
  const another = client("polar_oat_of_another_organization");
  const [theirs] = await all(await another.organizations.listOrganizations({}));
  assert.notEqual(theirs.id, organization.id);
  await assert.rejects(another.organizations.get({ id: organization.id }), (error) => error.statusCode === 404);
  const made = await customer();
  assert.equal(made.organizationId, organization.id);
  await assert.rejects(another.customers.get({ id: made.id }), (error) => error.statusCode === 404);
});

function kind({ body }) {
  return JSON.parse(body).type;
}
