// One workspace's key: checks, metering, errors, and the choice when Dues can't be reached.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Dues, DuesError, DuesUnavailableError, UsageLimitError } from "@dues/client";
import { freePort, startProxy, startServer } from "./server.js";

const GAUGE = "websocket_rooms";
const COUNTER = "telemetry_events_monthly";
let server, proxy, key;

before(async () => {
  server = await startServer();
  proxy = await startProxy(server.port);
  key = server.workspace("free").api_keys.usage;
});
after(async () => {
  await proxy?.stop();
  await server?.stop();
});

const client = (options = {}) => new Dues({ url: server.url, key, ...options });

test("a gauge is consumed to its limit, and released", async () => {
  const dues = client();
  await dues.setUsage(GAUGE, 0);
  assert.deepEqual([(await dues.consume(GAUGE)).used, (await dues.consume(GAUGE)).used], [1, 2]);
  assert.equal((await dues.check(GAUGE)).failureReason, "limit_reached");
  await assert.rejects(dues.consume(GAUGE), (error) => {
    assert(error instanceof UsageLimitError && error instanceof DuesError);
    assert.equal(error.code, "limit_reached");
    assert.deepEqual(error.upgrade, { plan: "pro", limit: 10 });
    assert.deepEqual(Object.keys(error.body).sort(), ["allowed", "code", "error", "message", "upgrade"]);
    assert.match(error.requestId, /./);
    return true;
  });
  assert.equal((await dues.release(GAUGE, 2)).used, 0);
});

test("an error has the API's code, message and fields", async () => {
  const dues = client();
  await assert.rejects(dues.check("tea"), ({ code, status, message, body, requestId }) => {
    assert.deepEqual([code, status], ["unknown_feature", 404]);
    assert.equal(message, `${body.message} (unknown_feature, request ${requestId})`);
    return true;
  });
  await assert.rejects(dues.check(COUNTER, 0), (error) => {
    assert.equal(error.code, "validation_error");
    assert.match(error.fields.amount, /whole number/);
    return true;
  });
  await assert.rejects(client({ key: "dues_none_none" }).check(COUNTER), { code: "unauthenticated", status: 401 });
});

test("a consume whose answer is lost counts once", async () => {
  const dues = client({ url: proxy.url });
  const { used } = await dues.check(COUNTER);
  proxy.mode = "cut";
  const cuts = proxy.cuts;
  const consumed = dues.consume(COUNTER, 3);
  while (proxy.cuts === cuts) await new Promise((resolve) => setImmediate(resolve));
  proxy.mode = "pass";
  assert.equal((await consumed).used, used + 3);
  assert.equal((await dues.check(COUNTER)).used, used + 3);
});

test("a slow answer is given up in time, and the call can be repeated with its key", async () => {
  const dues = client({ url: proxy.url });
  const { used } = await dues.check(COUNTER);
  proxy.mode = "hold";
  const start = Date.now();
  const failure = await dues.consume(COUNTER, 5, { timeoutMs: 300 }).catch((error) => error);
  assert(failure instanceof DuesUnavailableError, failure);
  assert(Date.now() - start < 2_000);
  proxy.mode = "pass";
  const { idempotencyKey } = failure;
  assert.equal((await dues.consume(COUNTER, 5, { idempotencyKey })).used, used + 5);
  assert.equal((await dues.check(COUNTER)).used, used + 5);
});

test("a call can be aborted", async () => {
  proxy.mode = "hold";
  const abort = new AbortController();
  const call = client({ url: proxy.url }).check(COUNTER, 1, { signal: abort.signal });
  abort.abort(new Error("enough"));
  await assert.rejects(call, { message: "enough" });
  proxy.mode = "pass";
});

test("when Dues can't be reached, the caller's choice holds", async () => {
  const url = `http://127.0.0.1:${await freePort()}`;
  const quick = { url, retries: 1 };
  await assert.rejects(client(quick).check(COUNTER), DuesUnavailableError);
  const allowed = await client({ ...quick, onUnavailable: "allow" }).consume(COUNTER);
  assert.deepEqual([allowed.isValid, allowed.unavailable], [true, true]);
  const refusing = client({ ...quick, onUnavailable: "refuse" });
  assert.deepEqual((await refusing.check(COUNTER)).failureReason, "dues_unavailable");
  await assert.rejects(refusing.consume(COUNTER), { name: "UsageLimitError", status: 503, code: "dues_unavailable" });
  await assert.rejects(refusing.consume(COUNTER, 1, { onUnavailable: "throw" }), DuesUnavailableError);
});

test("Retry-After is honoured, and an answer that stays is not asked for again", async () => {
  const answers = [
    [503, "overloaded", { "retry-after": "1" }],
    [503, "overloaded", { "retry-after": new Date(Date.now() + 3_000).toUTCString() }],
    [200, null, {}],
    [502, "provider_rejected", {}],
  ];
  const times = [];
  const keys = new Set();
  const fetch = async (_, { headers }) => {
    const [status, code, more] = answers[times.length];
    times.push(Date.now());
    keys.add(headers.get("idempotency-key"));
    return Response.json(code ? { error: "", code, message: "" } : { url: "https://pay.example" }, {
      status,
      headers: more,
    });
  };
  const dues = client({ fetch });
  assert.deepEqual(await dues.checkout({ plan: "pro" }), { url: "https://pay.example" });
  assert(times[1] - times[0] >= 1_000 && times[2] - times[0] >= 2_000, `${times}`);
  assert.equal(keys.size, 1);
  await assert.rejects(dues.checkout({ plan: "pro" }), { code: "provider_rejected" });
  assert.equal(times.length, 4);
});
