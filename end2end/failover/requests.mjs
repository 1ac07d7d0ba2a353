// The requests of the load: one of each kind that Dues answers, with what an answer acknowledges.
import { createHmac } from "node:crypto";

import { password } from "../load/stage.mjs";

const FEATURE = "telemetry_events_monthly";
/** A counter with a hard limit, which the load reaches. */
export const LIMITED = { feature: "ai_tokens", amount: 50, limit: 100_000 };
const EVENTS_A_REQUEST = 20;

const json = { "content-type": "application/json" };
const bearer = (key) => ({ authorization: `Bearer ${key}` });

/** Creates what the requests are about: a workspace without limits, one that reaches its limit, and a product's key. */
export async function seed(stage, name) {
  const email = `${name}@failover.test`;
  const unlimited = await stage.tenant(name, email, "enterprise", "read,usage");
  const limited = await stage.tenant(`${name} limited`, `limited-${email}`, undefined, "read,usage");
  const made = await stage.command("installation-key", "create", "--name", name, "--scopes", "tenants,read,usage", "--json");
  return {
    name,
    email,
    unlimited,
    limited,
    installation: JSON.parse(made).key,
    cookie: await stage.session(email),
    webhookSecret: stage.settings.STRIPE_WEBHOOK_SECRET,
  };
}

function consume(id, { key }, { feature, amount }) {
  return {
    method: "POST",
    path: `/api/v1/billing/features/${feature}/consume`,
    headers: { ...bearer(key), ...json },
    body: JSON.stringify({ amount, idempotencyKey: id }),
  };
}

const eventIds = (id) => Array.from({ length: EVENTS_A_REQUEST }, (_, at) => `${id}-${at}`);

function events(id, { key }) {
  const all = eventIds(id).map((one) => ({ specversion: "1.0", id: one, source: "/failover", type: FEATURE, data: { amount: 1 } }));
  return {
    method: "POST",
    path: "/api/v1/usage/events",
    headers: { ...bearer(key), "content-type": "application/cloudevents-batch+json" },
    body: JSON.stringify(all),
  };
}

/** An event whose type Dues stores without asking the provider about it. */
function webhook(id, secret) {
  const body = JSON.stringify({ id: `evt_${id}`, object: "event", type: "payout.paid", data: { object: { id: "po_1", object: "payout" } } });
  const now = Math.floor(Date.now() / 1000);
  const signature = `t=${now},v1=${createHmac("sha256", secret).update(`${now}.${body}`).digest("hex")}`;
  return { method: "POST", path: "/api/v1/billing/webhook", headers: { ...json, "stripe-signature": signature }, body };
}

/**
 * Each kind: how many clients send it, the pause between two requests of a client, the statuses of success, and where
 * an acknowledged request must be found afterwards (`stored`: "ledger", "limited" or "inbox").
 */
export function kinds(seeded) {
  const { name, email, unlimited, limited, installation, cookie, webhookSecret } = seeded;
  const read = (path, headers) => () => ({ method: "GET", path, headers });
  const asKey = bearer(unlimited.key);
  const body = { email, password };
  return [
    { name: "consume", clients: 4, stored: "ledger", ids: (id) => [id], send: (id) => consume(id, unlimited, { feature: FEATURE, amount: 1 }) },
    { name: "consume to a limit", clients: 4, stored: "limited", ok: [200, 402], ids: (id) => [id], send: (id) => consume(id, limited, LIMITED) },
    { name: "events", clients: 2, stored: "ledger", ids: eventIds, send: (id) => events(id, unlimited) },
    { name: "webhook", clients: 2, stored: "inbox", ids: (id) => [`evt_${id}`], send: (id) => webhook(id, webhookSecret) },
    { name: "check", send: read(`/api/v1/billing/features/${FEATURE}/check`, asKey) },
    { name: "entitlements", send: read("/api/v1/entitlements", asKey) },
    { name: "status", send: read("/api/v1/billing/status", { cookie, "x-tenant-id": unlimited.id }) },
    { name: "page", pauseMs: 100, send: read("/usage", { cookie, accept: "text/html" }) },
    { name: "login", pauseMs: 1000, send: () => ({ method: "POST", path: "/api/v1/auth/login", headers: json, body: JSON.stringify(body) }) },
    {
      name: "tenant",
      pauseMs: 100,
      ok: [200, 201],
      send: (id) => ({
        method: "PUT",
        path: `/api/v1/tenants/external:${name}-product`,
        headers: { ...bearer(installation), ...json },
        body: JSON.stringify({ name: "Product", email: `product-${email}`, metadata: { last: id } }),
      }),
    },
  ].map((kind) => ({ clients: 1, pauseMs: 20, ok: [200], ...kind }));
}
