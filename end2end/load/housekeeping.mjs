// Measures how long housekeeping delays requests. Fills a database, then runs the server on it in cycles while requests
// are sent. In the first cycle no rows are old; in each of two further cycles some rows of every table are old.
// `make housekeeping` calls it. Fails if a transaction of housekeeping takes more than MOST_TRANSACTION_MS, a request
// takes more than MOST_REQUEST_MS, or a counter is not the sum of its events.
//
//   --engine sqlite|postgres|both  [both]
//   --events N                     rows of the ledger [10000000]
//   --tenants N                    [100000]
//   --messages N                   webhook messages [1000000]
//   --jobs N                       jobs that wait [100000]
//   --due N                        old rows of each table in each further cycle [20000]
//   --seconds N                    of requests in each cycle at least; a cycle ends when housekeeping is done [30]
//   SERVER=FILE                    server binary [target/release/server]
//   TMPDIR=FOLDER                  folder of the databases [/var/tmp]
import { join } from "node:path";
import { performance } from "node:perf_hooks";
import { setTimeout as pause } from "node:timers/promises";
import { parseArgs } from "node:util";

import { Postgres } from "./bench/postgres.mjs";
import { Filler } from "./housekeeping/filler.mjs";
import { ENGINES, serverBinary } from "./options.mjs";
import { ready } from "./processes.mjs";
import { run } from "./run.mjs";
import { Dues } from "./server.mjs";
import { Sqlite } from "./sqlite.mjs";

const MOST_TRANSACTION_MS = 50;
const MOST_REQUEST_MS = 250;
const FURTHER_CYCLES = 2;
/** Housekeeping counts as done after this time without a commit. Runs with a backlog follow each other sooner. */
const DONE_AFTER_MS = 15_000;
const LONGEST_CYCLE_MS = 15 * 60_000;
const PAUSE_MS = 5;
const SLICES = "housekeeping_transaction_seconds";

const DEFAULTS = { engine: "both", events: "10000000", tenants: "100000", messages: "1000000", jobs: "100000", due: "20000", seconds: "30" };

function parse() {
  const options = Object.fromEntries(Object.keys(DEFAULTS).map((name) => [name, { type: "string" }]));
  const { engine, ...given } = { ...DEFAULTS, ...parseArgs({ options }).values };
  const engines = ENGINES[engine];
  const sizes = Object.fromEntries(Object.entries(given).map(([name, value]) => [name, Number(value)]));
  if (!engines || Object.values(sizes).some((size) => !Number.isInteger(size) || size < 1)) {
    console.error("usage: make housekeeping ARGS=\"--engine sqlite|postgres|both --events N --tenants N --messages N --jobs N --due N --seconds N\"");
    process.exit(2);
  }
  return { engines, sizes, server: serverBinary(), folder: process.env.TMPDIR || "/var/tmp" };
}

/** Runs one client per kind of request until `isOver`. Returns the number of requests of each kind, and the slowest. */
async function sendRequests(url, { key, cookie }, isOver) {
  const asKey = { authorization: `Bearer ${key}` };
  const feature = `${url}/api/v1/billing/features/telemetry_events_monthly`;
  const kinds = {
    consume: () => fetch(`${feature}/consume`, { method: "POST", headers: { ...asKey, "content-type": "application/json" }, body: '{"amount":1}' }),
    check: () => fetch(`${feature}/check`, { headers: asKey }),
    page: () => fetch(`${url}/membership`, { headers: { cookie, accept: "text/html" } }),
  };
  const client = async ([kind, send]) => {
    const seen = { kind, count: 0, slowest: 0 };
    while (!isOver()) {
      const begun = performance.now();
      const answer = await send().catch((error) => {
        // Requests fail until the server listens. The time that the server takes to start does not count as latency.
        if (seen.count > 0) throw error;
      });
      await answer?.arrayBuffer();
      if (answer) {
        if (!answer.ok) throw new Error(`${kind} answers ${answer.status}`);
        seen.count++;
        seen.slowest = Math.max(seen.slowest, performance.now() - begun);
      }
      await pause(PAUSE_MS);
    }
    return seen;
  };
  return Promise.all(Object.entries(kinds).map(client));
}

