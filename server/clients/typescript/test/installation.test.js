// One installation key for all tenants: their records, metering by the product's own ids, portal links and checkout.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Dues, DuesUnavailableError } from "@dues/client";
import { freePort, startServer } from "./server.js";

const COUNTER = "telemetry_events_monthly";
/** An external id that must be encoded in a path and in a header. */
const ORG = "org/42 é:%";
let server, dues, statuses;

before(async () => {
  server = await startServer();
  statuses = [];
  const fetch = async (...args) => {
    const response = await globalThis.fetch(...args);
    statuses.push(response.status);
    return response;
  };
  dues = new Dues({ url: server.url, key: server.demo.installation_key, fetch });
});
after(async () => {
  await dues?.close();
  await server?.stop();
});

test("a tenant is made, read, changed, deleted and restored", async () => {
  const made = await dues.tenants.put(ORG, { name: "Orchid", metadata: { region: "eu" } });
  assert.equal(made.externalId, ORG);
  assert.equal(statuses.at(-1), 201);
  assert.equal((await dues.tenants.put(ORG, { name: "Orchid" })).id, made.id);
  assert.equal(statuses.at(-1), 200);
  assert.equal((await dues.tenants.get({ id: made.id })).entitlements.plan, "free");
  const changed = await dues.tenants.patch(ORG, { email: "ops@orchid.test", metadata: { region: null, trial: "1" } });
  assert.deepEqual([changed.email, changed.metadata], ["ops@orchid.test", { trial: "1" }]);
  assert.equal((await dues.tenants.override(ORG, { plan: "pro" })).plan, "pro");
  const { key } = await dues.tenants.createApiKey(ORG, { name: "Back end", scopes: ["usage"] });
  assert.equal((await new Dues({ url: server.url, key }).consume("websocket_rooms")).limit, 10);
  await dues.tenants.delete(ORG);
  await assert.rejects(dues.tenants.get(ORG), { code: "tenant_not_found" });
  await assert.rejects(dues.tenants.put(ORG, { name: "Orchid" }), { code: "tenant_deleted" });
  assert.equal((await dues.tenants.restore(ORG)).id, made.id);
  await dues.tenants.put("gone", { name: "Gone" });
  await dues.tenants.delete("gone", { purge: true });
  assert.equal((await dues.tenants.put("gone", { name: "Again" })).name, "Again");
});

test("tenants are listed across pages", async () => {
  for (let nth = 0; nth < 5; nth += 1) await dues.tenants.put(`listed-${nth}`, { name: `Listed ${nth}` });
  const ids = [];
  for await (const tenant of dues.tenants.list({ query: "Listed", limit: 2 })) ids.push(tenant.externalId);
  assert.deepEqual(
    ids,
    [4, 3, 2, 1, 0].map((nth) => `listed-${nth}`),
  );
});

test("one key meters all tenants by their external ids", async () => {
  for (const id of ["tenant:x", "b", "c"]) await dues.tenants.put(id, { name: "Metered" });
  const { id } = await dues.tenants.get("c");
  dues.tenant("tenant:x").track(COUNTER, 2);
  dues.tenant("b").track(COUNTER, 3);
  dues.tenant({ id }).track(COUNTER, 4);
  await dues.flush();
  assert.equal((await dues.tenant("b").consume(COUNTER, 10)).used, 13);
  const checks = ["tenant:x", "b", { id }, "unknown"].map((tenant) => ({ tenant, feature: COUNTER }));
  const results = await dues.checks(checks);
  assert.deepEqual(
    results.map((result) => result.used ?? result.code),
    [2, 13, 4, "tenant_not_found"],
  );
  await assert.rejects(dues.check(COUNTER), { code: "tenant_required" });
  await assert.rejects(dues.tenant("unknown").check(COUNTER), { code: "tenant_not_found" });
});

test("the text of an error names its code, tenant and request", async () => {
  const id = "01890000-0000-7000-8000-000000000000";
  for (const [call, tenant] of [
    [() => dues.tenants.get("gone é"), "external:gone é"],
    [() => dues.tenants.restore({ id }), id],
    [() => dues.tenant("gone/é").check(COUNTER), "external:gone/é"],
    [() => dues.tenant({ id }).consume(COUNTER), id],
  ]) {
    const error = await call().catch((failure) => failure);
    assert.match(error.requestId, /./);
    assert.equal(error.tenant, tenant);
    assert.equal(
      error.message,
      `${error.body.message} (tenant_not_found, tenant ${tenant}, request ${error.requestId})`,
    );
  }
});

