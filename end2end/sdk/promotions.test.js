// Promotion codes, limits of coupons and coupons in several currencies, through Stripe's official library.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { advance, pay, startSandbox, stripeAt, submit } from "./sandbox.js";
import { differences } from "./types.js";

const DAY = 86_400;
const refused = { type: "StripeInvalidRequestError", statusCode: 400 };
let sandbox;
let stripe;
let pro;

before(async () => {
  sandbox = await startSandbox();
  stripe = stripeAt(sandbox);
  const product = await stripe.products.create({ name: "Pro" });
  pro = await stripe.prices.create({
    product: product.id,
    currency: "usd",
    unit_amount: 2000,
    currency_options: { eur: { unit_amount: 1800 } },
    recurring: { interval: "month" },
  });
});

after(() => sandbox.stop());

const code = (coupon, more = {}) => stripe.promotionCodes.create({ promotion: { type: "coupon", coupon: coupon.id }, ...more });

function session(more = {}) {
  return stripe.checkout.sessions.create({
    mode: "subscription",
    line_items: [{ price: pro.id, quantity: 1 }],
    success_url: "https://shop.test/paid",
    ...more,
  });
}

async function bought(more = {}) {
  const open = await session(more);
  assert.equal(await pay(open.url), "https://shop.test/paid");
  const { subscription } = await stripe.checkout.sessions.retrieve(open.id, {
    expand: ["subscription.latest_invoice", "subscription.discounts"],
  });
  return subscription;
}

test("a promotion code is created, found, listed and made inactive, in the shape that the library declares", async () => {
  const coupon = await stripe.coupons.create({ percent_off: 20, duration: "forever" });
  const made = await code(coupon, {
    code: "Friends-24",
    max_redemptions: 5,
    metadata: { of: "us" },
    restrictions: { minimum_amount: 1000, minimum_amount_currency: "usd", first_time_transaction: true },
  });
  assert.deepEqual(differences("promotion_code", made), []);
  assert.deepEqual([made.code, made.active, made.times_redeemed, made.promotion.coupon], ["Friends-24", true, 0, coupon.id]);
  assert.deepEqual(made.restrictions, { first_time_transaction: true, minimum_amount: 1000, minimum_amount_currency: "usd" });
  const expanded = await stripe.promotionCodes.retrieve(made.id, { expand: ["promotion.coupon"] });
  assert.equal(expanded.promotion.coupon.percent_off, 20);
  const found = await stripe.promotionCodes.list({ code: "friends-24", active: true });
  assert.deepEqual(found.data.map((one) => one.id), [made.id]);
  await assert.rejects(code(coupon, { code: "FRIENDS-24" }), refused);
  const generated = await code(coupon);
  assert.match(generated.code, /^[A-Z0-9]{8}$/);
  const inactive = await stripe.promotionCodes.update(made.id, { active: false, metadata: { of: "" } });
  assert.deepEqual([inactive.active, inactive.metadata], [false, {}]);
  assert.equal((await stripe.promotionCodes.list({ code: "friends-24", active: true })).data.length, 0);
});

test("a session takes a promotion code of the merchant", async () => {
  const coupon = await stripe.coupons.create({ percent_off: 50, duration: "once" });
  const half = await code(coupon, { code: "HALF" });
  const subscription = await bought({ discounts: [{ promotion_code: half.id }] });
  const { latest_invoice: invoice } = subscription;
  assert.deepEqual([invoice.subtotal, invoice.total, invoice.amount_paid], [2000, 1000, 1000]);
  assert.deepEqual(subscription.discounts, [], "a coupon for one invoice is spent");
  assert.equal((await stripe.promotionCodes.retrieve(half.id)).times_redeemed, 1);
  assert.equal((await stripe.coupons.retrieve(coupon.id)).times_redeemed, 1);
  await assert.rejects(session({ discounts: [{ promotion_code: half.id }], allow_promotion_codes: true }), refused);
});

