// A megabyte of anything, and as much as a route takes of it, to every route: what that costs the server in processor time, route
// by route. `make excess` calls it; fails when a request costs more than MOST_MS.
//
//   SERVER=FILE  the program, else target/release/server
//   TIMES=N      how often each is sent; ticks are 10 ms, so a single one tells little [5]
import { HEADS, QUERY, bodies, forms, operations } from "./inputs.mjs";
import { options } from "./options.mjs";
import { ownSeconds } from "./processes.mjs";
import { run } from "./run.mjs";
import { Dues } from "./server.mjs";
import { Sqlite } from "./sqlite.mjs";

const MOST_MS = 50;
const TIMES = Number(process.env.TIMES || 5);

await run("/var/tmp/dues-excess-", async ({ folder, processes }) => {
  const { server } = options();
  const unlimited = Object.fromEntries(["PERSON", "KEY", "ADDRESS", "PAGES"].map((whose) => [`RATE_LIMIT_${whose}`, "0"]));
  const dues = await Dues.start(processes, server, folder, new Sqlite(folder).url, unlimited);
  const { key } = await dues.stage.tenant("Acme", "ada@acme.test", "pro", "read,usage,billing,secrets");
  const routes = [...forms(), ...(await operations(dues.url))];
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
});