test("own events count once for each source and id", async () => {
  const event = (source, id, more = {}) => ({
    ...{ specversion: "1.0", source, id, type: COUNTER, data: { amount: 3 } },
    ...more,
  });
  for (const id of ["batch", "batch-too"]) await dues.tenants.put(id, { name: "Batch" });
  const tenant = dues.tenant("batch");
  const tea = event("/job", "2", { type: "tea" });
  const outcome = await tenant.sendEvents([event("/job", "1"), event("/job", "1"), tea]);
  assert.deepEqual([outcome.accepted, outcome.duplicates], [1, 1]);
  assert.deepEqual(
    outcome.rejected.map(({ index, code }) => [index, code]),
    [[2, "unknown_feature"]],
  );
  // Rejected as a whole, it is an answer, too.
  assert.equal((await tenant.sendEvents([tea])).rejected[0].code, "unknown_feature");
  // Another source, and another tenant.
  const more = [event("/other", "1", { subject: "batch" }), event("/job", "1", { subject: "batch-too" })];
  assert.equal((await dues.sendEvents(more)).accepted, 2);
  // Another process: `track` with the same source and id is the same event.
  const job = new Dues({ url: server.url, key: server.demo.installation_key, source: "/job" });
  job.tenant("batch").track(COUNTER, 3, { id: "1" });
  job.tenant("batch").track(COUNTER, 4, { id: "3" });
  await job.close();
  const used = async (id) => (await dues.tenant(id).check(COUNTER)).used;
  assert.deepEqual([await used("batch"), await used("batch-too")], [10, 3]);
  const stranger = new Dues({ url: server.url, key: "dues_none_none" });
  await assert.rejects(stranger.sendEvents(more), { code: "unauthenticated" });
  const away = new Dues({ url: `http://127.0.0.1:${await freePort()}`, key: "dues_a_b", retries: 0 });
  await assert.rejects(away.sendEvents(more), DuesUnavailableError);
});

test("a subscription is canceled, resumed and synced", async () => {
  const { id } = server.workspace("pro");
  const tenant = dues.tenant({ id });
  const canceled = await tenant.cancel();
  assert.deepEqual([canceled.plan, canceled.cancel_at_period_end], ["pro", true]);
  assert.equal((await dues.tenants.get({ id })).subscription.cancelAtPeriodEnd, true);
  assert.equal((await tenant.resume()).cancel_at_period_end, false);
  assert.equal((await tenant.sync()).subscription.plan, "pro");
  await dues.tenants.put("unpaid", { name: "Unpaid" });
  await assert.rejects(dues.tenant("unpaid").cancel(), { code: "no_subscription" });
});

test("entitlements are asked for again for the price of a 304", async () => {
  await dues.tenants.put("cached", { name: "Cached" });
  const tenant = dues.tenant("cached");
  const first = await tenant.entitlements();
  assert.equal(first.features[COUNTER].used, 0);
  assert.deepEqual(await dues.tenant("cached").entitlements(), first);
  assert.equal(statuses.at(-1), 304);
  const asked = statuses.length;
  await tenant.entitlements({ maxAgeMs: 60_000 });
  assert.equal(statuses.length, asked);
  await tenant.consume(COUNTER);
  assert.equal((await tenant.entitlements()).features[COUNTER].used, 1);
  assert.equal(statuses.at(-1), 200);
});

test("a portal link, its end, and a checkout", async () => {
  await dues.tenants.put("paying", { name: "Paying", email: "ops@paying.test" });
  const tenant = dues.tenant("paying");
  const link = { user: { externalId: "user_1" }, role: "admin", returnUrl: "https://yourapp.com/billing" };
  const { url, expiresAt } = await tenant.portalLink(link);
  assert(url.startsWith(server.demo.url) && Date.parse(expiresAt) > Date.now());
  await tenant.endPortalSessions("user_1");
  const checkout = await tenant.checkout({
    plan: "pro",
    successUrl: "https://yourapp.com/paid",
    cancelUrl: "https://yourapp.com",
  });
  assert.match(checkout.url, /^http/);
});
