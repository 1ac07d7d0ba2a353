// Subscriptions of the sandbox beyond a monthly plan, through Stripe's official library: paused collection,
// `cancel_at`, several items, quantities.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { advance, pay, startSandbox, stripeAt } from "./sandbox.js";
import { differences } from "./types.js";

const DAY = 86_400;
let sandbox;
let stripe;
let pro;
let team;
let support;

before(async () => {
  sandbox = await startSandbox();
  stripe = stripeAt(sandbox);
  [pro, team, support] = [await priced("Pro", 2900), await priced("Team", 9900), await priced("Support", 5000)];
});

after(() => sandbox.stop());

async function priced(name, unit_amount) {
  const product = await stripe.products.create({ name });
  return stripe.prices.create({ product: product.id, currency: "usd", unit_amount, recurring: { interval: "month" } });
}

/** Buys on the hosted page, so that the customer has a card. */
async function bought(price, quantity = 1) {
  const session = await stripe.checkout.sessions.create({
    mode: "subscription",
    line_items: [{ price: price.id, quantity }],
    success_url: "https://shop.test/paid",
  });
  await pay(session.url);
  const paid = await stripe.checkout.sessions.retrieve(session.id, { expand: ["subscription.latest_invoice"] });
  return paid.subscription;
}

const end = (subscription) => subscription.items.data[0].current_period_end;
const refused = { type: "StripeInvalidRequestError", statusCode: 400 };
/** Compares a sum of prorations, allowing a cent per line for the seconds that the test takes. */
const nearly = (amount, expected, what) => assert.ok(Math.abs(amount - expected) <= 4, `${what ?? ""} ${amount}, not ${expected}`);

for (const [behavior, status] of [["void", "void"], ["keep_as_draft", "draft"], ["mark_uncollectible", "uncollectible"]]) {
  test(`while collection is paused (${behavior}), the subscription continues and nothing is paid`, async () => {
    const subscription = await bought(pro);
    const resumes_at = end(subscription) + 10 * DAY;
    const paused = await stripe.subscriptions.update(subscription.id, { pause_collection: { behavior, resumes_at } });
    assert.deepEqual(differences("subscription", paused), []);
    assert.deepEqual([paused.pause_collection, paused.status], [{ behavior, resumes_at }, "active"]);
    await advance(sandbox, end(subscription) - Math.floor(await now()) + 60);
    const renewed = await stripe.subscriptions.retrieve(subscription.id, { expand: ["latest_invoice"] });
    assert.deepEqual(differences("subscription", renewed), []);
    assert.deepEqual([renewed.status, renewed.latest_invoice.status, renewed.latest_invoice.amount_paid], ["active", status, 0]);
    assert.ok(end(renewed) > end(subscription));
    await advance(sandbox, 11 * DAY);
    assert.equal((await stripe.subscriptions.retrieve(subscription.id)).pause_collection, null, "by itself");
    await advance(sandbox, 22 * DAY);
    const after = await stripe.subscriptions.retrieve(subscription.id, { expand: ["latest_invoice"] });
    assert.deepEqual([after.latest_invoice.status, after.latest_invoice.amount_paid], ["paid", 2900]);
  });
}

/** The sandbox's billing time. */
async function now() {
  return (await stripe.customers.create({})).created;
}

test("a pause without an end lasts until it is lifted, and an invalid one is refused", async () => {
  const { id } = await bought(pro);
  const paused = await stripe.subscriptions.update(id, { pause_collection: { behavior: "void" } });
  assert.deepEqual(paused.pause_collection, { behavior: "void", resumes_at: null });
  assert.equal((await stripe.subscriptions.update(id, { metadata: { a: "b" } })).pause_collection.behavior, "void");
  assert.equal((await stripe.subscriptions.update(id, { pause_collection: "" })).pause_collection, null);
  const pause = (pause_collection) => stripe.subscriptions.update(id, { pause_collection });
  await assert.rejects(pause({ behavior: "sleep" }), { ...refused, param: "pause_collection[behavior]" });
  await assert.rejects(pause({ resumes_at: (await now()) + DAY }), { ...refused, param: "pause_collection[behavior]" });
  const yesterday = (await now()) - DAY;
  await assert.rejects(pause({ behavior: "void", resumes_at: yesterday }), { ...refused, param: "pause_collection[resumes_at]" });
});

test("a subscription ends at cancel_at within its period", async () => {
  const subscription = await bought(pro);
  const cancel_at = end(subscription) - 10 * DAY;
  const ending = await stripe.subscriptions.update(subscription.id, { cancel_at, proration_behavior: "none" });
  assert.deepEqual(differences("subscription", ending), []);
  assert.deepEqual([ending.cancel_at, ending.cancel_at_period_end, ending.status], [cancel_at, false, "active"]);
  assert.ok(ending.canceled_at > 0, "when it was asked for");
  assert.equal(ending.cancellation_details.reason, "cancellation_requested");
  await assert.rejects(stripe.invoices.createPreview({ subscription: subscription.id }), { code: "invoice_upcoming_none" });
  await advance(sandbox, 22 * DAY);
  const over = await stripe.subscriptions.retrieve(subscription.id);
  assert.deepEqual([over.status, over.ended_at], ["canceled", cancel_at]);
  assert.deepEqual(differences("subscription", over), []);
});

