// Tracked usage is counted once, whatever happens to Dues and to the process.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { Dues, DuesUnavailableError } from "@dues/client";
import { startProxy, startServer, until } from "./server.js";

const COUNTER = "telemetry_events_monthly";
let server, proxy, key;

before(async () => {
  server = await startServer();
  proxy = await startProxy(server.port);
  key = server.workspace("pro").api_keys.usage;
});
after(async () => {
  await proxy?.stop();
  await server?.stop();
});

const lost = [];
const client = (options = {}) =>
  new Dues({ url: proxy.url, key, flushOnExit: false, onLost: (events) => lost.push(events), ...options });
const used = async () => (await new Dues({ url: server.url, key }).check(COUNTER)).used;

/** Runs `test/product.js`, a process that tracks usage, and returns it. */
function product(url, ending) {
  const script = fileURLToPath(new URL("product.js", import.meta.url));
  const child = spawn(process.execPath, [script, url, key, ending], { stdio: ["ignore", "pipe", "inherit"] });
  const output = { text: "" };
  child.stdout.on("data", (data) => (output.text += data));
  const ended = new Promise((resolve) => child.once("exit", (code, signal) => resolve(signal ?? code)));
  return { child, output, ended };
}

test("events are counted once while Dues is killed, cut off, slowed and restarted", async () => {
  const before = await used();
  const dues = client({ batchSize: 50, flushIntervalMs: 5, timeoutMs: 1_000, attemptTimeoutMs: 250 });
  const troubles = [
    () => server.kill(),
    () => (proxy.mode = "cut"),
    () => server.start(),
    () => (proxy.mode = "hold"),
    () => (proxy.mode = "cut"),
    () => (proxy.mode = "pass"),
    () => server.kill("SIGTERM"),
    () => server.start(),
  ];
  let tracked = 0;
  for (const trouble of troubles) {
    const work = setInterval(() => {
      for (let nth = 0; nth < 20; nth += 1) dues.track(COUNTER, 2);
      tracked += 20;
    }, 5);
    const goal = tracked + 400;
    await until(() => tracked >= goal);
    await trouble();
    clearInterval(work);
  }
  proxy.mode = "pass";
  await until(() => dues.flush().then(() => true));
  assert.equal(dues.buffered, 0);
  assert.equal(await used(), before + 2 * tracked);
  assert.deepEqual(lost, []);
  await dues.close();
});

test("an event that is tracked again under its id counts once", async () => {
  const before = await used();
  const dues = client();
  for (let nth = 0; nth < 3; nth += 1) dues.track(COUNTER, 1, { id: "order-7" });
  await dues.flush();
  dues.track(COUNTER, 1, { id: "order-7" });
  await dues.close();
  assert.equal(await used(), before + 1);
});

test("what Dues rejects, and what finds no room, is handed over", async () => {
  const before = await used();
  const dues = client({ maxBuffered: 3 });
  dues.track("tea");
  dues.track(COUNTER);
  await dues.flush();
  assert.deepEqual(
    lost.splice(0).map(({ code, events }) => [code, events.map(({ type }) => type)]),
    [["unknown_feature", ["tea"]]],
  );
  dues.track("tea");
  await dues.flush();
  assert.equal(lost.splice(0)[0].code, "unknown_feature");
  const ids = [1, 2, 3, 4].map(() => dues.track(COUNTER));
  assert.deepEqual(
    lost.splice(0).map(({ code, events }) => [code, events[0].id]),
    [["buffer_full", ids[3]]],
  );
  await dues.close();
  assert.equal(await used(), before + 4);
  dues.track(COUNTER);
  assert.equal(lost.splice(0)[0].code, "closed");
  assert.throws(() => dues.track(COUNTER, 0.5), TypeError);
});

test("a key that is refused hands the events over", async () => {
  const dues = client({ key: "dues_none_none" });
  dues.track(COUNTER);
  await dues.flush();
  assert.deepEqual(
    lost.splice(0).map(({ code, events }) => [code, events.length]),
    [["unauthenticated", 1]],
  );
});

test("while Dues is away, events wait; at the end they are handed over", async () => {
  proxy.mode = "hold";
  const dues = client({ timeoutMs: 100 });
  dues.track(COUNTER);
  await assert.rejects(dues.flush(), DuesUnavailableError);
  assert.equal(dues.buffered, 1);
  await dues.close(200);
  assert.deepEqual(
    lost.splice(0).map(({ code, events }) => [code, events.length]),
    [["dues_unavailable", 1]],
  );
  proxy.mode = "pass";
});

for (const [ending, expected] of [
  ["return", 0],
  ["SIGTERM", "SIGTERM"],
  ["SIGINT", "SIGINT"],
  ["listens", 4],
]) {
  test(`a process that ends by ${ending} sends what waits`, async () => {
    const before = await used();
    const { child, output, ended } = product(server.url, ending);
    if (ending !== "return") {
      await until(() => output.text.includes("tracked"));
      child.kill(ending === "listens" ? "SIGTERM" : ending);
    }
    assert.equal(await ended, expected);
    assert.equal(await used(), before + 2_500);
    assert.doesNotMatch(output.text, /lost/);
  });
}

for (const [ending, expected] of [
  ["exit", 3],
  ["unflushed", 0],
]) {
  test(`a process that ends by ${ending} says what it did not send`, async () => {
    const { output, ended } = product("http://127.0.0.1:9", ending);
    assert.equal(await ended, expected);
    assert.match(output.text, /lost 2500 dues_unavailable/);
  });
}

test("a second signal ends a process that waits for Dues", async () => {
  proxy.mode = "hold";
  const { child, output, ended } = product(proxy.url, "SIGINT");
  await until(() => output.text.includes("tracked"));
  await until(() => child.signalCode !== null || (child.kill("SIGINT"), false));
  assert.equal(await ended, "SIGINT");
  // At once, and not after the ten seconds in which the buffer is sent or handed over.
  assert.doesNotMatch(output.text, /lost/);
  proxy.mode = "pass";
});
