// The results as text.
import { ONE_ROW } from "./references.mjs";
import { HEALTHZ, ONE_TENANT } from "./workloads.mjs";

function median(values) {
  const sorted = values.toSorted((one, other) => one - other);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** The medians of every workload and reference. Ratios are computed within each round. */
export function summary(plan) {
  return plan.map(({ name, connections, workload, cells }) => {
    const medians = Object.keys(cells[0]).map((what) => [what, median(cells.map((cell) => cell[what]))]);
    const over = (other, what) => {
      const others = plan.find((one) => one.name === other && one.connections === connections)?.cells;
      return others && median(cells.map((cell, round) => cell[what] / others[round][what]));
    };
    return {
      name,
      connections,
      ...Object.fromEntries(medians),
      ...(workload && { healthz: over(HEALTHZ, "cpu") }),
      ...(name === ONE_TENANT && { pgbench: over(ONE_ROW, "rate") }),
      ...(workload?.beside && {
        beside: { name: workload.beside, cpu: over(workload.beside, "cpu"), rate: over(workload.beside, "rate") },
      }),
    };
  });
}

const whole = (value) => Math.round(value).toLocaleString("en");
const digits = (count) => (value) => value.toFixed(count);

/** Aligns rows of cells in columns. All columns but the first are right-aligned. */
export function aligned(lines) {
  const widths = lines[0].map((_, at) => Math.max(...lines.map((line) => line[at].length)));
  const pad = (cell, at) => (at ? cell.padStart(widths[at]) : cell.padEnd(widths[at]));
  return lines.map((line) => line.map(pad).join("  ").trimEnd()).join("\n");
}

const COLUMNS = [
  ["clients", "connections", whole],
  ["a second", "rate", whole],
  ["CPU µs", "cpu", digits(1)],
  ["of it database", "databaseCpu", digits(1)],
  ["x /healthz", "healthz", digits(2)],
  ["p50 ms", "p50", digits(2)],
  ["p90 ms", "p90", digits(2)],
  ["p99 ms", "p99", digits(2)],
  ["a commit", "perCommit", digits(1)],
  ["client", "client", digits(2)],
  ["others", "noise", digits(2)],
];

function table(rows) {
  // An embedded database has no separate CPU time.
  const shown = COLUMNS.filter(([, what]) => what !== "databaseCpu" || rows.some((row) => row[what] > 0));
  const text = (row) => [row.name, ...shown.map(([, what, format]) => (row[what] === undefined ? "" : format(row[what])))];
  return aligned([["", ...shown.map(([title]) => title)], ...rows.map(text)]);
}

/** The table, with the checks made and the noise on the machine. */
export function report({ title, plan, counted, answers, repeats }) {
  const rows = summary(plan);
  const noise = plan.flatMap(({ cells }) => cells.map((cell) => cell.noise));
  const besides = rows
    .filter(({ pgbench }) => pgbench)
    .map(({ name, connections, pgbench }) => `${name}, ${connections} clients: ${pgbench.toFixed(2)} times as many a second as ${ONE_ROW}.\n`);
  const compared = rows
    .filter(({ beside }) => beside)
    .map(
      ({ name, connections, beside }) =>
        `${name}, ${connections} clients: ${beside.cpu.toFixed(2)} times the CPU of ${beside.name}, ${beside.rate.toFixed(2)} times as many a second.\n`,
    );
  return `\
${title}

${table(rows)}

${[...besides, ...compared].join("")}${whole(answers)} responses, all as expected. ${whole(counted)} counted: each counter equals what was sent to it, and
\`server usage verify\` agrees. Other processes kept ${median(noise).toFixed(2)} processors busy in the median, ${Math.max(...noise).toFixed(2)} at most; bursts
repeated for that: ${repeats}.`;
}

export const LEGEND = `\
a second, CPU, a commit: per event, of which a request may carry many. CPU: user and system time of the server and its
database; for pgbench, of the database. x /healthz: ratio of CPU within the round. a commit: events per writing transaction.
client, others: processors used by the load generator and by other processes; with a client near 1, wrk was the limit.`;
