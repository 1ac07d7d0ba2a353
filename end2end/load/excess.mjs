// Sends large bodies, queries and headers of every kind to every route, and prints the CPU time they cost the server.
// `make excess` calls it. It fails if a request costs more than MOST_MS.
//
//   SERVER=FILE  server binary [target/release/server]
//   TIMES=N      repetitions of each request, as CPU time is measured in ticks of 10 ms [5]
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
  const unlimited = Object.fromEntries(["PERSON", "KEY", "ADDRESS", "PAGES"].map((kind) => [`RATE_LIMIT_${kind}`, "0"]));
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
  console.log(`\n${rows.length} routes; the most expensive is ${most.route}: ${most.ms.toFixed(1)} ms of processor time for ${most.name}`);
  if (most.ms > MOST_MS) process.exitCode = 1;
});
