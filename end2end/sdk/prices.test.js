// Prices in several currencies, with tiers and by usage, and tax, through Stripe's official library.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { advance, pay, startSandbox, stripeAt, submit } from "./sandbox.js";
import { differences } from "./types.js";

const DAY = 86_400;
const refused = { type: "StripeInvalidRequestError", statusCode: 400 };
let sandbox;
let stripe;
let product;

before(async () => {
  sandbox = await startSandbox();
  stripe = stripeAt(sandbox);
  product = (await stripe.products.create({ name: "Team" })).id;
});

after(() => sandbox.stop());

const priced = (more) => stripe.prices.create({ product, currency: "usd", recurring: { interval: "month" }, ...more });

async function bought(price, more = {}, quantity = 1) {
  const open = await stripe.checkout.sessions.create({
    mode: "subscription",
    line_items: [{ price: price.id, quantity }],
    success_url: "https://shop.test/paid",
    ...more,
  });
  assert.equal(await pay(open.url), "https://shop.test/paid");
  const { subscription } = await stripe.checkout.sessions.retrieve(open.id, { expand: ["subscription.latest_invoice"] });
  return subscription;
}

const next = (subscription, details) =>
  stripe.invoices.createPreview({ subscription: subscription.id, ...(details && { subscription_details: details }) });

test("a price is sold in each of its currencies, also in those without and with three decimals", async () => {
  const amounts = { eur: 2500, jpy: 4000, kwd: 8990, isk: 390_000, ugx: 10_000_000, huf: 999_000, twd: 90_000 };
  const currency_options = Object.fromEntries(Object.entries(amounts).map(([code, unit_amount]) => [code, { unit_amount }]));
  const price = await priced({ unit_amount: 2900, currency_options });
  assert.equal(price.currency_options, undefined, "shown only if expanded");
  const expanded = await stripe.prices.retrieve(price.id, { expand: ["currency_options"] });
  assert.deepEqual(differences("price", expanded), []);
  assert.equal(expanded.currency_options.kwd.unit_amount, 8990);
  for (const [currency, amount] of Object.entries({ usd: 2900, ...amounts })) {
    const subscription = await bought(price, { currency });
    assert.deepEqual([subscription.currency, subscription.latest_invoice.amount_paid], [currency, amount]);
    assert.deepEqual(differences("subscription", subscription), []);
    assert.equal((await next(subscription)).amount_due, amount);
  }
  const [isk, kwd] = [{ isk: { unit_amount: 399 } }, { kwd: { unit_amount: 8999 } }];
  for (const odd of [isk, kwd]) {
    await assert.rejects(priced({ unit_amount: 2900, currency_options: odd }), {
      ...refused,
      code: "invalid_charge_amount_no_decimal_compatible",
    });
  }
  await assert.rejects(bought(price, { currency: "gbp" }), refused);
});

test("a change of plan stays in the subscription's currency", async () => {
  const [small, large, dollars] = [
    await priced({ unit_amount: 1000, currency_options: { eur: { unit_amount: 900 } } }),
    await priced({ unit_amount: 5000, currency_options: { eur: { unit_amount: 4500 } } }),
    await priced({ unit_amount: 7000 }),
  ];
  const subscription = await bought(small, { currency: "eur" });
  const items = (price) => [{ id: subscription.items.data[0].id, price: price.id }];
  const changed = await stripe.subscriptions.update(subscription.id, { items: items(large), proration_behavior: "none" });
  assert.equal(changed.currency, "eur");
  assert.equal((await next(subscription)).amount_due, 4500);
  await assert.rejects(stripe.subscriptions.update(subscription.id, { items: items(dollars) }), refused);
});

test("tiers are graduated or by volume", async () => {
  const tiers = [{ up_to: 5, unit_amount: 1000, flat_amount: 500 }, { up_to: "inf", unit_amount: 800 }];
  const graduated = await priced({ billing_scheme: "tiered", tiers_mode: "graduated", tiers });
  const volume = await priced({ billing_scheme: "tiered", tiers_mode: "volume", tiers });
  assert.deepEqual([graduated.unit_amount, graduated.tiers, graduated.tiers_mode], [null, undefined, "graduated"]);
  const expanded = await stripe.prices.retrieve(graduated.id, { expand: ["tiers"] });
  assert.deepEqual(differences("price", expanded), []);
  assert.deepEqual(expanded.tiers.map((tier) => [tier.up_to, tier.unit_amount, tier.flat_amount]), [[5, 1000, 500], [null, 800, null]]);
  assert.equal((await bought(graduated, {}, 7)).latest_invoice.amount_paid, 5500 + 1600);
  const subscription = await bought(volume, {}, 7);
  assert.equal(subscription.latest_invoice.amount_paid, 5600);
  const items = [{ id: subscription.items.data[0].id, quantity: 4 }];
  assert.equal((await next(subscription, { items, proration_behavior: "none" })).amount_due, 4500);
  await assert.rejects(priced({ billing_scheme: "tiered", tiers_mode: "volume", tiers: [{ up_to: 5, unit_amount: 1 }] }), refused);
  await assert.rejects(priced({ billing_scheme: "tiered", tiers }), { ...refused, param: "tiers_mode" });
});

