// Coupons and discounts of the sandbox, through Stripe's official library: percentages, amounts, 100 %.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { advance, pay, startSandbox, stripeAt } from "./sandbox.js";
import { differences } from "./types.js";

const DAY = 86_400;
let sandbox;
let stripe;
let pro;

before(async () => {
  sandbox = await startSandbox();
  stripe = stripeAt(sandbox);
  pro = await priced("Pro", 2900);
});

after(() => sandbox.stop());

async function priced(name, unit_amount) {
  const product = await stripe.products.create({ name });
  return stripe.prices.create({ product: product.id, currency: "usd", unit_amount, recurring: { interval: "month" } });
}

/** Creates a customer with a card that pays. */
async function payer() {
  const customer = await stripe.customers.create({ email: "ada@acme.test" });
  const session = await stripe.checkout.sessions.create({
    mode: "payment",
    customer: customer.id,
    line_items: [{ price_data: { currency: "usd", unit_amount: 100, product_data: { name: "Card" } }, quantity: 1 }],
    success_url: "https://shop.test/paid",
  });
  await pay(session.url);
  const [method] = (await stripe.customers.listPaymentMethods(customer.id)).data;
  return stripe.customers.update(customer.id, { invoice_settings: { default_payment_method: method.id } });
}

async function subscribed(discounts, more = {}) {
  const customer = await payer();
  return stripe.subscriptions.create({
    customer: customer.id,
    items: [{ price: pro.id }],
    discounts,
    expand: ["latest_invoice", "discounts.source.coupon"],
    ...more,
  });
}

const sums = ({ subtotal, total, amount_due, amount_paid, total_discount_amounts }) => ({
  subtotal,
  total,
  amount_due,
  amount_paid,
  off: total_discount_amounts.map((one) => one.amount),
});

test("a coupon is created, retrieved, renamed and deleted, in the shape that the library declares", async () => {
  const part = await stripe.coupons.create({ percent_off: 25.5, duration: "forever", name: "25.5% off" });
  const amount = await stripe.coupons.create({ amount_off: 500, currency: "usd", duration: "repeating", duration_in_months: 3 });
  const all = await stripe.coupons.create({ id: "FRIENDS", percent_off: 100, duration: "once", metadata: { of: "us" } });
  for (const coupon of [part, amount, all]) assert.deepEqual(differences("coupon", coupon), []);
  assert.deepEqual([part.percent_off, part.amount_off, part.currency, part.valid], [25.5, null, null, true]);
  assert.deepEqual([amount.percent_off, amount.amount_off, amount.currency, amount.duration_in_months], [null, 500, "usd", 3]);
  assert.deepEqual([all.id, all.duration, all.metadata], ["FRIENDS", "once", { of: "us" }]);
  assert.equal((await stripe.coupons.retrieve(part.id)).name, "25.5% off");
  const listed = await stripe.coupons.list({ limit: 3 });
  assert.deepEqual(listed.data.map((one) => one.id), [all.id, amount.id, part.id]);

  const renamed = await stripe.coupons.update(part.id, { name: "A quarter", metadata: { why: "spring" } });
  assert.deepEqual([renamed.name, renamed.percent_off, renamed.metadata], ["A quarter", 25.5, { why: "spring" }]);
  assert.deepEqual(differences("deleted_coupon", await stripe.coupons.del(all.id)), []);
  await assert.rejects(stripe.coupons.retrieve(all.id), { code: "resource_missing", statusCode: 404 });
});

test("an invalid coupon is refused with the parameter at fault", async () => {
  const refused = (params, error) =>
    assert.rejects(stripe.coupons.create(params), { type: "StripeInvalidRequestError", statusCode: 400, ...error });
  await refused({ duration: "once" }, {});
  await refused({ percent_off: 10, amount_off: 100, currency: "usd" }, {});
  await refused({ amount_off: 100 }, { code: "parameter_missing", param: "currency" });
  await refused({ percent_off: 101 }, { param: "percent_off" });
  await refused({ percent_off: 10, duration: "repeating" }, { param: "duration_in_months" });
  await stripe.coupons.create({ id: "TWICE", percent_off: 10 });
  await refused({ id: "TWICE", percent_off: 10 }, { code: "resource_already_exists" });
  const customer = await payer();
  const order = { customer: customer.id, items: [{ price: pro.id }], discounts: [{ coupon: "NOBODYS" }] };
  await assert.rejects(stripe.subscriptions.create(order), { code: "resource_missing", param: "discounts[0][coupon]" });
});

