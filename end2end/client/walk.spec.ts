// A client generated from openapi.json signs up, checks a feature, and upgrades.
import { expect, test } from "@playwright/test";
import { randomUUID } from "node:crypto";
import createClient from "openapi-fetch";
import { Demo } from "../demo.ts";
import type { paths } from "./dues.d.ts";

let demo: Demo;

test.beforeAll(async () => {
  demo = await Demo.start("client");
});

test.afterAll(async () => {
  await demo?.end();
});

/** The response's data. Fails on an error response. */
function got<Data>({ data, error, response }: { data?: Data; error?: unknown; response: Response }): Data {
  expect(error, `${response.status} from ${response.url}`).toBeUndefined();
  expect(data).toBeDefined();
  return data as Data;
}

async function signedUp() {
  const visitor = createClient<paths>({ baseUrl: demo.url });
  const body = { email: `${randomUUID()}@client.test`, password: `ledger ${randomUUID()}`, tenantName: "Client Works" };
  const answer = await visitor.POST("/api/v1/auth/signup", { body });
  const account = got(answer);
  expect(account).toMatchObject({ email: body.email, tenantName: "Client Works", role: "owner", created: true });
  const cookie = answer.response.headers.getSetCookie().map((line) => line.split(";")[0]).join("; ");
  return { account, cookie, dues: createClient<paths>({ baseUrl: demo.url, headers: { cookie } }) };
}

test("a session checks, upgrades and syncs", async () => {
  const { account, dues } = await signedUp();
  const feature = { path: { feature: "projects" } };
  const before = got(await dues.GET("/api/v1/billing/features/{feature}/check", { params: feature }));
  expect(before).toMatchObject({ isValid: true, failureReason: null, used: 0, limit: 1, percentUsed: 0 });

  const upgrade = got(await dues.POST("/billing/upgrade", { body: { targetPlan: "pro", billingCycle: "monthly" } }));
  expect(upgrade.session).toMatchObject({ plan: "pro", billing_cycle: "monthly", amount: 2900, currency: "USD" });
  await pay(upgrade.checkoutUrl);
  const synced = got(await dues.POST("/billing/subscription/sync"));
  expect(synced.subscription).toEqual({ plan: "pro", status: "active" });

  const after = got(await dues.GET("/api/v1/billing/features/{feature}/check", { params: feature }));
  expect(after.limit).toBe(3);
  const held = got(await dues.GET("/billing/subscription"));
  expect(held).toMatchObject({ tenantId: account.tenantId, subscription: { plan: "pro", paymentMethod: "card" } });
});

test("an API key reads usage, and errors have typed codes", async () => {
  const { account, dues, cookie } = await signedUp();
  const request = { body: { name: "gateway", scopes: ["read" as const] } };
  const early = await dues.POST("/api/v1/tenant/api-keys", request);
  expect([early.response.status, early.error?.code]).toEqual([403, "address_not_proven"]);
  await confirmAddress(account, cookie);
  const made = got(await dues.POST("/api/v1/tenant/api-keys", request));
  const gateway = createClient<paths>({ baseUrl: demo.url, headers: { authorization: `Bearer ${made.key}` } });
  const usage = got(await gateway.GET("/billing/usage"));
  expect(usage).toMatchObject({ tenantId: account.tenantId, plan: "free" });
  const { error, response } = await gateway.POST("/billing/upgrade", { body: { targetPlan: "pro" } });
  expect(response.status).toBe(403);
  expect(error?.code).toBe("scope_required");
});

/** Posts the form behind the link that `prove-address` prints. */
async function confirmAddress({ email, userId }: { email: string; userId: string }, cookie: string): Promise<void> {
  const link = new URL(demo.command("prove-address", "--email", email));
  const body = new URLSearchParams({ token: link.pathname.split("/").at(-1) ?? "" });
  const headers = { cookie, accept: "text/html" };
  const form = `${demo.url}/rpc/prove-address?user=${userId}`;
  const answer = await fetch(form, { method: "POST", headers, body, redirect: "manual" });
  expect(answer.headers.get("location")).toBe("/membership?code=address_proven");
}

/** Posts the hosted page's form. */
async function pay(hostedPage: string): Promise<void> {
  const card = { email: "ada@client.test", card_number: "4242 4242 4242 4242", expiry: "12 / 44", cvc: "123", name: "Ada" };
  const answer = await fetch(hostedPage, { method: "POST", body: new URLSearchParams(card), redirect: "manual" });
  expect(answer.status).toBe(303);
}