test("packages are rounded, and usage is shown without a quantity", async () => {
  const packages = await priced({ unit_amount: 1000, transform_quantity: { divide_by: 10, round: "up" } });
  assert.deepEqual(packages.transform_quantity, { divide_by: 10, round: "up" });
  const subscription = await bought(packages, {}, 21);
  assert.equal(subscription.latest_invoice.amount_paid, 3000);
  const usage = await priced({ unit_amount: 2, recurring: { interval: "month", usage_type: "metered" } });
  const both = await stripe.subscriptions.update(subscription.id, { items: [{ price: usage.id }] });
  // The sample's item is not metered.
  assert.deepEqual(differences("subscription", both), ["subscription.items.data[1].quantity is missing, which the sample has"]);
  const [, metered] = both.items.data;
  assert.deepEqual([metered.quantity, metered.price.recurring.usage_type], [undefined, "metered"]);
  assert.equal((await next(subscription)).amount_due, 3000);
});

test("intervals have any length", async () => {
  const weekly = await priced({ unit_amount: 700, recurring: { interval: "week", interval_count: 2 } });
  const subscription = await bought(weekly);
  const [item] = subscription.items.data;
  assert.equal(item.current_period_end - item.current_period_start, 14 * DAY);
  await advance(sandbox, 29 * DAY);
  const { data } = await stripe.invoices.list({ subscription: subscription.id });
  assert.deepEqual(data.map((invoice) => invoice.amount_paid), [700, 700, 700]);
});

test("tax has one rate, which the board sets", async () => {
  const price = await priced({ unit_amount: 10_000 });
  const subscription = await bought(price, { automatic_tax: { enabled: true } });
  assert.deepEqual(differences("subscription", subscription), []);
  const { latest_invoice: invoice } = subscription;
  assert.deepEqual(differences("invoice", invoice), []);
  assert.deepEqual([invoice.subtotal, invoice.total_excluding_tax, invoice.total, invoice.amount_paid], [10_000, 10_000, 11_900, 11_900]);
  assert.deepEqual([invoice.automatic_tax.enabled, invoice.automatic_tax.status], [true, "complete"]);
  const [tax] = invoice.total_taxes;
  assert.deepEqual([tax.amount, tax.taxable_amount, tax.tax_behavior, tax.type], [1900, 10_000, "exclusive", "tax_rate_details"]);
  for (const line of invoice.lines.data) assert.deepEqual(differences("line_item", line), []);
  await submit(`${sandbox.url}/stripe/tax`, { percent: "7" });
  assert.equal((await next(subscription)).total, 10_700);
  await submit(`${sandbox.url}/stripe/tax`, { percent: "19" });
  const coupon = await stripe.coupons.create({ percent_off: 50, duration: "forever" });
  const half = await stripe.invoices.createPreview({ subscription: subscription.id, discounts: [{ coupon: coupon.id }] });
  assert.deepEqual([half.total, half.total_taxes[0].amount], [5950, 950]);
});

test("a page collects a tax id and an address, and keeps them on the customer as it may", async () => {
  const price = await priced({ unit_amount: 10_000 });
  const customer = await stripe.customers.create({ email: "ada@acme.test" });
  const open = (more) =>
    stripe.checkout.sessions.create({
      mode: "subscription",
      customer: customer.id,
      line_items: [{ price: price.id, quantity: 1 }],
      success_url: "https://shop.test/paid",
      ...more,
    });
  await assert.rejects(open({ automatic_tax: { enabled: true } }), { ...refused, code: "customer_tax_location_invalid" });
  await assert.rejects(open({ tax_id_collection: { enabled: true } }), refused);
  const session = await open({
    automatic_tax: { enabled: true },
    tax_id_collection: { enabled: true },
    billing_address_collection: "required",
    customer_update: { name: "auto", address: "auto" },
  });
  const card = { email: "ada@acme.test", card_number: "4242 4242 4242 4242", expiry: "12 / 34", cvc: "123", name: "Acme GmbH" };
  const paid = await submit(session.url, { ...card, country: "DE", city: "Bonn", tax_id_type: "eu_vat", tax_id: "DE123456789" });
  assert.equal(paid.status, 303);
  const { customer_details } = await stripe.checkout.sessions.retrieve(session.id);
  assert.deepEqual(customer_details.tax_ids, [{ type: "eu_vat", value: "DE123456789" }]);
  assert.equal(customer_details.address.city, "Bonn");
  const kept = await stripe.customers.retrieve(customer.id);
  assert.deepEqual([kept.name, kept.address.country], ["Acme GmbH", "DE"]);
  const { data } = await stripe.customers.listTaxIds(customer.id);
  assert.deepEqual(differences("tax_id", data[0]), []);
  assert.equal(data[0].value, "DE123456789");
  await stripe.customers.deleteTaxId(customer.id, data[0].id);
  assert.equal((await stripe.customers.listTaxIds(customer.id)).data.length, 0);
});

test("the first invoice of a subscription that does not exist yet is previewed", async () => {
  const [seat, support] = [await priced({ unit_amount: 1000 }), await priced({ unit_amount: 5000 })];
  const customer = await stripe.customers.create({ email: "new@acme.test" });
  const items = [{ price: seat.id, quantity: 3 }, { price: support.id }];
  const preview = await stripe.invoices.createPreview({
    customer: customer.id,
    automatic_tax: { enabled: true },
    subscription_details: { items },
  });
  assert.deepEqual(differences("invoice", preview), []);
  assert.deepEqual(preview.lines.data.map((line) => line.amount), [3000, 5000]);
  assert.deepEqual([preview.subtotal, preview.total], [8000, 9520]);
  assert.equal((await stripe.subscriptions.list({ customer: customer.id })).data.length, 0);
});
