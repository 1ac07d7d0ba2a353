// A megabyte of anything, and as much as a route takes of it, to every route: what that costs the server in processor time, route
// by route. `make excess` calls it; fails when a request costs more than MOST_MS.
//
//   SERVER=FILE  the program, else target/release/server
//   TIMES=N      how often each is sent; ticks are 10 ms, so a single one tells little [5]
import { mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { options } from "./options.mjs";
import { Processes, ownSeconds } from "./processes.mjs";
import { Dues } from "./server.mjs";
import { Sqlite } from "./sqlite.mjs";

const MOST_MS = 50;
const TIMES = Number(process.env.TIMES || 5);
const MEGABYTE = 1 << 20;
const FORM = "application/x-www-form-urlencoded";
const JSON_TYPE = "application/json";
const BATCH = "application/cloudevents-batch+json";

/** `again` as often as fits into so many bytes. */
const repeated = (bytes, begin, again, end) => begin + again.repeat((bytes - begin.length - end.length) / again.length) + end;
const each = (bytes, begin, one, end) => {
  const parts = [];
  for (let at = 0, length = begin.length; length < bytes - 40; at++) length += parts[parts.push(one(at)) - 1].length;
  return begin + parts.join("") + end;
};

function bodies() {
  const kinds = (bytes) => [
    ["list of a form", FORM, repeated(bytes, "company=Acme&", "useCases[]=a&", "x=1")],
    ["fields of a form", FORM, each(bytes, "", (at) => `f${at}=x&`, "x=1")],
    ["one field", FORM, repeated(bytes, "email=", "%C3%BC", "")],
    ["nested names", FORM, repeated(bytes, "", "a[b][c]", "=1")],
    ["depth", JSON_TYPE, repeated(bytes, '{"plan":', "[", "")],
    ["list", JSON_TYPE, repeated(bytes, '{"scopes":[', "1,", "1]}")],
    ["objects", BATCH, repeated(bytes, "[", "{},", "{}]")],
    ["keys", JSON_TYPE, each(bytes, "{", (at) => `"k${at}":1,`, '"x":1}')],
    ["one text", JSON_TYPE, repeated(bytes, '{"email":"', "\\u00fc", '"}')],
    ["zeros", "application/octet-stream", "\0".repeat(bytes)],
  ];
  const of = (bytes, size) => kinds(bytes).map(([name, ...rest]) => [`${name}, ${size}`, ...rest]);
  return [...of(60 << 10, "60 KiB"), ...of(250 << 10, "250 KiB"), ...of(MEGABYTE - 4096, "1 MiB")];
}

/** Heads as large as they may be. */
const QUERY = `?${"limit=1&plan=pro&action=x&".repeat(300)}`;
const HEADS = { cookie: "theme=dark; ".repeat(2400), "x-forwarded-for": "1.1.1.1,".repeat(200) };

/** What forms post to, as the pages' own source says it. */
function forms() {
  const folder = fileURLToPath(new URL("../../app/src/actions", import.meta.url));
  const files = readdirSync(folder, { recursive: true }).filter((name) => name.endsWith(".rs"));
  const sources = files.map((name) => readFileSync(join(folder, name), "utf8"));
  const found = sources.flatMap((text) => [...text.matchAll(/endpoint = "([^"]+)"/g)].map(([, name]) => `/rpc/${name}`));
  return found.sort();
}

async function operations(url) {
  const { paths } = await (await fetch(`${url}/openapi.json`)).json();
  return Object.entries(paths).flatMap(([path, item]) =>
    Object.keys(item).map((method) => [method.toUpperCase(), path.replace(/\{[^}]+\}/g, "x")]),
  );
}

const processes = new Processes();
const folder = mkdtempSync("/var/tmp/dues-excess-");
try {
  const { server } = options();
  const unlimited = Object.fromEntries(["PERSON", "KEY", "ADDRESS", "PAGES"].map((whose) => [`RATE_LIMIT_${whose}`, "0"]));
  const dues = await Dues.start(processes, server, folder, new Sqlite(folder).url, unlimited);
  const { key } = await dues.stage.tenant("Acme", "ada@acme.test", "pro", "read,usage,billing,secrets");
  const routes = [...forms().map((path) => ["POST", path]), ...(await operations(dues.url))];
  const all = bodies();
  const rows = [];
  for (const [method, path] of routes) {
    const headers = path.startsWith("/rpc/") ? { accept: "text/html" } : { authorization: `Bearer ${key}` };
    const isRead = method === "GET";
    const kinds = isRead ? [["query", undefined, undefined], ["head", undefined, undefined]] : all;
    let worst = { ms: -1 };
    for (const [name, type, body] of kinds) {
      const before = ownSeconds(dues.server.pid);
      let status;
      for (let time = 0; time < TIMES; time++) {
        const more = name === "head" ? HEADS : {};
        const sent = { ...headers, ...more, ...(type && { "content-type": type }) };
        const address = `${dues.url}${path}${name === "query" ? QUERY : ""}`;
        const answer = await fetch(address, { method, headers: sent, body, redirect: "manual" });
        await answer.arrayBuffer();
        status = answer.status;
      }
      const ms = ((ownSeconds(dues.server.pid) - before) * 1000) / TIMES;
      if (ms > worst.ms) worst = { ms, name, status };
    }
    rows.push({ route: `${method} ${path}`, ...worst });
    console.log(`${worst.ms.toFixed(1).padStart(7)} ms  ${`${method} ${path}`.padEnd(60)} ${worst.name} (${worst.status})`);
  }
  const most = rows.reduce((one, other) => (other.ms > one.ms ? other : one));
  console.log(`\n${rows.length} routes; the dearest is ${most.route}: ${most.ms.toFixed(1)} ms of processor time for ${most.name}`);
  if (most.ms > MOST_MS) process.exitCode = 1;
} finally {
  await processes.stopAll();
  rmSync(folder, { recursive: true, force: true });
}