test("a percentage reduces every invoice", async () => {
  const coupon = await stripe.coupons.create({ percent_off: 25, duration: "forever" });
  const subscription = await subscribed([{ coupon: coupon.id }]);
  assert.deepEqual(differences("subscription", subscription), []);
  const [discount] = subscription.discounts;
  assert.deepEqual(differences("discount", discount), []);
  assert.deepEqual([discount.source.type, discount.source.coupon.id, discount.end], ["coupon", coupon.id, null]);
  assert.deepEqual([discount.subscription, discount.customer], [subscription.id, subscription.customer]);
  const first = subscription.latest_invoice;
  assert.deepEqual(differences("invoice", first), []);
  assert.deepEqual(sums(first), { subtotal: 2900, total: 2175, amount_due: 2175, amount_paid: 2175, off: [725] });
  const [line] = first.lines.data;
  assert.deepEqual(differences("line_item", line), []);
  assert.deepEqual([line.amount, line.discount_amounts], [2900, [{ amount: 725, discount: discount.id }]]);

  const next = await stripe.invoices.createPreview({ subscription: subscription.id });
  assert.deepEqual(differences("invoice", next), []);
  assert.deepEqual([next.amount_due, next.subtotal], [2175, 2900]);
  await advance(sandbox, 32 * DAY);
  const [renewal] = (await stripe.invoices.list({ subscription: subscription.id })).data;
  assert.deepEqual([renewal.billing_reason, renewal.amount_paid], ["subscription_cycle", 2175]);
  assert.equal((await stripe.coupons.retrieve(coupon.id)).times_redeemed, 1);
});

test("a repeating amount reduces invoices for its months, and no later ones", async () => {
  const coupon = await stripe.coupons.create({ amount_off: 500, currency: "usd", duration: "repeating", duration_in_months: 2 });
  const subscription = await subscribed([{ coupon: coupon.id }]);
  assert.equal(subscription.latest_invoice.amount_paid, 2400);
  const [discount] = subscription.discounts;
  const months = (discount.end - discount.start) / DAY / 30.4;
  assert.ok(months > 1.9 && months < 2.1, `${months}`);
  await advance(sandbox, 32 * DAY);
  assert.equal((await stripe.invoices.createPreview({ subscription: subscription.id })).amount_due, 2900);
  await advance(sandbox, 31 * DAY);
  const invoices = (await stripe.invoices.list({ subscription: subscription.id })).data;
  assert.deepEqual(invoices.map((one) => one.amount_paid), [2900, 2400, 2400]);
  assert.deepEqual((await stripe.subscriptions.retrieve(subscription.id)).discounts, []);
});

test("an amount is capped at the invoice, and ignored in another currency", async () => {
  const large = await stripe.coupons.create({ amount_off: 10_000, currency: "usd", duration: "forever" });
  const free = await subscribed([{ coupon: large.id }]);
  assert.deepEqual(sums(free.latest_invoice), { subtotal: 2900, total: 0, amount_due: 0, amount_paid: 0, off: [2900] });
  const euros = await stripe.coupons.create({ amount_off: 500, currency: "eur", duration: "forever" });
  const full = await subscribed([{ coupon: euros.id }]);
  assert.deepEqual([full.latest_invoice.amount_paid, full.latest_invoice.total_discount_amounts], [2900, []]);
});

test("a discount of 100 % charges nothing and needs no card", async () => {
  const coupon = await stripe.coupons.create({ percent_off: 100, duration: "forever" });
  const customer = await stripe.customers.create({ email: "ada@acme.test" });
  const subscription = await stripe.subscriptions.create({
    customer: customer.id,
    items: [{ price: pro.id }],
    discounts: [{ coupon: coupon.id }],
    expand: ["latest_invoice.payments"],
  });
  assert.equal(subscription.status, "active");
  const first = subscription.latest_invoice;
  assert.deepEqual([first.status, first.amount_due, first.payments.data], ["paid", 0, []]);
  assert.equal((await stripe.invoices.createPreview({ subscription: subscription.id })).amount_due, 0);
  await advance(sandbox, 32 * DAY);
  const renewed = await stripe.subscriptions.retrieve(subscription.id, { expand: ["latest_invoice"] });
  assert.deepEqual([renewed.status, renewed.latest_invoice.status, renewed.latest_invoice.amount_due], ["active", "paid", 0]);
});

test("a one-time discount applies to one invoice only", async () => {
  const coupon = await stripe.coupons.create({ percent_off: 100, duration: "once" });
  const subscription = await subscribed([{ coupon: coupon.id }]);
  assert.equal(subscription.latest_invoice.amount_paid, 0);
  const { discounts } = await stripe.subscriptions.retrieve(subscription.id);
  assert.deepEqual(discounts, []);
  const first = await stripe.invoices.retrieve(subscription.latest_invoice.id, {
    expand: ["discounts", "total_discount_amounts.discount"],
  });
  assert.deepEqual(differences("invoice", first), []);
  assert.equal(first.discounts[0].source.coupon, coupon.id);
  assert.equal(first.total_discount_amounts[0].discount.id, first.discounts[0].id);
  assert.equal((await stripe.invoices.createPreview({ subscription: subscription.id })).amount_due, 2900);
});

