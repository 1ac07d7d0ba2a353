// The workloads. Each request takes the next of its workload's rows. In a path, header or body, a column's name in
// braces, such as {key}, is replaced by the row's value, and {id} by a unique id.
import { createHmac, randomBytes, randomInt } from "node:crypto";

export const HEALTHZ = "/healthz";
export const ONE_TENANT = "consume, one tenant";

const FEATURE = "telemetry_events_monthly";
/** The limit that exhausted tenants have reached. */
const LIMITED = { feature: "websocket_connections", amount: 100 };
const EVENTS_A_REQUEST = 100;
/** Events in a request with an installation key. Each is about a different tenant if there are that many tenants. */
const TENANTS_A_REQUEST = 1000;
/** Number of rows drawn at random. Requests cycle through them. */
const DRAWN = 10_000;
/** Webhooks per second to sign in advance, raised if the server takes more. */
const FIRST_PACE = 10_000;

const draw = (values) => Array.from({ length: DRAWN }, () => [values[randomInt(values.length)]]);
const bearer = { authorization: "Bearer {key}" };

export const fill = (text, columns, row, id) =>
  text.replace(/\{(\w+)\}/g, (slot, name) => (name === "id" ? id : (row[columns.indexOf(name)] ?? slot)));

/**
 * `counts` is the amount that a request adds to its key's counter of `feature`. With `spread`, the request adds 1 to
 * the counter of each key of that list instead, and `counts` is the number of keys.
 */
const request = (rest) => ({ method: "GET", headers: bearer, columns: ["key"], status: 200, counts: 0, ...rest });

const check = (keys) => request({ name: "check", path: `/api/v1/billing/features/${FEATURE}/check`, rows: draw(keys) });

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

/** Requests of the product's back end, which has one key for all tenants. */
function installation({ installation: key, keys, tenants }) {
  const headers = { authorization: `Bearer ${key}`, "x-tenant-id": "{tenant}" };
  const drawn = draw(tenants.map((_, at) => at)).map(([at]) => [keys[at], tenants[at]]);
  const rows = { columns: ["key", "tenant"], rows: drawn };
  const used = Array.from({ length: TENANTS_A_REQUEST }, (_, at) => at % tenants.length);
  const single = consume(rows);
  const { body, ...batch } = events(keys, TENANTS_A_REQUEST);
  const subjects = JSON.parse(body).map((event, at) => ({ ...event, subject: `tenant:${tenants[used[at]]}` }));
  return [
    request({ name: "check, installation key", path: `/api/v1/billing/features/${FEATURE}/check`, headers, ...rows }),
    { ...single, name: "consume, installation key", headers: { ...single.headers, ...headers } },
    {
      ...batch,
      name: `events, ${TENANTS_A_REQUEST.toLocaleString("en")} tenants a request`,
      headers: { ...batch.headers, authorization: headers.authorization },
      body: JSON.stringify(subjects),
      columns: [],
      rows: [[]],
      spread: used.map((at) => keys[at]),
    },
  ];
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
  check(keys),
  consume({ name: "consume", rows: draw(keys) }),
  consume({ name: ONE_TENANT, rows: draw(keys.slice(0, 1)) }),
  consume({ name: "consume, refused", rows: draw(limited), feature: LIMITED.feature, status: 402, counts: 0 }),
  events(keys, EVENTS_A_REQUEST),
  ...installation({ keys, ...seeded }),
  webhook(seeded),
  request({ name: "/usage, signed in", path: "/usage", headers: { cookie: "{key}" }, rows: draw(sessions) }),
];