test("a later cancel_at lets it renew, and an empty value withdraws it", async () => {
  const subscription = await bought(pro);
  const update = (params) => stripe.subscriptions.update(subscription.id, params);
  const cancel_at = end(subscription) + 40 * DAY;
  await update({ cancel_at });
  assert.equal((await stripe.invoices.createPreview({ subscription: subscription.id })).amount_due, 2900);
  const goesOn = await update({ cancel_at: "" });
  assert.deepEqual([goesOn.cancel_at, goesOn.canceled_at, goesOn.cancellation_details.reason], [null, null, null]);
  assert.equal((await update({ cancel_at: "min_period_end" })).cancel_at, end(subscription));
  await update({ cancel_at: "" });
  await assert.rejects(update({ cancel_at, cancel_at_period_end: true }), refused);
  await assert.rejects(update({ cancel_at: (await now()) - DAY }), { ...refused, param: "cancel_at" });
  await update({ cancel_at });
  await advance(sandbox, 75 * DAY);
  const over = await stripe.subscriptions.retrieve(subscription.id);
  assert.deepEqual([over.status, over.ended_at], ["canceled", cancel_at]);
  const invoices = (await stripe.invoices.list({ subscription: subscription.id })).data;
  assert.ok(invoices.length >= 2, "it was renewed before its end");
});

test("several items are billed on one invoice with a line each", async () => {
  const { customer, default_payment_method } = await bought(pro);
  const subscription = await stripe.subscriptions.create({
    customer,
    default_payment_method,
    items: [{ price: support.id }, { price: team.id, quantity: 3, metadata: { seats: "yes" } }],
    expand: ["latest_invoice"],
  });
  assert.deepEqual(differences("subscription", subscription), []);
  const [first, second] = subscription.items.data;
  assert.deepEqual([first.price.id, first.quantity], [support.id, 1]);
  assert.deepEqual([second.price.id, second.quantity, second.metadata], [team.id, 3, { seats: "yes" }]);
  assert.equal(first.current_period_end, second.current_period_end);
  const invoice = subscription.latest_invoice;
  assert.deepEqual(differences("invoice", invoice), []);
  assert.deepEqual(invoice.lines.data.map((line) => [line.pricing.price_details.price, line.quantity, line.amount]), [
    [support.id, 1, 5000],
    [team.id, 3, 29_700],
  ]);
  assert.deepEqual([invoice.amount_paid, invoice.subtotal], [34_700, 34_700]);
  for (const line of invoice.lines.data) {
    assert.deepEqual(differences("line_item", line), []);
    assert.equal(line.parent.subscription_item_details.subscription, subscription.id);
  }
  const byPrice = await stripe.subscriptions.list({ price: support.id });
  assert.deepEqual(byPrice.data.map((one) => one.id), [subscription.id]);
  const yearly = await stripe.prices.create({
    product: pro.product,
    currency: "usd",
    unit_amount: 29_000,
    recurring: { interval: "year" },
  });
  const mixed = { customer, items: [{ price: pro.id }, { price: yearly.id }] };
  await assert.rejects(stripe.subscriptions.create(mixed), refused);
});

test("items are added, changed and removed by the subscription items API", async () => {
  const subscription = await bought(pro);
  const items = async () => (await stripe.subscriptionItems.list({ subscription: subscription.id })).data;
  assert.deepEqual((await items()).map((item) => item.id), [subscription.items.data[0].id]);
  const added = await stripe.subscriptionItems.create({ subscription: subscription.id, price: support.id, quantity: 2 });
  assert.deepEqual(differences("subscription_item", added), []);
  assert.deepEqual([added.quantity, added.price.id, added.subscription], [2, support.id, subscription.id]);
  const next = async () => {
    const { lines } = await stripe.invoices.createPreview({ subscription: subscription.id });
    const whole = lines.data.filter((line) => !line.parent.subscription_item_details?.proration);
    return whole.reduce((sum, line) => sum + line.amount, 0);
  };
  assert.equal(await next(), 2900 + 2 * 5000);
  const changed = await stripe.subscriptionItems.update(added.id, { quantity: 1, price: team.id, metadata: { a: "b" } });
  assert.deepEqual([changed.id, changed.quantity, changed.price.id, changed.metadata], [added.id, 1, team.id, { a: "b" }]);
  assert.equal(await next(), 2900 + 9900);
  assert.equal((await stripe.subscriptionItems.retrieve(added.id)).price.id, team.id);
  const gone = await stripe.subscriptionItems.del(added.id, { proration_behavior: "none" });
  assert.deepEqual(differences("deleted_subscription_item", gone), []);
  assert.equal((await items()).length, 1);
  await assert.rejects(stripe.subscriptionItems.retrieve(added.id), { code: "resource_missing", statusCode: 404 });
  await assert.rejects(stripe.subscriptionItems.del(subscription.items.data[0].id), refused);
  const updated = await stripe.events.list({ type: "customer.subscription.updated" });
  assert.ok(updated.data.some((event) => event.data.object.id === subscription.id && event.data.previous_attributes.items));
});

