// Benchmark: loads a server with the requests of products and providers, and prints throughput, latency and CPU time
// beside references on the same machine. `make bench` calls it. options.mjs documents the options.
import { writeFileSync } from "node:fs";
import { cpus, release } from "node:os";
import { join } from "node:path";

import { measure } from "./bench/engine.mjs";
import { USAGE, options } from "./options.mjs";
import { run } from "./run.mjs";
import { LEGEND, report, summary } from "./bench/table.mjs";

function parseOptions() {
  try {
    return options();
  } catch (error) {
    console.error(`${error.message}\n\n${USAGE}`);
    process.exit(2);
  }
}

const given = parseOptions();

async function machine(processes, folder) {
  const disk = (await processes.run("df", ["--output=fstype", folder])).trim().split("\n").at(-1);
  const [processors] = [cpus()];
  return `${processors.length} processors (${processors[0].model.trim()}), Linux ${release()}, ${disk}`;
}

await run(join(given.folder, "dues-bench-"), async ({ folder, processes, say }) => {
  const command = `make bench ARGS="${process.argv.slice(2).join(" ")}"`;
  const head = `${command}\n${await machine(processes, folder)}; medians of ${given.rounds} rounds of ${given.seconds} s`;
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
});
