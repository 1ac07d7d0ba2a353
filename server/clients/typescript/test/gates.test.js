// The middlewares, in the frameworks themselves, and verification of webhooks.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import express from "express";
import { Hono } from "hono";
import { Webhook } from "standardwebhooks";
import { Dues } from "@dues/client";
import { checkOf, gate as expressGate } from "@dues/client/express";
import { checkOf as honoCheckOf, gate as honoGate } from "@dues/client/hono";
import { checkOf as nextCheckOf, gate as nextGate } from "@dues/client/next";
import { verifyWebhook, WebhookVerificationError } from "@dues/client/webhooks";
import { freePort, startServer, until } from "./server.js";

const GAUGE = "websocket_rooms";
const COUNTER = "telemetry_events_monthly";
let server, dues;

before(async () => {
  server = await startServer();
  dues = new Dues({ url: server.url, key: server.workspace("free").api_keys.usage });
});
after(async () => {
  await dues?.close();
  await server?.stop();
});

/** Serves `app` while `visit` runs. */
async function visiting(app, visit) {
  const listener = app.listen(0);
  try {
    await visit(`http://127.0.0.1:${listener.address().port}`);
  } finally {
    await new Promise((resolve) => listener.close(resolve));
  }
}

async function refused(response) {
  assert.equal(response.status, 402);
  assert.equal(response.headers.get("content-type"), "application/json");
  assert.deepEqual(await response.json(), {
    error: "Usage limit exceeded",
    code: "limit_reached",
    message: "Room limit reached (2)",
    allowed: false,
    upgrade: { plan: "pro", limit: 10 },
  });
}

test("Express: consumes, refuses with the documented 402, and passes errors on", async () => {
  await dues.setUsage(GAUGE, 1);
  const app = express();
  app.get("/rooms", expressGate(dues, { feature: GAUGE }), (_, response) => response.send("made"));
  app.get("/tea", expressGate(dues, { feature: "tea" }), (_, response) => response.send("made"));
  app.use((error, _, response, next) =>
    response.headersSent ? next(error) : response.status(500).json({ code: error.code }),
  );
  await visiting(app, async (url) => {
    assert.equal(await (await fetch(`${url}/rooms`)).text(), "made");
    await refused(await fetch(`${url}/rooms`));
    assert.deepEqual(await (await fetch(`${url}/tea`)).json(), { code: "unknown_feature" });
  });
});

test("Express: a refusal can be answered by a page of the product", async () => {
  await dues.setUsage(GAUGE, 2);
  const app = express();
  const onRefused = ({ body }, request, response) => response.send(`${request.path}: ${body.upgrade.plan} has more`);
  app.get("/rooms", expressGate(dues, { feature: GAUGE, onRefused }), (_, response) => response.send("made"));
  await visiting(app, async (url) => {
    const response = await fetch(`${url}/rooms`);
    assert.deepEqual([response.status, await response.text()], [402, "/rooms: pro has more"]);
  });
});

test("Express: tracks what the handler did, unless it failed", async () => {
  const { used } = await dues.check(COUNTER);
  const app = express();
  const amount = (request) => Number(request.query.amount);
  app.get("/:status", expressGate(dues, { feature: COUNTER, amount, meter: "track" }), (request, response) => {
    response.status(Number(request.params.status)).end();
  });
  await visiting(app, async (url) => {
    await fetch(`${url}/200?amount=3`);
    await fetch(`${url}/500?amount=4`);
  });
  await dues.flush();
  assert.equal((await dues.check(COUNTER)).used, used + 3);
});

test("Express: a gauge is given back when the handler fails, and a counter stays counted", async () => {
  await dues.setUsage(GAUGE, 0);
  const { used } = await dues.check(COUNTER);
  const app = express();
  const fail = (request, response) => {
    if (request.params.status === "throw") throw new Error("planned");
    response.status(Number(request.params.status)).end();
  };
  app.get("/rooms/:status", expressGate(dues, { feature: GAUGE }), fail);
  app.get("/events/:status", expressGate(dues, { feature: COUNTER }), fail);
  app.use((_error, _request, response, _next) => response.status(500).end());
  await visiting(app, async (url) => {
    for (const status of [201, 404, 503, "throw"]) {
      await fetch(`${url}/rooms/${status}`);
      await until(async () => (await dues.check(GAUGE)).used === 1);
    }
    await fetch(`${url}/events/500`);
    await fetch(`${url}/events/500`);
  });
  assert.equal((await dues.check(COUNTER)).used, used + 2);
});