test("discounts of a subscription are added, kept, replaced and removed", async () => {
  const [half, tenth] = await Promise.all([50, 10].map((percent_off) => stripe.coupons.create({ percent_off, duration: "forever" })));
  const { id } = await subscribed(undefined);
  const next = async () => (await stripe.invoices.createPreview({ subscription: id })).amount_due;
  const one = await stripe.subscriptions.update(id, { discounts: [{ coupon: half.id }] });
  assert.equal(await next(), 1450);
  const both = await stripe.subscriptions.update(id, { discounts: [{ discount: one.discounts[0] }, { coupon: tenth.id }] });
  assert.equal(both.discounts[0], one.discounts[0]);
  assert.equal(await next(), 1305);
  const said = await stripe.invoices.createPreview({ subscription: id, discounts: [{ coupon: tenth.id }] });
  assert.equal(said.amount_due, 2610, "as asked for, and nothing is kept of it");
  assert.equal(await next(), 1305);
  assert.deepEqual((await stripe.subscriptions.update(id, { discounts: "" })).discounts, []);
  assert.equal(await next(), 2900);
  await stripe.subscriptions.update(id, { discounts: [{ coupon: half.id }] });
  const gone = await stripe.subscriptions.deleteDiscount(id);
  assert.deepEqual(differences("deleted_discount", gone), []);
  assert.equal(await next(), 2900);
  assert.deepEqual([await stripe.coupons.retrieve(half.id), await stripe.coupons.retrieve(tenth.id)].map((it) => it.times_redeemed), [2, 1]);
});

test("a discount outlives its deleted coupon, which can't be redeemed again", async () => {
  const coupon = await stripe.coupons.create({ percent_off: 50, duration: "forever" });
  const { id, customer } = await subscribed([{ coupon: coupon.id }]);
  await stripe.coupons.del(coupon.id);
  assert.equal((await stripe.invoices.createPreview({ subscription: id })).amount_due, 1450);
  const order = { customer, items: [{ price: pro.id }], discounts: [{ coupon: coupon.id }] };
  await assert.rejects(stripe.subscriptions.create(order), { code: "resource_missing" });
  const again = await stripe.subscriptions.retrieve(id, { expand: ["discounts"] });
  assert.deepEqual(differences("subscription", again), []);
});

test("a checkout session shows the discount, and its subscription has it", async () => {
  const coupon = await stripe.coupons.create({ percent_off: 25, duration: "forever" });
  const session = await stripe.checkout.sessions.create({
    mode: "subscription",
    line_items: [{ price: pro.id, quantity: 2 }],
    discounts: [{ coupon: coupon.id }],
    success_url: "https://shop.test/paid",
  });
  assert.deepEqual(differences("checkout.session", session), []);
  assert.deepEqual([session.amount_subtotal, session.amount_total, session.total_details.amount_discount], [5800, 4350, 1450]);
  assert.deepEqual(session.discounts, [{ coupon: coupon.id, promotion_code: null }]);
  const page = await (await fetch(session.url)).text();
  assert.match(page, /Pay \$43\.50/);
  assert.match(page, /−\$14\.50/);
  await pay(session.url);
  const paid = await stripe.checkout.sessions.retrieve(session.id, {
    expand: ["line_items", "subscription.discounts", "invoice", "discounts.coupon"],
  });
  assert.deepEqual(differences("checkout.session", paid), []);
  assert.deepEqual([paid.payment_status, paid.invoice.amount_paid, paid.discounts[0].coupon.id], ["paid", 4350, coupon.id]);
  const [line] = paid.line_items.data;
  assert.deepEqual([line.amount_subtotal, line.amount_discount, line.amount_total], [5800, 1450, 4350]);
  assert.equal(paid.subscription.discounts[0].source.coupon, coupon.id);
  const refused = { mode: "subscription", line_items: [{ price: pro.id, quantity: 1 }], success_url: "https://shop.test/paid" };
  await assert.rejects(
    stripe.checkout.sessions.create({ ...refused, allow_promotion_codes: true, discounts: [{ coupon: coupon.id }] }),
    { type: "StripeInvalidRequestError" },
  );
});

test("a checkout with a discount of 100 % requires no payment", async () => {
  const coupon = await stripe.coupons.create({ percent_off: 100, duration: "once" });
  const session = await stripe.checkout.sessions.create({
    mode: "subscription",
    line_items: [{ price: pro.id, quantity: 1 }],
    discounts: [{ coupon: coupon.id }],
    success_url: "https://shop.test/paid",
  });
  assert.equal(session.amount_total, 0);
  const page = await (await fetch(session.url)).text();
  assert.match(page, /Subscribe/);
  assert.match(page, /\$29\.00/, "what comes later");
  await pay(session.url);
  const paid = await stripe.checkout.sessions.retrieve(session.id, { expand: ["subscription"] });
  assert.deepEqual([paid.status, paid.payment_status, paid.subscription.status], ["complete", "no_payment_required", "active"]);
  assert.equal((await stripe.invoices.createPreview({ subscription: paid.subscription.id })).amount_due, 2900);
});
