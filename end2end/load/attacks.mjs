// Runs attacks one after another, each on a new server with default limits, while a user signs in repeatedly from a
// known and from a new device. `make attacks` calls it. It fails if a login is refused, or its p99 reaches MOST_MS.
// For attacks that look like logins from new devices (isOfLogins), only the known device counts.
//
//   SERVER=FILE     server binary [target/release/server]
//   SECONDS_EACH=N  duration of each attack [10]
//   ONLY=TEXT       run only attacks whose name contains TEXT
//   TMPDIR=FOLDER   folder of the databases; logins wait for its disk [/var/tmp]
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { Worker } from "node:worker_threads";
import { fileURLToPath } from "node:url";

import { ATTACKS } from "./attacks/list.mjs";
import { Meter } from "./meter.mjs";
import { options } from "./options.mjs";
import { run } from "./run.mjs";
import { Dues } from "./server.mjs";
import { Sqlite } from "./sqlite.mjs";
import { password } from "./stage.mjs";
import { aligned } from "./bench/table.mjs";

const MOST_MS = 100;
const SECONDS = Number(process.env.SECONDS_EACH || 10);
const EMAIL = "ada@acme.test";
/** Pause between seeding and the attack. */
const REST_MS = 1000;

const script = (name) => fileURLToPath(new URL(`attacks/${name}.mjs`, import.meta.url));

/** Starts the attack in a thread, and resolves once it is running. */
function attacker(name, port, seeded) {
  const worker = new Worker(script("attacker"), { workerData: { name, port, seeded } });
  return new Promise((resolve, reject) => {
    worker.once("error", reject);
    worker.once("message", () => resolve(worker));
  });
}

/** Ends the attack, and returns what it sent and the responses it got. */
async function ended(worker) {
  const report = new Promise((resolve) => worker.once("message", resolve));
  worker.postMessage("end");
  const result = await report;
  await worker.terminate();
  return result;
}

async function measure(attack, { server, processes, folder }) {
  const home = join(folder, attack.name.replaceAll(/\W+/g, "-"));
  mkdirSync(home);
  const settings = await attack.settings?.();
  const program = attack.program?.(server, home) ?? server;
  const dues = await Dues.start(processes, program, home, new Sqlite(home).url, settings);
  try {
    await dues.stage.tenant("Acme", EMAIL, "pro", "read");
    const device = (await dues.stage.session(EMAIL)).split("; ").find((cookie) => cookie.includes("dues_device"));
    const seeded = await attack.seed?.(dues);
    await pause(REST_MS);
    const meter = new Meter(dues, {});
    const worker = await attacker(attack.name, dues.port, seeded);
    const spent = await meter.spent(async () => {
      const words = [script("probe"), dues.port, SECONDS, JSON.stringify({ email: EMAIL, password }), device];
      const [said, note] = await Promise.all([
        processes.run(process.execPath, words.map(String)),
        attack.beside?.(dues, seeded, SECONDS),
      ]);
      return { ...JSON.parse(said), note };
    });
    return { ...attack, ...spent, ...(await ended(worker)) };
  } finally {
    attack.end?.();
    await dues.stop();
  }
}

/** The percentile `part` (0 to 1) of the latencies in milliseconds. */
function percentile(answers, part) {
  const sorted = answers.map(({ ms }) => ms).toSorted((one, other) => one - other);
  return sorted[Math.max(0, Math.ceil(part * sorted.length) - 1)];
}

const refused = (logins) => logins.map(({ status }) => status).filter((status) => status !== "200");
const fails = (logins) => refused(logins).length > 0 || percentile(logins, 0.99) >= MOST_MS;
const ms = (value) => value.toFixed(0);
const percent = (value) => `${(value * 100).toFixed(0)} %`;
const counts = (answers) => Object.entries(answers).map(([status, count]) => `${count} × ${status}`).join(", ");

/** Columns about the logins from one kind of device. */
const ofLogins = (title, which) => [
  [`${title} p50 ms`, (row) => ms(percentile(row[which], 0.5))],
  ["p99", (row) => ms(percentile(row[which], 0.99))],
  ["most", (row) => ms(percentile(row[which], 1))],
  ["refused", (row) => [`${refused(row[which]).length} of ${row[which].length}`, ...new Set(refused(row[which]))].join(", ")],
];

const COLUMNS = [
  ["attack", ({ name }) => name],
  ...ofLogins("login", "known"),
  ...ofLogins("new device", "fresh"),
  ["healthz most ms", ({ healthz }) => ms(percentile(healthz, 1))],
  ["server", ({ server, seconds }) => percent(server / seconds)],
  ["attacker", ({ client }) => percent(client)],
  ["others", ({ noise }) => percent(noise)],
  ["sent", ({ sent }) => sent.toLocaleString("en")],
];

function table(rows) {
  const cells = [COLUMNS.map(([title]) => title), ...rows.map((row) => COLUMNS.map(([, cell]) => cell(row)))];
  const answers = ["answers", ...rows.map((row) => counts(row.answers) + (row.open ? `; ${row.open} connections held` : ""))];
  return aligned(cells).split("\n").map((line, at) => `${line}  ${answers[at]}`.trimEnd()).join("\n");
}

const { server, folder: parent } = options();
await run(join(parent, "dues-attacks-"), async ({ folder, processes, say }) => {
  const rows = [];
  const leftOut = [];
  for (const attack of ATTACKS.filter(({ name }) => name.includes(process.env.ONLY ?? ""))) {
    say(`${attack.name}: ${attack.about}`);
    const obstacle = await attack.obstacle?.();
    if (obstacle) {
      leftOut.push(`${attack.name}: left out, as ${obstacle}`);
      continue;
    }
    const row = await measure(attack, { server, processes, folder });
    rows.push(row);
    say(`${table([row])}\n`);
  }
  console.log(table(rows));
  const notes = rows.filter(({ note }) => note).map(({ name, note }) => `${name}: ${note}`);
  for (const line of [...notes, ...leftOut]) console.log(line);
  console.log(`\nserver, attacker, others: of one processor. ${SECONDS} s each.`);
  const failed = rows.filter(({ known, fresh, isOfLogins }) => fails(known) || (!isOfLogins && fails(fresh)));
  if (failed.length > 0) {
    console.log(`Above ${MOST_MS} ms or refused: ${failed.map(({ name }) => name).join("; ")}`);
    process.exitCode = 1;
  }
});
