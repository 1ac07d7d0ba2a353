// Two nodes of Dues on a PostgreSQL cluster of Patroni, under load on all kinds of routes, while the cluster and the
// nodes fail in several ways. `make failover` calls it. It fails if something acknowledged is missing or stored twice,
// if a limit is overshot, if an error is not a 503, or if requests still fail WORKS_WITHIN_MS after the new primary.
//
//   SERVER=FILE    server binary [target/release/server]
//   ONLY=TEXT      only scenarios whose name contains TEXT
//   JSON=FILE      file for all figures
//   TMPDIR=FOLDER  folder of logs and of etcd [/var/tmp]
//
// It needs root, for network namespaces and small disks. Without, the scenarios that need them are left out.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";

import { aligned } from "../load/bench/table.mjs";
import { serverBinary } from "../load/options.mjs";
import { run } from "../load/run.mjs";
import { Dues } from "../load/server.mjs";
import { check } from "./checks.mjs";
import { Cluster } from "./cluster.mjs";
import { ENDS, Load } from "./load.mjs";
import { Node } from "./nodes.mjs";
import { seed } from "./requests.mjs";
import { SCENARIOS } from "./scenarios.mjs";

const WORKS_WITHIN_MS = 30_000;
/** Load before the fault. */
const BEFORE_MS = 5_000;
const UNLIMITED = Object.fromEntries(["PERSON", "KEY", "ADDRESS", "PAGES"].map((kind) => [`RATE_LIMIT_${kind}`, "0"]));

const count = (requests, end) => requests.filter((request) => request.end === end).length;

/** The problems of a scenario's requests. A node that is paused may leave requests without an answer. */
function problemsOf(load, { primaryAt }, silentNode) {
  const problems = [];
  const isExcused = ({ end, node }) => end === ENDS.silent && node === silentNode;
  const bad = load.failures().filter((request) => request.end !== ENDS.unavailable && !isExcused(request));
  for (const { kind, status, text } of bad.slice(0, 5)) problems.push(`${kind}: ${status || "no answer"} ${text}`);
  if (bad.length > 5) problems.push(`${bad.length - 5} more like these`);
  const late = load.lastFailureAt() - primaryAt;
  if (late > WORKS_WITHIN_MS) problems.push(`requests still fail ${(late / 1000).toFixed(1)} s after the new primary`);
  for (const { name } of load.kinds) {
    const isBack = load.ended.some(({ kind, end, at }) => kind === name && end === ENDS.ok && at > load.lastFailureAt());
    if (!isBack) problems.push(`${name} does not work again`);
  }
  return problems;
}

async function measure(scenario, bed, number) {
  const { cluster, dues, nodes } = bed;
  const seeded = await seed(dues.stage, `scenario-${number}`);
  const load = new Load(nodes.map(({ url }) => url), seeded).start();
  await pause(BEFORE_MS);
  const silentNode = scenario.silent?.(bed);
  let times;
  try {
    times = await scenario.run({ ...bed, load });
  } finally {
    cluster.restore();
    await load.end();
  }
  const stored = await check(load, seeded, dues, (sql) => cluster.query(sql));
  const failed = load.lastFailureAt();
  return {
    name: scenario.name,
    requests: load.ended.length,
    ok: count(load.ended, ENDS.ok),
    unavailable: count(load.ended, ENDS.unavailable),
    silent: count(load.ended, ENDS.silent),
    wrong: count(load.ended, ENDS.wrong),
    primaryAfterMs: times.primaryAt - times.faultAt,
    worksAfterMs: Math.max(0, failed - times.primaryAt),
    outageMs: Math.max(0, failed - times.faultAt),
    slowestMs: Math.max(...load.ended.filter(({ end }) => end === ENDS.ok).map(({ ms }) => ms)),
    ...stored,
    problems: [...problemsOf(load, times, silentNode), ...stored.problems],
  };
}

const whole = (value) => value.toLocaleString("en");
const seconds = (value) => (value / 1000).toFixed(1);
const COLUMNS = [
  ["scenario", ({ name }) => name],
  ["requests", ({ requests }) => whole(requests)],
  ["503", ({ unavailable }) => whole(unavailable)],
  ["no answer", ({ silent }) => whole(silent)],
  ["other errors", ({ wrong }) => whole(wrong)],
  ["new primary s", ({ primaryAfterMs }) => seconds(primaryAfterMs)],
  ["works s after", ({ worksAfterMs }) => seconds(worksAfterMs)],
  ["slowest s", ({ slowestMs }) => seconds(slowestMs)],
  ["acknowledged", ({ acknowledged }) => whole(acknowledged)],
  ["lost", ({ lost }) => whole(lost)],
  ["over the limit", ({ over }) => whole(over)],
];

const table = (rows) => aligned([COLUMNS.map(([title]) => title), ...rows.map((row) => COLUMNS.map(([, cell]) => cell(row)))]);

const LEGEND = `\
new primary s: from the fault until Patroni reports another primary; for a slow disk and a paused node, how long it lasted.
works s after: from then until the last error. slowest s: of the requests that succeeded. acknowledged: events, consumes and
webhooks that were answered with success; lost: those that are not in the database.`;

const server = serverBinary();
await run(join(process.env.TMPDIR || "/var/tmp", "dues-failover-"), async ({ folder, processes, say }) => {
  const cluster = await Cluster.start(processes, folder, say);
  const dues = await Dues.start(processes, server, folder, cluster.url, UNLIMITED);
  const nodes = [Node.first(dues, "node 1"), await Node.start(dues, folder, "node-2")];
  const bed = { cluster, dues, nodes };
  const rows = [];
  try {
    for (const [number, scenario] of SCENARIOS.entries()) {
      if (!scenario.name.includes(process.env.ONLY ?? "")) continue;
      const obstacle = scenario.obstacle?.(bed);
      if (obstacle) {
        say(`${scenario.name}: left out, as ${obstacle}`);
        continue;
      }
      say(scenario.name);
      await cluster.healthy();
      const row = await measure(scenario, bed, number + 1);
      rows.push(row);
      for (const problem of row.problems) say(`  ${problem}`);
    }
  } finally {
    cluster.restore();
    await processes.stopAll();
    cluster.remove();
  }
  console.log(`\nPostgreSQL ${cluster.version}, 3 members, synchronous_mode_strict; 2 nodes of Dues; HAProxy\n\n${table(rows)}\n\n${LEGEND}`);
  if (process.env.JSON) writeFileSync(process.env.JSON, JSON.stringify(rows, undefined, 2));
  if (rows.length === 0 || rows.some(({ problems }) => problems.length > 0)) process.exitCode = 1;
});
