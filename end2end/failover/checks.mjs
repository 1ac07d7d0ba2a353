// Checks after a load: what was acknowledged is stored once, and no limit is overshot.
import { setTimeout as pause } from "node:timers/promises";

import { LIMITED } from "./requests.mjs";

/** A node shows what another one has counted within a second. */
const STALE_MS = 1_500;

/** The first items of a list that is too long to print. */
const some = (items) => items.slice(0, 5).join(", ");

async function column(query, sql) {
  return (await query(sql)).split("\n").filter((line) => line);
}

/** `query` runs SQL. Returns figures and `problems`, which is empty if everything holds. */
export async function check(load, seeded, dues, query) {
  const problems = [];
  const { unlimited, limited } = seeded;
  const ledger = await column(query, `SELECT event_id FROM usage_events WHERE tenant_id = '${unlimited.id}'`);
  const ofLimited = await column(query, `SELECT event_id FROM usage_events WHERE tenant_id = '${limited.id}'`);
  const inbox = await column(query, `SELECT event_id FROM inbox WHERE event_id LIKE 'evt_${load.run}-%'`);
  const stored = { ledger: new Set(ledger), limited: new Set(ofLimited), inbox: new Set(inbox) };
  let lost = 0;
  for (const [place, ids] of Object.entries(load.acknowledged)) {
    const missing = [...ids].filter((id) => !stored[place].has(id));
    lost += missing.length;
    if (missing.length > 0) problems.push(`${missing.length} acknowledged are not in ${place}: ${some(missing)}`);
  }
  for (const [name, ids] of [["ledger", ledger], ["limited", ofLimited]]) {
    if (new Set(ids).size < ids.length) problems.push(`ids are stored twice in ${name}`);
  }
  await pause(STALE_MS);
  const used = await dues.used(limited.key, LIMITED.feature);
  if (used > LIMITED.limit) problems.push(`${used} of ${LIMITED.limit} is used: the limit is overshot`);
  if (used !== ofLimited.length * LIMITED.amount) problems.push(`${used} is used, and ${ofLimited.length} events of ${LIMITED.amount} are stored`);
  await dues.verify().catch((error) => problems.push(error.message));
  const acknowledged = Object.values(load.acknowledged).reduce((sum, ids) => sum + ids.size, 0);
  return { acknowledged, lost, over: Math.max(0, used - LIMITED.limit), problems };
}