test("a payer enters a promotion code on the hosted page, and it ends as the coupon says", async () => {
  const coupon = await stripe.coupons.create({ percent_off: 25, duration: "repeating", duration_in_months: 2 });
  const quarter = await code(coupon, { code: "QUARTER" });
  const open = await session({ allow_promotion_codes: true });
  const page = await (await fetch(open.url)).text();
  assert.match(page, /Promotion code/);
  assert.equal((await submit(`${open.url}/choices`, { promotion_code: "NOPE" })).status, 400);
  assert.equal((await submit(`${open.url}/choices`, { promotion_code: "quarter" })).status, 303);
  assert.match(await (await fetch(open.url)).text(), /Pay \$15\.00/);
  await pay(open.url);
  const paid = await stripe.checkout.sessions.retrieve(open.id, { expand: ["subscription.discounts"] });
  assert.deepEqual(differences("checkout.session", paid), []);
  assert.deepEqual(paid.discounts, [{ coupon: null, promotion_code: quarter.id }]);
  assert.equal(paid.total_details.amount_discount, 500);
  const [discount] = paid.subscription.discounts;
  assert.deepEqual(differences("discount", discount), []);
  assert.deepEqual([discount.promotion_code, discount.checkout_session], [quarter.id, open.id]);
  assert.ok(discount.end > discount.start + 58 * DAY);
  const next = () => stripe.invoices.createPreview({ subscription: paid.subscription.id });
  assert.equal((await next()).total, 1500);
  await advance(sandbox, 32 * DAY);
  assert.equal((await next()).total, 2000, "the next period begins when the discount has ended");
});

test("a coupon takes off the amount of the subscription's currency", async () => {
  const coupon = await stripe.coupons.create({
    amount_off: 500,
    currency: "usd",
    duration: "forever",
    currency_options: { eur: { amount_off: 400 } },
  });
  const { currency_options } = await stripe.coupons.retrieve(coupon.id, { expand: ["currency_options"] });
  assert.deepEqual(currency_options, { usd: { amount_off: 500 }, eur: { amount_off: 400 } });
  const euros = await bought({ currency: "eur", discounts: [{ coupon: coupon.id }] });
  assert.deepEqual([euros.currency, euros.latest_invoice.total], ["eur", 1400]);
  const dollars = await bought({ discounts: [{ coupon: coupon.id }] });
  assert.deepEqual([dollars.currency, dollars.latest_invoice.total], ["usd", 1500]);
});

test("a coupon that is used up, expired or for another product is refused or takes nothing off", async () => {
  const other = await stripe.products.create({ name: "Other" });
  const one = await stripe.coupons.create({ percent_off: 10, duration: "forever", max_redemptions: 1 });
  const subscription = await bought({ discounts: [{ coupon: one.id }] });
  assert.equal((await stripe.coupons.retrieve(one.id)).valid, false);
  await assert.rejects(session({ discounts: [{ coupon: one.id }] }), { ...refused, code: "coupon_expired" });
  const soon = Math.floor(Date.parse((await (await fetch(`${sandbox.url}/clock`)).json()).now) / 1000) + DAY;
  const brief = await stripe.coupons.create({ percent_off: 10, duration: "once", redeem_by: soon });
  await advance(sandbox, 2 * DAY);
  const update = (discounts) => stripe.subscriptions.update(subscription.id, { discounts });
  await assert.rejects(update([{ coupon: brief.id }]), { ...refused, code: "coupon_expired" });
  const elsewhere = await stripe.coupons.create({ percent_off: 50, duration: "forever", applies_to: { products: [other.id] } });
  await update([{ coupon: elsewhere.id }]);
  assert.equal((await stripe.invoices.createPreview({ subscription: subscription.id })).total, 2000);
});

test("a promotion code is redeemed in the portal", async () => {
  const coupon = await stripe.coupons.create({ percent_off: 50, duration: "forever" });
  await code(coupon, { code: "PORTAL" });
  const subscription = await bought();
  const configuration = await stripe.billingPortal.configurations.create({
    features: {
      subscription_update: {
        enabled: true,
        default_allowed_updates: ["price", "quantity", "promotion_code"],
        products: [{ product: pro.product, prices: [pro.id] }],
      },
    },
  });
  const portal = await stripe.billingPortal.sessions.create({ customer: subscription.customer, configuration: configuration.id });
  const applied = await submit(`${portal.url}/code`, { subscription: subscription.id, promotion_code: "portal" });
  assert.equal(applied.status, 303);
  assert.equal((await stripe.invoices.createPreview({ subscription: subscription.id })).total, 1000);

  const [item] = subscription.items.data;
  const change = { subscription: subscription.id, item: item.id, price: pro.id, quantity: "3" };
  const review = await fetch(`${portal.url}/change?${new URLSearchParams(change)}`);
  assert.match(await review.text(), /Confirm/);
  assert.equal((await submit(`${portal.url}/change`, change)).status, 303);
  assert.equal((await stripe.subscriptions.retrieve(subscription.id)).items.data[0].quantity, 3);
});
