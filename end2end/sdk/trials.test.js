// Trials and deferred changes of the sandbox, through the official libraries of both providers.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Polar } from "@polar-sh/sdk";
import { advance as advanceClock, pay, startSandbox, stripeAt } from "./sandbox.js";

const DAY = 86_400;
let sandbox;
let stripe;
let polar;

before(async () => {
  sandbox = await startSandbox();
  stripe = stripeAt(sandbox);
  polar = new Polar({ accessToken: "polar_oat_of_the_official_library", serverURL: `${sandbox.url}/polar` });
});

after(() => sandbox.stop());

const advance = (secs) => advanceClock(sandbox, secs);

async function priced(name, unit_amount) {
  const product = await stripe.products.create({ name });
  return stripe.prices.create({ product: product.id, currency: "usd", unit_amount, recurring: { interval: "month" } });
}

async function tried(price) {
  const session = await stripe.checkout.sessions.create({
    mode: "subscription",
    line_items: [{ price: price.id, quantity: 1 }],
    payment_method_collection: "always",
    subscription_data: {
      trial_period_days: 14,
      trial_settings: { end_behavior: { missing_payment_method: "cancel" } },
    },
    success_url: "https://shop.test/paid",
  });
  assert.equal(session.amount_total, 0);
  await pay(session.url);
  const paid = await stripe.checkout.sessions.retrieve(session.id, { expand: ["subscription.latest_invoice"] });
  assert.deepEqual([paid.status, paid.payment_status], ["complete", "no_payment_required"]);
  return paid.subscription;
}

test("a trial at Stripe is free, announced three days before its end, and charged then", async () => {
  const subscription = await tried(await priced("Pro", 2900));
  assert.equal(subscription.status, "trialing");
  assert.equal(subscription.trial_end - subscription.trial_start, 14 * DAY);
  assert.equal(subscription.items.data[0].current_period_end, subscription.trial_end);
  assert.equal(subscription.trial_settings.end_behavior.missing_payment_method, "cancel");
  assert.deepEqual([subscription.latest_invoice.total, subscription.latest_invoice.status], [0, "paid"]);
  const announced = async () => (await stripe.events.list({ type: "customer.subscription.trial_will_end" })).data.length;
  await advance(10 * DAY);
  assert.equal(await announced(), 0);
  await advance(DAY);
  assert.equal(await announced(), 1);
  await advance(4 * DAY);
  const after = await stripe.subscriptions.retrieve(subscription.id, { expand: ["latest_invoice"] });
  assert.deepEqual([after.status, after.latest_invoice.amount_paid, after.trial_end], ["active", 2900, subscription.trial_end]);
});

test("a trial at Stripe that ends without a card is canceled", async () => {
  const customer = await stripe.customers.create({ email: "ada@acme.test" });
  const price = await priced("Pro", 2900);
  const subscription = await stripe.subscriptions.create({
    customer: customer.id,
    items: [{ price: price.id }],
    trial_period_days: 2,
    trial_settings: { end_behavior: { missing_payment_method: "cancel" } },
  });
  await advance(3 * DAY);
  assert.equal((await stripe.subscriptions.retrieve(subscription.id)).status, "canceled");
});

