// Runs every workload and reference in rounds, alternately forwards and backwards, so that their order causes no bias.
import { newRun } from "./wrk.mjs";

const WARM_UP_BURSTS = 12;
const WARM_UP_SECS = 1;
/** A request about a thousand tenants can take seconds beside others. */
const LONG_WARM_UP_SECS = 5;
/** Warm-up ends once two bursts in a row are not faster than the best burst before by this factor. */
const GAIN = 1.05;

export class Rounds {
  answers = 0;

  /** `references` may have a number of `connections`. */
  constructor({ workloads, references, connections, ...rest }) {
    Object.assign(this, rest);
    const loads = connections.flatMap((clients) =>
      workloads.map((workload) => ({ name: workload.name, connections: clients, workload })),
    );
    this.plan = [...loads, ...references].map((one) => ({ ...one, cells: [] }));
  }

  async warmUp() {
    for (const one of this.plan) {
      let [best, calm] = [0, 0];
      for (let burst = 0; burst < WARM_UP_BURSTS && calm < 2; burst++) {
        const { rate } = await this.#burst(one, one.workload?.spread ? LONG_WARM_UP_SECS : WARM_UP_SECS);
        calm = rate < GAIN * best ? calm + 1 : 0;
        best = Math.max(best, rate);
      }
      this.say(`warm    ${label(one)}`);
    }
  }

  async run(rounds, seconds) {
    for (let round = 1; round <= rounds; round++) {
      for (const one of round % 2 ? this.plan : this.plan.toReversed()) {
        const cell = await this.meter.quietest(() => this.#burst(one, seconds));
        one.cells.push(cell);
        const rate = Math.round(cell.rate).toLocaleString("en");
        this.say(`round ${round} ${label(one).padEnd(40)} ${rate.padStart(9)} a second, others ${cell.noise.toFixed(2)}`);
      }
    }
  }

  async #burst(one, seconds) {
    if (one.workload) return this.#load(one, seconds);
    const spent = await this.meter.spent(() => one.run(seconds, one.connections));
    const { rate, databaseCpu, client, noise } = cell(spent, 1);
    // Dues is idle meanwhile, and the disk reference has no database.
    return { rate, ...(one.connections && { cpu: databaseCpu, databaseCpu }), client, noise };
  }

  async #load({ workload, connections }, seconds) {
    const { dues, database, wrk, counts, meter } = this;
    workload.prepare?.(seconds);
    const run = newRun();
    const words = wrk.prepare(workload, run, connections, seconds);
    const [statuses, commits] = [await dues.statuses(), await database.commits()];
    const spent = await meter.spent(() => wrk.burst(words));
    const written = (await database.commits()) - commits;
    mustBeAsExpected(workload, spent, statuses, await dues.statuses());
    this.answers += spent.answers;
    await counts.settle(workload, run, spent.made, connections);
    if (workload.prepare && spent.made > workload.rows.length) {
      // More requests were made than rows signed, so some rows were sent twice. Sign more rows and start again.
      workload.pace = Math.ceil((2 * spent.made) / seconds);
      return this.#load({ workload, connections }, seconds);
    }
    const measured = cell(spent, workload.counts || 1);
    return workload.counts ? { ...measured, perCommit: (spent.answers * workload.counts) / written } : measured;
  }
}

const label = ({ name, connections }) => (connections ? `${name}, ${connections} clients` : name);

/** Figures per event. Each response stands for `events` events. */
function cell({ answers, micros, p50, p90, p99, server, database, client, noise }, events) {
  const all = answers * events;
  const each = (seconds) => (seconds * 1e6) / all;
  const latency = p50 && { p50: p50 / 1000, p90: p90 / 1000, p99: p99 / 1000 };
  return { rate: all / (micros / 1e6), cpu: each(server + database), databaseCpu: each(database), ...latency, client, noise };
}

function mustBeAsExpected({ name, status }, { answers, refused, broken }, before, after) {
  const others = [...after].filter(([other, count]) => other !== status && count !== (before.get(other) ?? 0));
  if (answers === 0 || broken > 0 || refused !== (status < 400 ? 0 : answers) || others.length > 0) {
    const counted = others.map(([other, count]) => `${count - (before.get(other) ?? 0)} times ${other}`).join(", ");
    throw new Error(
      `${name}: ${answers} answers, ${refused} of them refusals, where ${status} was expected; ` +
        `${broken} connections broke or waited too long; by the server's own count: ${counted || "no other status"}`,
    );
  }
}
