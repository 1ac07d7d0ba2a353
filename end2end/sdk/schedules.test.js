// Subscription schedules, updates of several items and payment behaviors, through Stripe's official library.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { advance, pay, startSandbox, stripeAt, submit } from "./sandbox.js";
import { differences } from "./types.js";

const DAY = 86_400;
const refused = { type: "StripeInvalidRequestError", statusCode: 400 };
let sandbox;
let stripe;
let pro;
let team;
let support;

before(async () => {
  sandbox = await startSandbox();
  stripe = stripeAt(sandbox);
  [pro, team, support] = [await priced("Pro", 3000), await priced("Team", 9000), await priced("Support", 5000)];
});

after(() => sandbox.stop());

async function priced(name, unit_amount) {
  const product = await stripe.products.create({ name });
  return stripe.prices.create({ product: product.id, currency: "usd", unit_amount, recurring: { interval: "month" } });
}

/** A subscription to Pro and to two of Support. */
async function bought() {
  const open = await stripe.checkout.sessions.create({
    mode: "subscription",
    line_items: [{ price: pro.id, quantity: 1 }, { price: support.id, quantity: 2 }],
    success_url: "https://shop.test/paid",
  });
  await pay(open.url);
  const { subscription } = await stripe.checkout.sessions.retrieve(open.id, { expand: ["subscription"] });
  return subscription;
}

const items = ({ items }) => items.data.map((item) => [item.price.id, item.quantity]);
const fail = (subscription, on) => submit(`${sandbox.url}/customers/${subscription.customer}/fail_payments`, { on: String(on) });

test("a schedule is created from a subscription, changed, and applied as the clock moves", async () => {
  const subscription = await bought();
  const schedule = await stripe.subscriptionSchedules.create({ from_subscription: subscription.id });
  assert.deepEqual(differences("subscription_schedule", schedule), []);
  const [current] = schedule.phases;
  assert.deepEqual(current.items.map((item) => [item.price, item.quantity]), [[pro.id, 1], [support.id, 2]]);
  const changed = await stripe.subscriptionSchedules.update(schedule.id, {
    end_behavior: "release",
    phases: [
      {
        start_date: current.start_date,
        end_date: current.end_date,
        items: current.items.map(({ price, quantity }) => ({ price, quantity })),
      },
      {
        items: [{ price: team.id, quantity: 2 }, { price: support.id, quantity: 1, metadata: { level: "gold" } }],
        duration: { interval: "month", interval_count: 2 },
        proration_behavior: "none",
      },
    ],
  });
  assert.deepEqual(differences("subscription_schedule", changed), []);
  assert.equal(changed.phases.length, 2);
  const preview = await stripe.invoices.createPreview({ schedule: schedule.id });
  assert.deepEqual(preview.lines.data.map((line) => line.amount), [18_000, 5000]);
  await assert.rejects(stripe.subscriptions.update(subscription.id, { cancel_at_period_end: true }), refused);

  await advance(sandbox, 32 * DAY);
  const after = await stripe.subscriptions.retrieve(subscription.id, { expand: ["schedule", "latest_invoice"] });
  assert.deepEqual(items(after), [[team.id, 2], [support.id, 1]]);
  assert.equal(after.latest_invoice.amount_paid, 23_000);
  assert.equal(after.schedule.current_phase.start_date, current.end_date);
  await advance(sandbox, 31 * DAY);
  assert.equal((await stripe.subscriptionSchedules.retrieve(schedule.id)).status, "active", "the phase lasts two periods");
  await advance(sandbox, 31 * DAY);
  const released = await stripe.subscriptionSchedules.retrieve(schedule.id);
  assert.deepEqual([released.status, released.released_subscription], ["released", subscription.id]);
});

test("a schedule that ends with cancel, or is canceled, ends its subscription", async () => {
  const subscription = await bought();
  const schedule = await stripe.subscriptionSchedules.create({ from_subscription: subscription.id });
  await stripe.subscriptionSchedules.update(schedule.id, { end_behavior: "cancel" });
  const ending = await stripe.subscriptions.retrieve(subscription.id);
  assert.equal(ending.cancel_at, schedule.phases[0].end_date);
  await advance(sandbox, 32 * DAY);
  assert.equal((await stripe.subscriptions.retrieve(subscription.id)).status, "canceled");
  assert.equal((await stripe.subscriptionSchedules.retrieve(schedule.id)).status, "completed");

  const other = await bought();
  const second = await stripe.subscriptionSchedules.create({ from_subscription: other.id });
  await assert.rejects(stripe.subscriptionSchedules.create({ from_subscription: other.id }), refused);
  assert.equal((await stripe.subscriptionSchedules.cancel(second.id)).status, "canceled");
  assert.equal((await stripe.subscriptions.retrieve(other.id)).status, "canceled");
  await assert.rejects(stripe.subscriptionSchedules.release(second.id), refused);
});

test("items are added, changed and deleted in one update, prorated from the date that it names", async () => {
  const subscription = await bought();
  const [first, second] = subscription.items.data;
  const { current_period_start: start, current_period_end: end } = first;
  const proration_date = start + Math.floor((end - start) / 2);
  const change = {
    items: [{ id: first.id, price: team.id, quantity: 2 }, { id: second.id, deleted: true }],
    proration_behavior: "always_invoice",
    proration_date,
  };
  const { lines } = await stripe.invoices.createPreview({ subscription: subscription.id, subscription_details: change });
  const amounts = lines.data.map((line) => line.amount);
  assert.deepEqual(amounts.toSorted((one, other) => one - other), [-5000, -1500, 9000]);
  const changed = await stripe.subscriptions.update(subscription.id, { ...change, expand: ["latest_invoice"] });
  assert.deepEqual(items(changed), [[team.id, 2]]);
  assert.equal(changed.latest_invoice.amount_paid, 2500);
  await assert.rejects(stripe.subscriptions.update(subscription.id, { ...change, proration_date: end + DAY }), refused);
});

test("a change whose payment fails is refused, waits, or leaves the subscription past due", async () => {
  const subscription = await bought();
  const [first] = subscription.items.data;
  await fail(subscription, true);
  const update = (payment_behavior) =>
    stripe.subscriptions.update(subscription.id, {
      items: [{ id: first.id, price: team.id }],
      proration_behavior: "always_invoice",
      payment_behavior,
    });
  await assert.rejects(update("error_if_incomplete"), { type: "StripeCardError", statusCode: 402 });
  assert.deepEqual(items(await stripe.subscriptions.retrieve(subscription.id))[0], [pro.id, 1]);

  const waiting = await update("pending_if_incomplete");
  assert.deepEqual(differences("subscription", waiting), []);
  assert.deepEqual([waiting.status, items(waiting)[0]], ["active", [pro.id, 1]]);
  assert.equal(waiting.pending_update.subscription_items[0].price.id, team.id);
  await fail(subscription, false);
  await stripe.invoices.pay(waiting.latest_invoice);
  const paid = await stripe.subscriptions.retrieve(subscription.id);
  assert.deepEqual([paid.pending_update, items(paid)[0]], [null, [team.id, 1]]);

  await fail(subscription, true);
  const item = paid.items.data[0];
  const due = await stripe.subscriptionItems.update(item.id, { quantity: 2, proration_behavior: "always_invoice" });
  assert.equal(due.quantity, 2);
  assert.equal((await stripe.subscriptions.retrieve(subscription.id)).status, "past_due");
});