test("Express: what a client did not wait for is counted", async () => {
  const { used } = await dues.check(COUNTER);
  const app = express();
  app.get("/", expressGate(dues, { feature: COUNTER, meter: "track" }), (_, response) => response.write("begun"));
  await visiting(app, async (url) => {
    const abort = new AbortController();
    await fetch(url, { signal: abort.signal });
    abort.abort();
    await until(() => dues.buffered === 1);
  });
  await dues.flush();
  assert.equal((await dues.check(COUNTER)).used, used + 1);
});

test("Hono and Next: a gauge is given back when the handler fails", async () => {
  await dues.setUsage(GAUGE, 0);
  const gauge = async () => (await dues.check(GAUGE)).used;
  const app = new Hono();
  for (const status of [201, 404]) {
    app.get(`/${status}`, honoGate(dues, { feature: GAUGE }), (context) => context.text("", status));
  }
  app.get("/throw", honoGate(dues, { feature: GAUGE }), () => {
    throw new Error("planned");
  });
  app.onError((_, context) => context.text("", 500));
  for (const path of ["/201", "/404", "/throw"]) {
    await app.request(path);
    assert.equal(await gauge(), 1, path);
  }
  const next = (handler) => nextGate(dues, { feature: GAUGE }, handler)(new Request("http://product.test"));
  await next(() => new Response("", { status: 422 }));
  await assert.rejects(
    next(() => {
      throw new Error("planned");
    }),
    /planned/,
  );
  assert.equal(await gauge(), 1);
  // What `redirect` of Next throws is no failure.
  await assert.rejects(
    next(() => {
      throw Object.assign(new Error("NEXT_REDIRECT"), { digest: "NEXT_REDIRECT;replace;/rooms;307;" });
    }),
    /NEXT_REDIRECT/,
  );
  assert.equal(await gauge(), 2);
});

test("Hono: consumes, tracks and refuses", async () => {
  await dues.setUsage(GAUGE, 2);
  const { used } = await dues.check(COUNTER);
  const app = new Hono();
  app.get("/rooms", honoGate(dues, { feature: GAUGE, meter: "track" }), (context) => context.text("made"));
  app.get("/events", honoGate(dues, { feature: COUNTER, meter: "track", amount: () => 2 }), (context) =>
    context.text("done"),
  );
  await refused(await app.request("/rooms"));
  assert.equal(await (await app.request("/events")).text(), "done");
  await dues.flush();
  assert.equal((await dues.check(COUNTER)).used, used + 2);
});

test("Next: wraps a route handler, and sends after the response", async () => {
  const { used } = await dues.check(COUNTER);
  const works = [];
  const options = { feature: COUNTER, meter: "track", after: (work) => works.push(work) };
  const POST = nextGate(dues, options, async (request, { params }) =>
    Response.json({ ...(await request.json()), ...(await params) }),
  );
  const request = new Request("http://product.test", { method: "POST", body: '{"a":1}' });
  const response = await POST(request, { params: Promise.resolve({ b: 2 }) });
  assert.deepEqual(await response.json(), { a: 1, b: 2 });
  for (const work of works) await work();
  assert.equal((await dues.check(COUNTER)).used, used + 1);
  await dues.setUsage(GAUGE, 2);
  await refused(await nextGate(dues, { feature: GAUGE }, () => new Response())(new Request("http://product.test")));
});

