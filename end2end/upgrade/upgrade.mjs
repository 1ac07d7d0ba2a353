// A rolling upgrade: two nodes of one version on one PostgreSQL are replaced, one by one, by nodes of another version,
// under load on all kinds of routes. `make upgrade-test` calls it. It fails if a single request is refused, if something
// acknowledged is missing or stored twice, or if a limit is overshot.
//
//   OLD=FILE        server binary of the version before
//   SERVER=FILE     server binary of the new version [target/release/server]
//   SECONDS_EACH=N  load in each state of the nodes [10]
//   TMPDIR=FOLDER   folder of the database [/var/tmp]
import { accessSync, constants } from "node:fs";
import { join, resolve } from "node:path";
import { setTimeout as pause } from "node:timers/promises";

import { check } from "../failover/checks.mjs";
import { ENDS, Load } from "../failover/load.mjs";
import { Node } from "../failover/nodes.mjs";
import { seed } from "../failover/requests.mjs";
import { Postgres } from "../load/bench/postgres.mjs";
import { aligned } from "../load/bench/table.mjs";
import { serverBinary } from "../load/options.mjs";
import { run } from "../load/run.mjs";
import { Dues } from "../load/server.mjs";

const SECONDS = Number(process.env.SECONDS_EACH || 10);
const MOST_CLIENTS = 10;
const UNLIMITED = Object.fromEntries(["PERSON", "KEY", "ADDRESS", "PAGES"].map((kind) => [`RATE_LIMIT_${kind}`, "0"]));

function oldBinary() {
  if (!process.env.OLD) throw new Error("OLD is missing: it names the server binary of the version before");
  const path = resolve(process.env.OLD);
  accessSync(path, constants.X_OK);
  return path;
}

/** The states of a rolling upgrade, each with the names of the nodes that serve. */
async function upgrade({ dues, folder, fresh, load, say }, first, second) {
  const phases = [];
  const serve = async (name) => {
    say(name);
    const from = load.ended.length;
    await pause(SECONDS * 1000);
    phases.push({ name, requests: load.ended.slice(from) });
  };
  /** Replaces a node as a service manager behind a load balancer does. */
  const replace = async (node, name) => {
    const next = await Node.start(dues, folder, name, fresh);
    load.nodes.push(next.url);
    await serve(`${name} beside ${load.nodes.length - 1} more`);
    await load.leave(node.url);
    await node.stop();
  };
  await serve("two old nodes");
  await replace(first, "new-1");
  await serve("one old node, one new node");
  await replace(second, "new-2");
  await serve("two new nodes");
  return phases;
}

function report(phases) {
  const cells = phases.map(({ name, requests }) => {
    const refused = requests.filter(({ end }) => end !== ENDS.ok);
    const slowest = requests.reduce((most, { ms }) => Math.max(most, ms), 0);
    return [name, requests.length.toLocaleString("en"), String(refused.length), slowest.toFixed(0)];
  });
  return aligned([["nodes", "requests", "refused", "slowest ms"], ...cells]);
}

await run(join(process.env.TMPDIR || "/var/tmp", "dues-upgrade-"), async ({ folder, processes, say }) => {
  const [old, fresh] = [oldBinary(), serverBinary()];
  const database = await Postgres.start(processes, folder, MOST_CLIENTS);
  const dues = await Dues.start(processes, old, folder, database.url, UNLIMITED);
  const [from, first, second] = [await dues.version(), Node.first(dues, "old-1"), await Node.start(dues, folder, "old-2")];
  const seeded = await seed(dues.stage, "upgrade");
  const load = new Load([first.url, second.url], seeded).start();
  const phases = await upgrade({ dues, folder, fresh, load, say }, first, second);
  // From now on the new version's commands and nodes answer.
  dues.stage.server = fresh;
  dues.url = load.nodes[0];
  await load.end();
  const stored = await check(load, seeded, dues, (sql) => database.query(sql, "dues"));
  const refused = load.failures();
  const problems = [...refused.slice(0, 5).map(({ kind, status, text }) => `${kind}: ${status || "no answer"} ${text}`), ...stored.problems];
  console.log(`\nfrom ${from} to ${await dues.version()}; ${database.title}\n\n${report(phases)}\n`);
  console.log(`${stored.acknowledged.toLocaleString("en")} acknowledged, ${stored.lost} lost, ${refused.length} requests refused`);
  for (const problem of problems) console.log(`  ${problem}`);
  if (problems.length > 0 || refused.length > 0) process.exitCode = 1;
});
