// What happens to the cluster and to the nodes. `run` does it and undoes it, and returns times in milliseconds since
// the epoch: `faultAt`, and `primaryAt`, when a new primary was seen (or when the fault ended, where there is none).
import { setTimeout as pause } from "node:timers/promises";

const FAILS_OVER_WITHIN_MS = 90_000;
/** A scenario goes on until no request has failed for this time. */
const QUIET_MS = 10_000;
const QUIET_WITHIN_MS = 120_000;
/** Longer than Patroni's `ttl`, so that a standby takes over. */
const PRIMARY_PAUSED_MS = 40_000;
/** Longer than the 10 seconds after which PostgreSQL ends the transactions of a node that stands still. */
const NODE_PAUSED_MS = 20_000;
const SLOW_MS = 300;
const SLOW_FOR_MS = 20_000;

/** Does `fault` to the primary, waits for the next one and for quiet, and undoes it. */
async function failover({ cluster, load }, fault, undo) {
  const former = await cluster.primary();
  const faultAt = Date.now();
  await fault(former);
  const primaryAt = await cluster.newPrimary(former, FAILS_OVER_WITHIN_MS);
  if (!primaryAt) throw new Error(`no new primary within ${FAILS_OVER_WITHIN_MS / 1000} s`);
  await load.quiet(QUIET_MS, QUIET_WITHIN_MS);
  await undo(former);
  await cluster.healthy();
  return { faultAt, primaryAt };
}

export const SCENARIOS = [
  {
    name: "primary killed",
    run: (bed) => failover(bed, (primary) => primary.kill(), (primary) => bed.cluster.revive(primary)),
  },
  {
    name: "primary cut off",
    obstacle: ({ cluster }) => !cluster.network.isSeparate && "network namespaces are not allowed here",
    run: (bed) => failover(bed, (primary) => primary.host.cut(), (primary) => primary.host.heal()),
  },
  {
    name: "switchover",
    run: (bed) => failover(bed, () => bed.cluster.switchover(), () => {}),
  },
  {
    name: "disk full",
    obstacle: ({ cluster }) => !cluster.members.every(({ hasDisk }) => hasDisk) && "no file system can be mounted here",
    run: (bed) => failover(bed, (primary) => primary.fillDisk(), (primary) => primary.emptyDisk()),
  },
  {
    name: "primary paused",
    /** The primary that comes back finds another one. What it had acknowledged alone would be lost. */
    run: (bed) =>
      failover(
        bed,
        (primary) => primary.pause(),
        async (primary) => {
          await pause(Math.max(0, PRIMARY_PAUSED_MS - QUIET_MS));
          primary.resume();
          await bed.load.quiet(QUIET_MS, QUIET_WITHIN_MS);
        },
      ),
  },
  {
    name: "disk slow",
    obstacle: ({ cluster }) => !cluster.shim && "no C compiler is installed",
    async run({ cluster, load }) {
      const primary = await cluster.primary();
      const faultAt = Date.now();
      primary.slowDown(SLOW_MS);
      await pause(SLOW_FOR_MS);
      primary.slowDown(0);
      const primaryAt = Date.now();
      await load.quiet(QUIET_MS, QUIET_WITHIN_MS);
      return { faultAt, primaryAt };
    },
  },
  {
    name: "node of Dues paused",
    /** Only the paused node may leave requests without an answer. */
    silent: ({ nodes }) => nodes[1].url,
    async run({ nodes, load }) {
      const faultAt = Date.now();
      nodes[1].pause();
      await pause(NODE_PAUSED_MS);
      nodes[1].resume();
      const primaryAt = Date.now();
      await load.quiet(QUIET_MS, QUIET_WITHIN_MS);
      return { faultAt, primaryAt };
    },
  },
];
