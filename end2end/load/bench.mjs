// Loads a server with what products and providers ask of it, beside references on the same machine, and prints what that costs.
// `make bench` calls it; options.mjs tells how.
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { constants, cpus, release } from "node:os";
import { join } from "node:path";

import { measure } from "./engine.mjs";
import { USAGE, options } from "./options.mjs";
import { Processes } from "./processes.mjs";
import { LEGEND, report, summary } from "./table.mjs";

const say = (line) => console.error(line);

function told() {
  try {
    return options();
  } catch (error) {
    say(`${error.message}\n\n${USAGE}`);
    process.exit(2);
  }
}

const given = told();
const folder = mkdtempSync(join(given.folder, "dues-bench-"));
chmodSync(folder, 0o711);
const processes = new Processes();

let ending;
function end() {
  ending ??= processes.stopAll().finally(() => rmSync(folder, { recursive: true, force: true }));
  return ending;
}

for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) {
  process.on(signal, async () => {
    if (!ending) say("stopping");
    await end();
    process.exit(128 + constants.signals[signal]);
  });
}

async function machine() {
  const disk = (await processes.run("df", ["--output=fstype", folder])).trim().split("\n").at(-1);
  const [processors] = [cpus()];
  return `${processors.length} processors (${processors[0].model.trim()}), Linux ${release()}, ${disk}`;
}

try {
  const command = `make bench ARGS="${process.argv.slice(2).join(" ")}"`;
  const head = `${command}\n${await machine()}; medians of ${given.rounds} rounds of ${given.seconds} s`;
  const found = [];
  for (const engine of given.engines) {
    found.push(await measure(engine, given, processes, folder, say));
    console.log(`\n${head}\n\n${report(found.at(-1))}\n\n${LEGEND}\n`);
  }
  if (given.json) {
    const engines = found.map(({ plan, ...rest }) => ({
      ...rest,
      medians: summary(plan),
      rounds: plan.map(({ name, connections, cells }) => ({ name, connections, cells })),
    }));
    writeFileSync(given.json, `${JSON.stringify({ head, engines }, null, 2)}\n`);
  }
} catch (error) {
  // What breaks because the run is being stopped is no failure.
  if (!ending) {
    say(`\n${error.message}`);
    process.exitCode = 1;
  }
} finally {
  await end();
}
