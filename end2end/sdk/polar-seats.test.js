// Seats, discounts and trials of the sandbox's Polar, through Polar's official library, which validates responses.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Polar } from "@polar-sh/sdk";
import { advance, pay, startSandbox, submit } from "./sandbox.js";

const DAY = 86_400;
let sandbox;
let polar;
let team;

before(async () => {
  sandbox = await startSandbox();
  polar = new Polar({ accessToken: "polar_oat_of_the_official_library", serverURL: `${sandbox.url}/polar` });
  team = await polar.products.create({
    name: "Team",
    recurringInterval: "month",
    prices: [
      {
        amountType: "seat_based",
        priceCurrency: "usd",
        seatTiers: {
          seatTierType: "volume",
          tiers: [{ minSeats: 2, maxSeats: 10, pricePerSeat: 1000 }, { minSeats: 11, pricePerSeat: 800 }],
        },
      },
    ],
  });
});

after(() => sandbox.stop());

const fixed = (name, priceAmount, more = {}) =>
  polar.products.create({
    name,
    recurringInterval: "month",
    prices: [{ amountType: "fixed", priceAmount, priceCurrency: "usd" }],
    ...more,
  });

let customers = 0;
function customer() {
  customers += 1;
  return polar.customers.create({ email: `ada${customers}@acme.test`, name: "Ada" });
}

async function bought(product, more = {}) {
  const by = await customer();
  const checkout = await polar.checkouts.create({
    products: [product.id],
    customerId: by.id,
    successUrl: "https://shop.test/paid",
    ...more,
  });
  assert.equal(await pay(checkout.url), "https://shop.test/paid");
  const page = await polar.subscriptions.list({ customerId: by.id });
  return page.result.items[0];
}

async function orders({ customerId }) {
  const page = await polar.orders.list({ customerId });
  return page.result.items;
}

test("a seat-based price has tiers, and a checkout has seats", async () => {
  const [price] = team.prices;
  assert.equal(price.amountType, "seat_based");
  assert.deepEqual([price.seatTiers.minimumSeats, price.seatTiers.maximumSeats, price.seatTiers.tiers.length], [2, null, 2]);
  const by = await customer();
  const open = (more) => polar.checkouts.create({ products: [team.id], customerId: by.id, ...more });
  const checkout = await open({ seats: 12, minSeats: 3, maxSeats: 20 });
  assert.deepEqual([checkout.seats, checkout.amount, checkout.totalAmount], [12, 9600, 9600]);
  const fewer = await polar.checkouts.update({ id: checkout.id, checkoutUpdate: { seats: 3 } });
  assert.deepEqual([fewer.seats, fewer.amount], [3, 3000]);
  assert.equal((await open({})).seats, 2, "the fewest that are sold");
  await assert.rejects(open({ seats: 1 }), { statusCode: 422 });
  await assert.rejects(open({ seats: 21, maxSeats: 20 }), { statusCode: 422 });
  const page = await (await fetch(checkout.url)).text();
  assert.match(page, /Seats/);
  assert.equal((await submit(`${checkout.url}/choices`, { seats: "2" })).status, 400, "fewer than the checkout allows");
  assert.equal((await submit(`${checkout.url}/choices`, { seats: "11" })).status, 303);
  assert.equal((await polar.checkouts.get({ id: checkout.id })).amount, 8800);
});

test("seats are changed at once, on the next order or with the next period", async () => {
  const subscription = await bought(team, { seats: 4 });
  assert.deepEqual([subscription.seats, subscription.amount], [4, 4000]);
  const update = (subscriptionUpdate) => polar.subscriptions.update({ id: subscription.id, subscriptionUpdate });
  const more = await update({ seats: 6, prorationBehavior: "invoice" });
  assert.deepEqual([more.seats, more.amount], [6, 6000]);
  const [change] = await orders(subscription);
  assert.equal(change.billingReason, "subscription_update");
  assert.ok(Math.abs(change.totalAmount - 2000) <= 2, "two seats for nearly the whole period");
  assert.equal(change.items.length, 2);

  const waiting = await update({ seats: 3, prorationBehavior: "next_period" });
  assert.deepEqual([waiting.seats, waiting.pendingUpdate.seats, waiting.pendingUpdate.productId], [6, 3, null]);
  await advance(sandbox, 32 * DAY);
  const renewed = await polar.subscriptions.get({ id: subscription.id });
  assert.deepEqual([renewed.seats, renewed.amount, renewed.pendingUpdate], [3, 3000, null]);
  assert.equal((await orders(subscription))[0].totalAmount, 3000);
  await assert.rejects(update({ seats: 1 }), { statusCode: 422 });

  const solo = await bought(await fixed("Solo", 900));
  assert.equal(solo.seats ?? null, null);
  await assert.rejects(polar.subscriptions.update({ id: solo.id, subscriptionUpdate: { seats: 2 } }), { statusCode: 400 });
  const grown = await polar.subscriptions.update({ id: solo.id, subscriptionUpdate: { productId: team.id } });
  assert.deepEqual([grown.seats, grown.amount], [2, 2000]);
});

test("a customer changes the seats in the portal", async () => {
  const subscription = await bought(team, { seats: 2 });
  const session = await polar.customerSessions.create({ customerId: subscription.customerId });
  const portal = session.customerPortalUrl.split("?")[0];
  const changed = await submit(`${portal}/seats`, { subscription: subscription.id, seats: "5" });
  assert.equal(changed.status, 303);
  assert.equal((await polar.subscriptions.get({ id: subscription.id })).seats, 5);
});

