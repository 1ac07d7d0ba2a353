// What stands between the client and Dues: proxies that answer themselves, redirect, refuse sizes, or send too much.
import assert from "node:assert/strict";
import { createServer } from "node:http";
import { after, before, beforeEach, mock, test } from "node:test";
import { Dues, DuesError, DuesUnavailableError } from "@dues/client";

const FEATURE = "ai_tokens";
/** Answers the next requests; when it is empty, Dues answers. */
let faults, requests, counted, server, url;

before(async () => {
  server = createServer(async (request, response) => {
    let body = "";
    for await (const part of request) body += part;
    requests.push({ method: request.method, url: request.url, headers: request.headers, body });
    const answer = faults.shift() ?? asDues;
    answer(response, request, body);
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  url = `http://127.0.0.1:${server.address().port}`;
});
after(() => server.close());
beforeEach(() => {
  [faults, requests, counted] = [[], [], new Map()];
});

const lost = [];
const client = (options = {}) =>
  new Dues({ url, key: "dues_a_b", flushOnExit: false, onLost: (events) => lost.push(events), ...options });
const codes = () => lost.splice(0).map(({ code, events }) => [code, events.length]);

function send(response, status, body, headers = {}) {
  response.writeHead(status, { "content-type": "application/json", ...headers });
  response.end(typeof body === "string" ? body : JSON.stringify(body));
}
const page = (status, text = "<h1>Welcome</h1>") => (response) =>
  send(response, status, text, { "content-type": "text/html" });

/** Counts events by their id, and allows everything else. */
function asDues(response, request, body) {
  if (request.url !== "/api/v1/usage/events") {
    return send(response, 200, { isValid: true, failureReason: null, used: 1, limit: null });
  }
  let duplicates = 0;
  const events = JSON.parse(body);
  for (const { id, data } of events) {
    if (counted.has(id)) duplicates += 1;
    counted.set(id, data.amount);
  }
  send(response, 200, { accepted: events.length - duplicates, duplicates, rejected: [] });
}

for (const [name, fault] of [
  ["a page with status 200", page(200)],
  ["JSON that is cut off", (response) => send(response, 200, '{"isValid": tr')],
  ["an empty success", (response) => send(response, 200, "")],
  ["a page with status 502", page(502)],
  ["a status of its own", page(521)],
]) {
  test(`${name} is tried again, and means that Dues is away`, async () => {
    faults = [fault];
    assert.equal((await client().check(FEATURE)).isValid, true);
    faults = [fault, fault];
    await assert.rejects(client({ retries: 1 }).check(FEATURE), (error) => {
      assert(error instanceof DuesUnavailableError);
      assert.equal(error.answer.code, "unexpected_answer");
      return true;
    });
    faults = [fault, fault];
    const allowed = await client({ retries: 1, onUnavailable: "allow" }).consume(FEATURE);
    assert.equal(allowed.unavailable, true);
  });
}

test("a redirect is not followed, and its target is named", async () => {
  const redirect = (response) => send(response, 301, "", { location: "https://dues.example.com/" });
  faults = [redirect, redirect];
  await assert.rejects(client({ onUnavailable: "allow" }).consume(FEATURE), (error) => {
    assert(error instanceof DuesError);
    assert.deepEqual([error.status, error.code], [301, "unexpected_answer"]);
    assert.match(error.message, /https:\/\/dues\.example\.com\//);
    return true;
  });
  const dues = client();
  dues.track(FEATURE);
  await assert.rejects(dues.flush());
  assert.deepEqual([dues.buffered, codes()], [1, []]);
  await dues.flush();
  assert.equal(counted.size, 1);
  assert.deepEqual(new Set(requests.map(({ method }) => method)), new Set(["POST"]));
});

test("an answer larger than any of Dues' is not read to its end", async () => {
  let sent = 0;
  faults = [
    (response) => {
      const part = Buffer.alloc(1 << 20, " ");
      response.writeHead(200, { "content-type": "application/json" });
      const more = () => {
        while (!response.destroyed && response.write(part)) sent += part.length;
      };
      response.on("drain", more);
      more();
    },
  ];
  const failure = await client({ retries: 0, attemptTimeoutMs: 10_000 }).check(FEATURE).catch((error) => error);
  assert(failure instanceof DuesUnavailableError, failure);
  assert.match(failure.message, /larger than/);
  assert(sent < 256 << 20, `${sent}`);
});

test("an answer that comes byte by byte is given up in time", async () => {
  let trickle;
  faults = [
    (response) => {
      response.writeHead(200, { "content-type": "application/json" });
      trickle = setInterval(() => response.write(" "), 20);
    },
  ];
  const failure = await client({ retries: 0, attemptTimeoutMs: 150 }).check(FEATURE).catch((error) => error);
  clearInterval(trickle);
  assert(failure instanceof DuesUnavailableError, failure);
});

test("events whose answer is not Dues' own stay in the buffer, and count once", async () => {
  const dues = client({ retries: 0 });
  for (const fault of [
    page(200),
    page(404),
    page(403),
    (response) => send(response, 200, {}),
    (response) => send(response, 200, { accepted: 1, duplicates: 0, rejected: [] }),
    (response) => send(response, 200, { accepted: 1, duplicates: 0, rejected: [{ index: 9, code: "x", message: "" }] }),
    // Dues counted them, and something between lost the answer.
    (response, request, body) => (asDues({ writeHead() {}, end() {} }, request, body), page(502)(response)),
  ]) {
    dues.track(FEATURE);
    dues.track(FEATURE);
    faults = [fault];
    await assert.rejects(dues.flush());
  }
  assert.equal(dues.buffered, 14);
  await dues.close();
  assert.deepEqual([counted.size, codes()], [14, []]);
});

test("a proxy that lets no large request pass gets smaller ones", async () => {
  const most = 20_000;
  const narrow = (response, request, body) =>
    body.length > most ? page(413)(response) : asDues(response, request, body);
  faults = Array(100).fill(narrow);
  const dues = client();
  for (let nth = 0; nth < 1_000; nth += 1) dues.track(FEATURE);
  await dues.close();
  assert.deepEqual([counted.size, codes()], [1_000, []]);
});

test("an event that Dues can't read takes no others with it", async () => {
  const dues = client();
  for (const wrong of ["\ud800", "a\udc00"]) {
    assert.throws(() => dues.track(wrong), TypeError);
    assert.throws(() => dues.track(FEATURE, 1, { id: wrong }), TypeError);
    assert.throws(() => dues.tenant(wrong).track(FEATURE), TypeError);
  }
  const unreadable = (response, request, body) =>
    body.includes("poison")
      ? send(response, 400, { error: "", code: "invalid_json", message: "" })
      : asDues(response, request, body);
  faults = Array(100).fill(unreadable);
  for (let nth = 0; nth < 100; nth += 1) dues.track(FEATURE);
  dues.track(FEATURE, 1, { id: "poison" });
  for (let nth = 0; nth < 100; nth += 1) dues.track(FEATURE);
  await dues.close();
  assert.deepEqual([counted.size, codes()], [200, [["invalid_json", 1]]]);
});

test("a body that Dues got only in part is sent again", async () => {
  const cut = (response) => send(response, 400, { error: "", code: "unreadable_body", message: "" });
  faults = [cut];
  const dues = client();
  dues.track(FEATURE);
  await dues.close();
  assert.deepEqual([counted.size, codes()], [1, []]);
});

test("events that are tracked while others are handed over are sent", async () => {
  const dues = client({ retries: 0, closeTimeoutMs: 50 });
  let answer;
  const held = new Promise((resolve) => {
    faults = [(response, request, body) => ((answer = () => asDues(response, request, body)), resolve())];
  });
  dues.track(FEATURE, 1, { id: "held" });
  const flushed = dues.flush();
  await held;
  // As the end of the process does.
  dues.own.tracker.loseAll();
  dues.track(FEATURE, 1, { id: "later" });
  answer();
  await flushed;
  assert.deepEqual([dues.buffered, codes()], [1, [["dues_unavailable", 1]]]);
  await dues.close();
  assert(counted.has("later"));
});

test("a tenant whose deletion succeeded without an answer is deleted", async () => {
  const gone = (response) => send(response, 404, { error: "", code: "tenant_not_found", message: "" });
  faults = [(response) => response.destroy(), gone];
  await client().tenants.delete("org_42", { purge: true });
  faults = [gone];
  await assert.rejects(client().tenants.delete("org_42", { purge: true }), { code: "tenant_not_found" });
});

test("a repeat has the caller's key, whatever the call", async () => {
  const dues = client();
  const options = { idempotencyKey: "order-7" };
  const link = { user: { externalId: "user_1" }, role: "admin", returnUrl: "https://app.example.com" };
  for (const call of [
    () => dues.consume(FEATURE, 1, options),
    () => dues.release(FEATURE, 1, options),
    () => dues.setUsage(FEATURE, 1, options),
    () => dues.consumeSeveral({ [FEATURE]: 1 }, options),
    () => dues.checkout({ plan: "pro" }, options),
    () => dues.portalLink(link, options),
  ]) {
    faults = [page(503)];
    await call();
  }
  assert.deepEqual(
    requests.map(({ headers }) => headers["idempotency-key"]),
    Array(12).fill("order-7"),
  );
});

test("a clock that is set does not matter to waits and to kept entitlements", async () => {
  const dues = client();
  const answered = (response) => send(response, 200, { features: {} }, { etag: '"1"' });
  faults = [answered, answered, answered];
  await dues.entitlements();
  mock.timers.enable({ apis: ["Date"], now: Date.now() - 3_600_000 });
  try {
    await new Promise((resolve) => setTimeout(resolve, 5));
    await dues.entitlements({ maxAgeMs: 1 });
    assert.equal(requests.length, 2);
    mock.timers.setTime(Date.now() + 7_200_000);
    await dues.entitlements({ maxAgeMs: 60_000 });
    assert.equal(requests.length, 2);
    dues.track(FEATURE);
    await dues.close();
    assert.deepEqual([counted.size, codes()], [1, []]);
  } finally {
    mock.timers.reset();
  }
});

test("many events are counted once, and those that find no room are handed over", async () => {
  const [all, room, step] = [200_000, 10_000, 4_000];
  let handedOver = 0;
  const dues = client({ maxBuffered: room, onLost: ({ events }) => (handedOver += events.length) });
  for (let tracked = 0; tracked < all; tracked += step) {
    for (let nth = 0; nth < step; nth += 1) dues.track(FEATURE);
    // Then faster than they can be sent.
    if (tracked < all / 2) await dues.flush();
  }
  await dues.close();
  assert.deepEqual([dues.buffered, counted.size + handedOver], [0, all]);
  assert(handedOver > 0);
  assert(requests.every(({ body }) => body.length <= 1 << 20));
});

test("many calls and flushes at once send each event once", async () => {
  const dues = client({ batchSize: 10 });
  const work = async (nth) => {
    dues.track(FEATURE, 1, { id: `event-${nth}` });
    if (nth % 3 === 0) await dues.flush();
    await dues.consume(FEATURE);
  };
  await Promise.all(Array.from({ length: 300 }, (_, nth) => work(nth)));
  await dues.close();
  const sent = requests.filter((one) => one.url.endsWith("/events")).flatMap(({ body }) => JSON.parse(body));
  assert.equal(sent.length, 300);
  assert.equal(counted.size, 300);
});

test("an address that is none is refused at once", () => {
  for (const wrong of ["", "dues.example.com", "ftp://dues.example.com", "https://"]) {
    assert.throws(() => client({ url: wrong }), TypeError);
  }
});