/** The transactions of housekeeping so far, by task: how many, and an upper bound of the longest in milliseconds. */
async function transactions(dues) {
  const text = await (await fetch(dues.metricsUrl)).text();
  const tasks = new Map();
  for (const [, task, bound, count] of text.matchAll(new RegExp(`^${SLICES}_bucket\\{task="(\\w+)",le="([^"]+)"\\} (\\d+)$`, "gm"))) {
    const buckets = tasks.get(task) ?? [];
    buckets.push([bound === "+Inf" ? Infinity : Number(bound) * 1000, Number(count)]);
    tasks.set(task, buckets);
  }
  return [...tasks].map(([task, buckets]) => {
    const count = Math.max(...buckets.map(([, within]) => within));
    return { task, count, longest: Math.min(...buckets.filter(([, within]) => within === count).map(([bound]) => bound)) };
  });
}

const total = (tasks) => tasks.reduce((sum, { count }) => sum + count, 0);

/** Starts the server, sends requests until housekeeping is done, and stops the server. */
async function cycle(dues, caller, seconds, binary, folder) {
  let isOver = false;
  const begun = performance.now();
  const log = join(folder, "server.log");
  dues.server = dues.processes.start(binary, ["serve"], { env: dues.stage.settings, log });
  const requests = sendRequests(dues.url, caller, () => isOver);
  // The `await` below reports an error. This handler prevents an unhandled rejection until then.
  requests.catch(() => {});
  try {
    await ready(dues.server, "the server", async () => (await fetch(`${dues.url}/readyz`)).ok);
    let [tasks, changed] = [[], performance.now()];
    for (;;) {
      await Promise.race([pause(1000), requests]);
      const now = await transactions(dues);
      if (total(now) !== total(tasks)) changed = performance.now();
      tasks = now;
      const [passed, idle] = [performance.now() - begun, performance.now() - changed];
      if (passed > seconds * 1000 && idle > DONE_AFTER_MS) break;
      if (passed > LONGEST_CYCLE_MS) throw new Error("housekeeping does not end");
    }
    isOver = true;
    return { tasks, requests: await requests, seconds: (performance.now() - begun) / 1000 };
  } finally {
    isOver = true;
    await requests.catch(() => {});
    await dues.processes.stop(dues.server);
  }
}

function report(title, { tasks, requests, seconds }) {
  console.log(`\n${title}, ${seconds.toFixed(0)} s`);
  for (const { kind, count, slowest } of requests) {
    console.log(`  ${kind.padEnd(20)} ${String(count).padStart(8)} requests, slowest ${slowest.toFixed(1)} ms`);
  }
  for (const { task, count, longest } of tasks) {
    console.log(`  ${task.padEnd(20)} ${String(count).padStart(8)} transactions, none over ${longest} ms`);
  }
  const isSlow = requests.some(({ slowest }) => slowest > MOST_REQUEST_MS) || tasks.some(({ longest }) => longest > MOST_TRANSACTION_MS);
  if (isSlow) process.exitCode = 1;
}

async function measure(engine, { sizes, server }, folder, processes, say) {
  const database = engine === "sqlite" ? new Sqlite(folder) : await Postgres.start(processes, folder, 10);
  const unlimited = Object.fromEntries(["PERSON", "KEY", "ADDRESS", "PAGES"].map((kind) => [`RATE_LIMIT_${kind}`, "0"]));
  const dues = await Dues.start(processes, server, folder, database.url, unlimited);
  const email = "ada@housekeeping.test";
  const { key } = await dues.stage.tenant("Acme", email, "enterprise", "read,usage");
  const caller = { key, cookie: await dues.stage.session(email) };
  await processes.stop(dues.server);
  const filler = new Filler(engine, database, processes);
  say(`${engine}: inserting ${sizes.events} events, ${sizes.messages} messages, ${sizes.jobs} jobs of ${sizes.tenants} tenants`);
  await filler.fill(sizes);
  await database.rest?.();
  report(`${database.title}: start, nothing is old`, await cycle(dues, caller, sizes.seconds, server, folder));
  for (let number = 1; number <= FURTHER_CYCLES; number++) {
    await filler.age(number, sizes);
    const measured = await cycle(dues, caller, sizes.seconds, server, folder);
    report(`${database.title}: cycle ${number}, ${sizes.due} old rows of each table`, measured);
    // Without measurements no transaction would count as slow.
    if (measured.tasks.length === 0) throw new Error(`/metrics has no ${SLICES} by bucket`);
    const left = await filler.oldRows();
    if (left > 0) throw new Error(`${left} old rows are left`);
  }
  const wrong = await filler.wrongCounters();
  if (wrong > 0) throw new Error(`${wrong} counters are not the sum of their events`);
  await processes.stop(dues.sandbox);
  await database.stop?.();
}

const given = parse();
for (const engine of given.engines) {
  await run(join(given.folder, "dues-housekeeping-"), ({ folder, processes, say }) => measure(engine, given, folder, processes, say));
}