test("a discount is created, found, changed and deleted", async () => {
  const half = await polar.discounts.create({ name: "Half", type: "percentage", basisPoints: 5000, duration: "once", code: "HALF" });
  assert.deepEqual([half.basisPoints, half.code, half.redemptionsCount, half.products.length], [5000, "HALF", 0, 0]);
  const five = await polar.discounts.create({
    name: "Five off",
    type: "fixed",
    amount: 500,
    currency: "usd",
    duration: "repeating",
    durationInMonths: 2,
    products: [team.id],
  });
  assert.deepEqual([five.amount, five.currency, five.durationInMonths, five.products[0].id], [500, "usd", 2, team.id]);
  const renamed = await polar.discounts.update({ id: five.id, discountUpdate: { name: "Five dollars off" } });
  assert.equal(renamed.name, "Five dollars off");
  const listed = await polar.discounts.list({ query: "five" });
  assert.deepEqual(listed.result.items.map((one) => one.id), [five.id]);
  await assert.rejects(
    polar.discounts.create({ name: "Again", type: "percentage", basisPoints: 100, duration: "once", code: "half" }),
    { statusCode: 422 },
  );
  await polar.discounts.delete({ id: half.id });
  await assert.rejects(polar.discounts.get({ id: half.id }), { statusCode: 404 });
});

test("a discount applies to the orders of its duration", async () => {
  const pro = await fixed("Pro", 3000);
  const discount = await polar.discounts.create({
    name: "Spring",
    type: "percentage",
    basisPoints: 2500,
    duration: "repeating",
    durationInMonths: 2,
  });
  const by = await customer();
  const checkout = await polar.checkouts.create({ products: [pro.id], customerId: by.id, discountId: discount.id });
  assert.deepEqual([checkout.amount, checkout.discountAmount, checkout.netAmount, checkout.totalAmount], [3000, 750, 2250, 2250]);
  assert.deepEqual([checkout.discountId, checkout.discount.name], [discount.id, "Spring"]);
  await pay(checkout.url);
  const page = await polar.subscriptions.list({ customerId: by.id });
  const [subscription] = page.result.items;
  assert.deepEqual([subscription.amount, subscription.discountId, subscription.discount.id], [3000, discount.id, discount.id]);
  await advance(sandbox, 63 * DAY);
  const paid = await orders({ customerId: by.id });
  assert.deepEqual(paid.map((order) => [order.subtotalAmount, order.discountAmount, order.totalAmount]), [
    [3000, 0, 3000],
    [3000, 750, 2250],
    [3000, 750, 2250],
  ]);
  assert.equal((await polar.subscriptions.get({ id: subscription.id })).discountId, null);
  assert.equal((await polar.discounts.get({ id: discount.id })).redemptionsCount, 1);
});

test("a payer enters a discount code unless the checkout denies it", async () => {
  const pro = await fixed("Pro", 3000);
  const discount = await polar.discounts.create({ name: "Ten", type: "fixed", amount: 1000, currency: "usd", duration: "once", code: "TEN" });
  const by = await customer();
  const open = (more) => polar.checkouts.create({ products: [pro.id], customerId: by.id, ...more });
  const closed = await open({ allowDiscountCodes: false });
  assert.doesNotMatch(await (await fetch(closed.url)).text(), /Discount code/);
  const checkout = await open({});
  assert.equal((await submit(`${checkout.url}/choices`, { discount_code: "NOPE" })).status, 400);
  assert.equal((await submit(`${checkout.url}/choices`, { discount_code: "ten" })).status, 303);
  const chosen = await polar.checkouts.get({ id: checkout.id });
  assert.deepEqual([chosen.discountId, chosen.totalAmount], [discount.id, 2000]);
});

test("a product has a trial, which a subscription ends early, and any interval", async () => {
  const quarterly = await fixed("Quarterly", 9000, { recurringIntervalCount: 3, trialInterval: "day", trialIntervalCount: 14 });
  assert.deepEqual([quarterly.recurringIntervalCount, quarterly.trialInterval, quarterly.trialIntervalCount], [3, "day", 14]);
  const subscription = await bought(quarterly);
  assert.equal(subscription.status, "trialing");
  const started = await polar.subscriptions.update({ id: subscription.id, subscriptionUpdate: { cancelAtPeriodEnd: true } });
  assert.equal(started.cancelAtPeriodEnd, true);
  await polar.subscriptions.update({ id: subscription.id, subscriptionUpdate: { cancelAtPeriodEnd: false } });
  await advance(sandbox, 15 * DAY);
  const active = await polar.subscriptions.get({ id: subscription.id });
  assert.deepEqual([active.status, active.recurringInterval, active.recurringIntervalCount], ["active", "month", 3]);
  assert.ok(active.currentPeriodEnd - active.currentPeriodStart > 88 * DAY * 1000);
});

test("the API answers 429 as often as the board says", async () => {
  await submit(`${sandbox.url}/polar/limit`, { next: "1" });
  await assert.rejects(polar.customers.list({}), { statusCode: 429 });
  const listed = await polar.customers.list({ limit: 1 });
  assert.equal(listed.result.items.length, 1);
});