test("when Dues can't be reached, a gate refuses with 503 or lets pass", async () => {
  const away = new Dues({ url: `http://127.0.0.1:${await freePort()}`, key: "dues_a_b", retries: 0 });
  const ask = (options) =>
    nextGate(away, { feature: GAUGE, ...options }, () => new Response("made"))(new Request("http://product.test"));
  for (const meter of ["consume", "none", "track"]) {
    const response = await ask({ meter, onUnavailable: "refuse" });
    assert.equal(response.status, 503);
    assert.deepEqual([response.headers.get("retry-after"), (await response.json()).code], ["1", "dues_unavailable"]);
    await assert.rejects(ask({ meter }), { code: "dues_unavailable" });
  }
  assert.equal(await (await ask({ meter: "consume", onUnavailable: "allow" })).text(), "made");
});

test("Hono and Next: a refusal can be answered by a page of the product", async () => {
  await dues.setUsage(GAUGE, 2);
  const away = new Dues({ url: `http://127.0.0.1:${await freePort()}`, key: "dues_a_b", retries: 0 });
  const onUnavailable = "refuse";
  const page = ({ status, body }, path) =>
    new Response(status === 503 ? "away" : `${path}: ${body.upgrade.plan} has more`, { status });
  for (const [client, expected] of [
    [dues, [402, "/rooms: pro has more"]],
    [away, [503, "away"]],
  ]) {
    const app = new Hono();
    const onRefused = (refusal, context) => page(refusal, context.req.path);
    const gate = honoGate(client, { feature: GAUGE, onUnavailable, onRefused });
    app.get("/rooms", gate, (context) => context.text("made"));
    const next = nextGate(
      client,
      { feature: GAUGE, onUnavailable, onRefused: async (refusal, { url }) => page(refusal, new URL(url).pathname) },
      () => new Response("made"),
    );
    for (const answer of [await app.request("/rooms"), await next(new Request("http://product.test/rooms"))]) {
      assert.deepEqual([answer.status, await answer.text()], expected);
    }
  }
});

test("the handler learns what allowed the request", async () => {
  const away = new Dues({ url: `http://127.0.0.1:${await freePort()}`, key: "dues_a_b", retries: 0, onLost() {} });
  for (const meter of ["consume", "track", "none"]) {
    for (const [client, isAway] of [
      [dues, false],
      [away, true],
    ]) {
      const options = { feature: COUNTER, meter, onUnavailable: "allow" };
      const said = ({ isValid, unavailable = false }) => [isValid, unavailable];
      const app = express();
      app.get("/none", (request, response) => response.json(checkOf(request) ?? null));
      app.get("/", expressGate(client, options), (request, response) => response.json(said(checkOf(request))));
      await visiting(app, async (url) => {
        assert.deepEqual(await (await fetch(url)).json(), [true, isAway]);
        assert.equal(await (await fetch(`${url}/none`)).json(), null);
      });
      const hono = new Hono();
      hono.get("/", honoGate(client, options), (context) => context.json(said(honoCheckOf(context))));
      assert.deepEqual(await (await hono.request("/")).json(), [true, isAway]);
      const next = nextGate(client, options, (request) => Response.json(said(nextCheckOf(request))));
      assert.deepEqual(await (await next(new Request("http://product.test"))).json(), [true, isAway]);
    }
  }
  await away.close(0);
});

test("a webhook is verified with any of the secrets", () => {
  const [secret, other] = ["one", "two"].map((word) => `whsec_${Buffer.from(word.repeat(8)).toString("base64")}`);
  const body = '{"type":"limit.reached","timestamp":"2026-01-14T21:40:00.000Z","data":{"tenantId":"t","revision":3}}';
  const now = new Date();
  const headers = {
    "webhook-id": "msg_1",
    "webhook-timestamp": String(Math.floor(now / 1000)),
    "webhook-signature": new Webhook(secret).sign("msg_1", now, body),
  };
  assert.equal(verifyWebhook(body, headers, secret).data.revision, 3);
  assert.equal(verifyWebhook(Buffer.from(body), new Headers(headers), [other, secret]).type, "limit.reached");
  assert.throws(() => verifyWebhook(`${body} `, headers, secret), WebhookVerificationError);
  assert.throws(() => verifyWebhook(body, headers, other), WebhookVerificationError);
  assert.throws(() => verifyWebhook(body, {}, secret), WebhookVerificationError);
});
