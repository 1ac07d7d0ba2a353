// The sandbox through Stripe's official command line.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import Stripe from "stripe";
import { key, startSandbox } from "./sandbox.js";

const run = promisify(execFile);
const binary = join(dirname(fileURLToPath(import.meta.url)), "../node_modules/.bin/stripe");
let sandbox;
let stripe;
let home;

before(async () => {
  sandbox = await startSandbox();
  stripe = new Stripe(key, { host: "127.0.0.1", port: sandbox.port, protocol: "http", telemetry: false });
  home = mkdtempSync(join(tmpdir(), "stripe-cli-"));
});

after(async () => {
  await sandbox.stop();
  rmSync(home, { recursive: true, force: true });
});

async function cli(...words) {
  const { stdout } = await run(binary, [...words, "--api-base", sandbox.url, "--api-key", key, "--color", "off"], {
    env: { PATH: process.env.PATH, HOME: home, STRIPE_CLI_TELEMETRY_OPTOUT: "1" },
    timeout: 30_000,
  });
  return JSON.parse(stdout);
}

test("the CLI retrieves what the library created", async () => {
  const customer = await stripe.customers.create({ email: "ada@acme.test" });
  assert.equal((await cli("get", `/v1/customers/${customer.id}`)).email, "ada@acme.test");
  assert.equal((await cli("customers", "retrieve", customer.id)).id, customer.id);
});

test("the CLI lists products, prices, subscriptions and events", async () => {
  const product = await stripe.products.create({ name: "Pro" });
  const price = await stripe.prices.create({ product: product.id, currency: "usd", unit_amount: 2900 });
  assert.ok((await cli("products", "list")).data.some((one) => one.id === product.id));
  assert.ok((await cli("prices", "list", "--product", product.id)).data.some((one) => one.id === price.id));
  assert.equal((await cli("subscriptions", "list")).object, "list");
  assert.equal((await cli("get", "/v1/events", "--limit", "1")).data[0].type, "price.created");
});

test("the library retrieves what the CLI created", async () => {
  const made = await cli("customers", "create", "--name", "From the shell", "-d", "metadata[tenant]=t1");
  const found = await stripe.customers.retrieve(made.id);
  assert.deepEqual([found.name, found.metadata], ["From the shell", { tenant: "t1" }]);
});

test("the CLI shows Stripe's error object", async () => {
  const shown = await cli("get", "/v1/customers/cus_none");
  assert.deepEqual([shown.error.code, shown.error.type], ["resource_missing", "invalid_request_error"]);
});