test("a downgrade in Stripe's portal is deferred to the period's end, and can be withdrawn", async () => {
  const [pro, starter] = [await priced("Pro", 2900), await priced("Starter", 900)];
  const configuration = await stripe.billingPortal.configurations.create({
    features: {
      subscription_update: {
        enabled: true,
        default_allowed_updates: ["price"],
        proration_behavior: "always_invoice",
        products: [pro, starter].map((price) => ({ product: price.product, prices: [price.id] })),
        schedule_at_period_end: { conditions: [{ type: "decreasing_item_amount" }, { type: "shortening_interval" }] },
      },
    },
  });
  const { conditions } = configuration.features.subscription_update.schedule_at_period_end;
  assert.deepEqual(conditions.map((one) => one.type), ["decreasing_item_amount", "shortening_interval"]);
  const { id, customer } = await tried(pro);
  const choose = async () => {
    const subscription = await stripe.subscriptions.retrieve(id);
    const [item] = subscription.items.data;
    const items = [{ id: item.id, price: starter.id, quantity: 1 }];
    const session = await stripe.billingPortal.sessions.create({
      customer,
      configuration: configuration.id,
      flow_data: { type: "subscription_update_confirm", subscription_update_confirm: { subscription: id, items } },
    });
    const body = new URLSearchParams({ subscription: id, item: item.id, price: starter.id, quantity: "1" });
    const done = await fetch(`${session.url}/change`, { method: "POST", body, redirect: "manual" });
    assert.equal(done.status, 303);
    return (await stripe.subscriptions.retrieve(id, { expand: ["schedule"] })).schedule;
  };
  const schedule = await choose();
  assert.deepEqual([schedule.object, schedule.status, schedule.subscription], ["subscription_schedule", "active", id]);
  assert.deepEqual(schedule.phases.map((phase) => phase.items[0].price), [pro.id, starter.id]);
  assert.equal(schedule.current_phase.end_date, schedule.phases[1].start_date);
  await assert.rejects(stripe.subscriptions.update(id, { cancel_at_period_end: true }), /managed by the subscription schedule/);

  const released = await stripe.subscriptionSchedules.release(schedule.id);
  assert.deepEqual([released.status, released.released_subscription], ["released", id]);
  assert.equal((await stripe.subscriptions.retrieve(id)).schedule, null);
  await assert.rejects(stripe.subscriptionSchedules.release(schedule.id), { statusCode: 400 });

  await choose();
  await advance(15 * DAY);
  const after = await stripe.subscriptions.retrieve(id);
  assert.deepEqual([after.status, after.items.data[0].price.id], ["active", starter.id]);
});

test("a trial at Polar is free, and charged at its end", async () => {
  const product = await polar.products.create({
    name: "Pro",
    recurringInterval: "month",
    prices: [{ amountType: "fixed", priceAmount: 2900, priceCurrency: "usd" }],
  });
  const customer = await polar.customers.create({ email: "tries@acme.test" });
  const checkout = await polar.checkouts.create({
    products: [product.id],
    customerId: customer.id,
    successUrl: "https://shop.test/paid",
    allowTrial: true,
    trialInterval: "day",
    trialIntervalCount: 14,
  });
  assert.deepEqual([checkout.activeTrialInterval, checkout.activeTrialIntervalCount, checkout.totalAmount], ["day", 14, 0]);
  await pay(checkout.url);
  const one = async () => (await polar.subscriptions.list({ customerId: customer.id })).result.items[0];
  const subscription = await one();
  assert.equal(subscription.status, "trialing");
  assert.equal(subscription.trialEnd - subscription.trialStart, 14 * DAY * 1000);
  assert.equal((await polar.customers.getState({ id: customer.id })).activeSubscriptions[0].status, "trialing");

  // A change deferred to the next period, and withdrawn.
  const smaller = await polar.products.create({
    name: "Starter",
    recurringInterval: "month",
    prices: [{ amountType: "fixed", priceAmount: 900, priceCurrency: "usd" }],
  });
  const update = (subscriptionUpdate) => polar.subscriptions.update({ id: subscription.id, subscriptionUpdate });
  const waiting = await update({ productId: smaller.id, prorationBehavior: "next_period" });
  assert.equal(waiting.pendingUpdate.productId, smaller.id);
  assert.equal((await update({ pendingUpdate: null })).pendingUpdate, null);

  await advance(15 * DAY);
  const after = await one();
  assert.deepEqual([after.status, after.productId], ["active", product.id]);
  const orders = (await polar.orders.list({ customerId: customer.id })).result.items;
  assert.deepEqual(orders.map((order) => order.totalAmount).sort((a, b) => a - b), [0, 2900]);
});
