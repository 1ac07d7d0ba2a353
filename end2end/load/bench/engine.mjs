// A benchmark run on one database engine.
import { chmodSync, mkdtempSync } from "node:fs";
import { join } from "node:path";

import { Counts } from "./counts.mjs";
import { Meter } from "../meter.mjs";
import { Postgres } from "./postgres.mjs";
import { appends, pgbench } from "./references.mjs";
import { Rounds } from "./rounds.mjs";
import { Dues } from "../server.mjs";
import { Sqlite } from "../sqlite.mjs";
import { events, exhaust, workloads } from "./workloads.mjs";
import { Wrk, newRun } from "./wrk.mjs";

const ROWS_A_REQUEST = 500;

export async function measure(engine, options, processes, folder, say) {
  const { connections, tenants, rows } = options;
  const home = mkdtempSync(join(folder, `${engine}-`));
  // PostgreSQL's data folder is inside, and PostgreSQL may run as another user.
  chmodSync(home, 0o711);
  const isPostgres = engine === "postgres";
  const database = isPostgres ? await Postgres.start(processes, home, Math.max(...connections)) : new Sqlite(home);
  // A few users load pages as fast as possible, so the rate limit of pages is lifted.
  const dues = await Dues.start(processes, options.server, home, database.url, { RATE_LIMIT_PAGES: "0" });
  const counts = new Counts(dues);

  say(`${engine}: seeding ${tenants} tenants and ${rows} rows`);
  const seeded = await dues.stage.seed(tenants);
  await counts.send(events(seeded.keys, ROWS_A_REQUEST), newRun(), Math.ceil(rows / ROWS_A_REQUEST));
  await counts.send(exhaust(seeded.limited), newRun(), seeded.limited.length);
  await database.rest?.();

  const references = [appends(home), ...(isPostgres ? await pgbench(database, home, connections) : [])];
  const [wrk, meter] = [new Wrk(processes, home, dues), new Meter(dues, database)];
  const rounds = new Rounds({ dues, database, counts, wrk, meter, workloads: workloads(seeded), references, connections, say });
  await rounds.warmUp();
  await rounds.run(options.rounds, options.seconds);

  const counted = await counts.check();
  await dues.stop();
  await database.stop?.();
  const { plan, answers } = rounds;
  return { title: `Dues ${await dues.version()} on ${database.title}`, plan, answers, counted, repeats: meter.repeats };
}