test("items are added, changed and removed by an update of the subscription", async () => {
  const subscription = await bought(pro);
  const [first] = subscription.items.data;
  const update = (items) => stripe.subscriptions.update(subscription.id, { items, proration_behavior: "none" });
  const both = await update([{ id: first.id, quantity: 2 }, { price: support.id }]);
  assert.deepEqual(differences("subscription", both), []);
  assert.deepEqual(both.items.data.map((item) => [item.price.id, item.quantity]), [[pro.id, 2], [support.id, 1]]);
  assert.equal((await stripe.invoices.createPreview({ subscription: subscription.id })).amount_due, 2 * 2900 + 5000);
  const one = await update([{ id: first.id, deleted: true }]);
  assert.deepEqual(one.items.data.map((item) => item.price.id), [support.id]);
  await assert.rejects(update([{ id: first.id, quantity: 1 }]), { ...refused, code: "resource_missing" });
  await assert.rejects(update([{ id: one.items.data[0].id, quantity: -1 }]), { ...refused, param: "items[0][quantity]" });
});

test("a quantity multiplies the item's price", async () => {
  const subscription = await bought(pro, 5);
  assert.deepEqual(differences("subscription", subscription), []);
  const [item] = subscription.items.data;
  assert.equal(item.quantity, 5);
  const [line] = subscription.latest_invoice.lines.data;
  assert.deepEqual([line.quantity, line.amount, subscription.latest_invoice.amount_paid], [5, 14_500, 14_500]);
  assert.match(line.description, /^5 × Pro \(at \$29\.00 \/ month\)$/);
  assert.equal((await stripe.invoices.createPreview({ subscription: subscription.id })).amount_due, 14_500);
  await advance(sandbox, 32 * DAY);
  const renewed = await stripe.subscriptions.retrieve(subscription.id, { expand: ["latest_invoice"] });
  assert.deepEqual([renewed.items.data[0].quantity, renewed.latest_invoice.amount_paid], [5, 14_500]);
});

test("a larger quantity is prorated on the next invoice, or charged with another change", async () => {
  const subscription = await bought(pro);
  const [item] = subscription.items.data;
  const larger = await stripe.subscriptions.update(subscription.id, { items: [{ id: item.id, quantity: 5 }], expand: ["latest_invoice"] });
  assert.equal(larger.latest_invoice.id, subscription.latest_invoice.id, "nothing is charged yet");
  const next = await stripe.invoices.createPreview({ subscription: subscription.id });
  assert.deepEqual(differences("invoice", next), []);
  nearly(next.amount_due, 4 * 2900 + 5 * 2900, "four for this month, five for the next");

  const items = [{ id: item.id, price: team.id, quantity: 5 }];
  const details = { items, proration_behavior: "always_invoice" };
  const preview = await stripe.invoices.createPreview({ subscription: subscription.id, subscription_details: details });
  assert.deepEqual(differences("invoice", preview), []);
  nearly(preview.amount_due, 46_600, "five of Team, less five of Pro, and four of Pro that are open");
  assert.ok(preview.lines.data.every((line) => line.parent.subscription_item_details.proration));
  const changed = await stripe.subscriptions.update(subscription.id, { ...details, expand: ["latest_invoice"] });
  assert.deepEqual(differences("subscription", changed), []);
  assert.deepEqual(changed.items.data.map((one) => [one.price.id, one.quantity]), [[team.id, 5]]);
  nearly(changed.latest_invoice.amount_paid, preview.amount_due);
  assert.equal((await stripe.invoices.createPreview({ subscription: subscription.id })).amount_due, 49_500);
});

test("a discount applies to all items, together with a pause and cancel_at", async () => {
  const coupon = await stripe.coupons.create({ amount_off: 4000, currency: "usd", duration: "forever" });
  const subscription = await bought(pro);
  const cancel_at = end(subscription) + 40 * DAY;
  const all = await stripe.subscriptions.update(subscription.id, {
    items: [{ price: support.id }],
    proration_behavior: "none",
    discounts: [{ coupon: coupon.id }],
    pause_collection: { behavior: "keep_as_draft" },
    cancel_at,
    expand: ["discounts"],
  });
  assert.deepEqual(differences("subscription", all), []);
  assert.deepEqual([all.items.data.length, all.discounts.length, all.pause_collection.behavior, all.cancel_at], [2, 1, "keep_as_draft", cancel_at]);
  const next = await stripe.invoices.createPreview({ subscription: subscription.id });
  assert.deepEqual([next.subtotal, next.total], [7900, 3900]);
  const off = next.lines.data.flatMap((line) => line.discount_amounts).reduce((sum, one) => sum + one.amount, 0);
  assert.equal(off, 4000);
});
