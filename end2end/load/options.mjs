// Command-line options of the benchmark.
import { accessSync, constants } from "node:fs";
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

export const USAGE = `\
make bench ARGS="…"                 [default]
  --engine sqlite|postgres|both     [both]
  --tenants N                       with a key each [1000]
  --rounds N                        each runs every workload and reference once [5]
  --seconds N                       of each burst [5]
  --connections N,N…                concurrent clients; several numbers are measured separately [32]
  --rows N                          ledger rows to insert before measuring, 500 per request [0]
  --json FILE                       file for all figures of all rounds
SERVER=FILE                         server binary [built, target/release/server]
TMPDIR=FOLDER                       folder of the databases; its disk bounds durable writes [/var/tmp]`;

export const ENGINES = { sqlite: ["sqlite"], postgres: ["postgres"], both: ["sqlite", "postgres"] };
const DEFAULTS = { engine: "both", tenants: "1000", rounds: "5", seconds: "5", connections: "32", rows: "0" };

export function options() {
  const known = [...Object.keys(DEFAULTS), "json"].map((name) => [name, { type: "string" }]);
  const given = { ...DEFAULTS, ...parseArgs({ options: Object.fromEntries(known) }).values };
  const number = (name, least, value = given[name]) => {
    if (!/^\d+$/.test(value) || Number(value) < least) throw new Error(`--${name} is a whole number, ${least} at least`);
    return Number(value);
  };
  if (!ENGINES[given.engine]) throw new Error(`--engine is one of ${Object.keys(ENGINES).join(", ")}`);
  return {
    engines: ENGINES[given.engine],
    tenants: number("tenants", 1),
    rounds: number("rounds", 1),
    seconds: number("seconds", 1),
    connections: given.connections.split(",").map((value) => number("connections", 1, value)),
    rows: number("rows", 0),
    json: given.json,
    server: serverBinary(),
    // /tmp may be in memory, where fsync costs nothing.
    folder: process.env.TMPDIR || "/var/tmp",
  };
}

/** The program that SERVER names. */
export function serverBinary() {
  const path = resolve(process.env.SERVER || fileURLToPath(new URL("../../target/release/server", import.meta.url)));
  try {
    accessSync(path, constants.X_OK);
  } catch {
    throw new Error(`SERVER is wrong: it expects a program, and ${path} is none`);
  }
  return path;
}
