// What reading a large account needs: pages, search and rate limits, through Stripe's official library.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { startSandbox, stripeAt, submit } from "./sandbox.js";

const COUNT = 230;
let sandbox;
let stripe;
let price;

before(async () => {
  sandbox = await startSandbox();
  stripe = stripeAt(sandbox);
  const product = await stripe.products.create({ name: "Free" });
  price = await stripe.prices.create({ product: product.id, currency: "usd", unit_amount: 0, recurring: { interval: "month" } });
  for (let n = 0; n < COUNT; n += 1) {
    const customer = await stripe.customers.create({ email: `user${n}@acme.test`, metadata: { tenant: `t-${n}` } });
    await stripe.subscriptions.create({ customer: customer.id, items: [{ price: price.id }] });
  }
});

after(() => sandbox.stop());

test("all customers and all subscriptions are walked, each once and newest first", async () => {
  const customers = [];
  for await (const customer of stripe.customers.list({ limit: 100 })) customers.push(customer.email);
  assert.deepEqual(customers, Array.from({ length: COUNT }, (_, n) => `user${COUNT - 1 - n}@acme.test`));
  const subscriptions = new Set();
  for await (const one of stripe.subscriptions.list({ status: "all", limit: 100, expand: ["data.customer"] })) {
    subscriptions.add(one.customer.email);
  }
  assert.equal(subscriptions.size, COUNT);
});

test("a page before an object is the one next to it", async () => {
  const { data } = await stripe.customers.list({ limit: 10 });
  const before = await stripe.customers.list({ limit: 3, ending_before: data[9].id });
  assert.deepEqual(before.data.map((one) => one.id), data.slice(6, 9).map((one) => one.id));
  assert.equal(before.has_more, true);
  const byEmail = await stripe.customers.list({ email: "user7@acme.test" });
  assert.deepEqual(byEmail.data.map((one) => one.metadata.tenant), ["t-7"]);
  const created = await stripe.customers.list({ created: { lt: 1_000_000 } });
  assert.equal(created.data.length, 0);
  await assert.rejects(stripe.customers.list({ starting_after: "cus_none" }), { code: "resource_missing" });
});

test("customers are searched by metadata and by e-mail", async () => {
  const one = await stripe.customers.search({ query: "metadata['tenant']:'t-17'" });
  assert.deepEqual(one.data.map((customer) => customer.email), ["user17@acme.test"]);
  const both = await stripe.customers.search({ query: "email:'user1@acme.test' OR email:'user2@acme.test'" });
  assert.equal(both.data.length, 2);
  const all = [];
  for await (const customer of stripe.customers.search({ query: "email~'acme'", limit: 100 })) all.push(customer.id);
  assert.equal(new Set(all).size, COUNT);
  await assert.rejects(stripe.customers.search({ query: "colour:'red'" }), { type: "StripeInvalidRequestError" });
});

test("the API answers 429 as often as the board says, and clients that wait get through", async () => {
  await submit(`${sandbox.url}/stripe/limit`, { next: "1" });
  await assert.rejects(stripe.customers.list(), { type: "StripeRateLimitError", statusCode: 429, code: "rate_limit" });
  await stripe.customers.list();
  await submit(`${sandbox.url}/stripe/limit`, { next: "2" });
  const patient = stripeAt(sandbox, { maxNetworkRetries: 3 });
  assert.equal((await patient.customers.list({ limit: 1 })).data.length, 1);
});
