// Every object of the sandbox matches the official library's types and has the fields of Stripe's samples.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { pay, startSandbox, stripeAt } from "./sandbox.js";
import { differences } from "./types.js";

let sandbox;
let stripe;

before(async () => {
  sandbox = await startSandbox();
  stripe = stripeAt(sandbox);
});

after(() => sandbox.stop());

const priced = (product, unit_amount) =>
  stripe.prices.create({ product: product.id, currency: "usd", unit_amount, recurring: { interval: "month" } });

test("every object of a sale matches the library's types", async () => {
  const product = await stripe.products.create({ name: "Pro", description: "For teams" });
  const [pro, starter] = [await priced(product, 2900), await priced(product, 900)];
  const customer = await stripe.customers.create({ email: "ada@acme.test", name: "Ada", address: { city: "Turin" } });
  const open = await stripe.checkout.sessions.create({
    mode: "subscription",
    customer: customer.id,
    line_items: [{ price: pro.id, quantity: 1 }],
    success_url: "https://shop.test/paid",
  });
  await pay(open.url);
  const session = await stripe.checkout.sessions.retrieve(open.id, {
    expand: ["line_items", "customer", "subscription.default_payment_method", "invoice.payments"],
  });
  const { subscription, invoice } = session;
  const { payment_intent } = invoice.payments.data[0].payment;
  const intent = await stripe.paymentIntents.retrieve(payment_intent, { expand: ["latest_charge"] });
  const configuration = await stripe.billingPortal.configurations.create({
    features: {
      subscription_update: {
        enabled: true,
        default_allowed_updates: ["price"],
        products: [{ product: product.id, prices: [pro.id, starter.id] }],
        schedule_at_period_end: { conditions: [{ type: "decreasing_item_amount" }] },
      },
      subscription_cancel: { enabled: true },
      payment_method_update: { enabled: true },
    },
  });
  const items = [{ id: subscription.items.data[0].id, price: starter.id, quantity: 1 }];
  const portal = await stripe.billingPortal.sessions.create({
    customer: customer.id,
    configuration: configuration.id,
    flow_data: { type: "subscription_update_confirm", subscription_update_confirm: { subscription: subscription.id, items } },
  });
  const form = new URLSearchParams({ subscription: subscription.id, item: items[0].id, price: starter.id, quantity: "1" });
  const confirmed = await fetch(`${portal.url}/change`, { method: "POST", body: form, redirect: "manual" });
  assert.equal(confirmed.status, 303);
  const { schedule } = await stripe.subscriptions.retrieve(subscription.id, { expand: ["schedule"] });
  const served = {
    account: await stripe.accounts.retrieveCurrent(),
    "billing_portal.configuration": configuration,
    "billing_portal.session": portal,
    charge: intent.latest_charge,
    "checkout.session": session,
    customer: await stripe.customers.retrieve(customer.id),
    invoice,
    line_item: invoice.lines.data[0],
    payment_intent: intent,
    payment_method: subscription.default_payment_method,
    price: pro,
    product,
    refund: await stripe.refunds.create({ payment_intent }),
    subscription,
    subscription_item: subscription.items.data[0],
    subscription_schedule: schedule,
    webhook_endpoint: await stripe.webhookEndpoints.create({ url: "https://shop.test/hook", enabled_events: ["*"] }),
    deleted_customer: await stripe.customers.del(customer.id),
  };
  const found = Object.entries(served).flatMap(([kind, object]) => differences(kind, object));
  assert.deepEqual(found, []);
});
