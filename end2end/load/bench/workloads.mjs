// The workloads. Each request takes the next of its workload's rows. In a path, header or body, a column's name in
// braces, such as {key}, is replaced by the row's value, and {id} by a unique id.
import { createHmac, randomBytes, randomInt } from "node:crypto";

export const HEALTHZ = "/healthz";
export const ONE_TENANT = "consume, one tenant";

const FEATURE = "telemetry_events_monthly";
/** The limit that exhausted tenants have reached. */
const LIMITED = { feature: "websocket_connections", amount: 100 };
const EVENTS_A_REQUEST = 100;
const EVENTS = `events, ${EVENTS_A_REQUEST} a request`;
/** Events in a request with an installation key. Each is about a different tenant if there are that many tenants. */
const EVENTS_OF_MANY = 1000;
/** Number of rows drawn at random. Requests cycle through them. */
const DRAWN = 10_000;
/** Webhooks per second to sign in advance, raised if the server takes more. */
const FIRST_PACE = 10_000;

const pick = (count) => Array.from({ length: DRAWN }, () => randomInt(count));
const draw = (values) => pick(values.length).map((at) => [values[at]]);
const bearer = { authorization: "Bearer {key}" };

export const fill = (text, columns, row, id) =>
  text.replace(/\{(\w+)\}/g, (slot, name) => (name === "id" ? id : (row[columns.indexOf(name)] ?? slot)));

/**
 * `counts` is the amount that a request adds to its key's counter of `feature`. With `spread`, the request adds 1 to
 * the counter of each key of that list instead, and `counts` is the number of keys.
 */
const request = (rest) => ({ method: "GET", headers: bearer, columns: ["key"], status: 200, counts: 0, ...rest });

const check = (rest) => request({ name: "check", path: `/api/v1/billing/features/${FEATURE}/check`, ...rest });

const consume = ({ feature = FEATURE, amount = 1, ...rest }) =>
  request({
    method: "POST",
    path: `/api/v1/billing/features/${feature}/consume`,
    headers: { ...bearer, "content-type": "application/json" },
    body: `{"amount":${amount},"idempotencyKey":"{id}"}`,
    feature,
    counts: amount,
    ...rest,
  });

export function events(keys, aRequest) {
  const event = (at) => ({ specversion: "1.0", id: `{id}-${at}`, source: "/bench", type: FEATURE, data: { amount: 1 } });
  return request({
    name: `events, ${aRequest} a request`,
    method: "POST",
    path: "/api/v1/usage/events",
    headers: { ...bearer, "content-type": "application/cloudevents-batch+json" },
    body: JSON.stringify(Array.from({ length: aRequest }, (_, at) => event(at))),
    rows: draw(keys),
    feature: FEATURE,
    counts: aRequest,
  });
}

/**
 * Requests with a workspace key. After each, the same request of the product's back end, which has one key for all
 * tenants and names them by external ids. `beside` is the name of the row to compare a row with.
 */
function singles({ keys, externalIds, installation }) {
  const picked = pick(keys.length);
  const byKey = { rows: picked.map((at) => [keys[at]]) };
  const byExternalId = { columns: ["key", "external"], rows: picked.map((at) => [keys[at], externalIds[at]]) };
  const named = { authorization: `Bearer ${installation}`, "x-tenant-external-id": "{external}" };
  const besides = (one) => [
    { ...one, ...byKey },
    { ...one, ...byExternalId, name: `${one.name}, installation key`, beside: one.name, headers: { ...one.headers, ...named } },
  ];
  return [...besides(check()), ...besides(consume({ name: "consume" }))];
}

/** Batches with the installation key, whose events name their tenants. */
function eventsOfMany({ keys, externalIds, installation }) {
  const { body, ...batch } = events(keys, EVENTS_OF_MANY);
  const used = Array.from({ length: EVENTS_OF_MANY }, (_, at) => at % keys.length);
  const subjects = JSON.parse(body).map((event, at) => ({ ...event, subject: externalIds[used[at]] }));
  const number = (count) => count.toLocaleString("en");
  return {
    ...batch,
    name: `events of ${number(Math.min(keys.length, EVENTS_OF_MANY))} tenants, ${number(EVENTS_OF_MANY)} a request`,
    beside: EVENTS,
    headers: { ...batch.headers, authorization: `Bearer ${installation}` },
    body: JSON.stringify(subjects),
    columns: [],
    rows: [[]],
    spread: used.map((at) => keys[at]),
  };
}

function webhook({ subscriptions, webhook_secret: secret }) {
  const subscription = { id: "{subscription}", object: "subscription", customer: "{customer}", status: "active" };
  const event = { id: "{event}", object: "event", type: "customer.subscription.updated", data: { object: subscription } };
  return request({
    name: "webhook, signed",
    method: "POST",
    path: "/api/v1/billing/webhook",
    headers: { "content-type": "application/json", "stripe-signature": "{signature}" },
    body: JSON.stringify(event),
    columns: ["event", "subscription", "customer", "signature"],
    pace: FIRST_PACE,
    /** Signs each row shortly before use, because signatures expire. */
    prepare(seconds) {
      const [run, now] = [randomBytes(5).toString("hex"), Math.floor(Date.now() / 1000)];
      this.rows = Array.from({ length: this.pace * seconds }, (_, at) => {
        const { id, customer } = subscriptions[at % subscriptions.length];
        const row = [`evt_${run}${String(at).padStart(9, "0")}`, id, customer];
        const signed = `${now}.${fill(this.body, this.columns, row)}`;
        return [...row, `t=${now},v1=${createHmac("sha256", secret).update(signed).digest("hex")}`];
      });
    },
  });
}

/** Uses up the limit of each key once. */
export const exhaust = (keys) => consume({ name: "consume, all", rows: keys.map((key) => [key]), ...LIMITED });

export const workloads = ({ keys, limited, sessions, ...seeded }) => [
  request({ name: HEALTHZ, path: HEALTHZ, headers: {}, columns: [], rows: [[]] }),
  ...singles({ keys, ...seeded }),
  consume({ name: ONE_TENANT, rows: draw(keys.slice(0, 1)) }),
  consume({ name: "consume, refused", rows: draw(limited), feature: LIMITED.feature, status: 402, counts: 0 }),
  events(keys, EVENTS_A_REQUEST),
  eventsOfMany({ keys, ...seeded }),
  webhook(seeded),
  request({ name: "/usage, signed in", path: "/usage", headers: { cookie: "{key}" }, rows: draw(sessions) }),
];
