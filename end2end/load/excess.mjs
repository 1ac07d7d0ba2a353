// A megabyte of anything, and as much as a route takes of it, to every route: what that costs the server in processor time, route
// by route; and the same as a person who is signed in, with forms that were drawn for them. `make excess` calls it; fails when a
// request costs more than MOST_MS.
//
//   SERVER=FILE  the program, else target/release/server
//   TIMES=N      how often each is sent; ticks are 10 ms, so a single one tells little [5]
import { FORM, HEADS, QUERY, bodies, fieldsOfForms, forms, largeFields, operations, takesSessions } from "./inputs.mjs";
import { options } from "./options.mjs";
import { ownSeconds } from "./processes.mjs";
import { run } from "./run.mjs";
import { Dues } from "./server.mjs";
import { Sqlite } from "./sqlite.mjs";

const MOST_MS = 50;
const TIMES = Number(process.env.TIMES || 5);
/** More of a form is refused before anybody looks who sends it. */
const MOST_OF_A_FORM = 64 << 10;

/** An unsigned webhook is not read to its end: the connection closes while it is still sent, and the answer may be lost. */
const closesEarly = (path) => /\/webhooks?\//.test(path) || path.endsWith("/webhook");

/** People who are signed in, of whom there is another one when a form has signed out the last. */
class People {
  #count = 0;

  constructor(dues) {
    this.dues = dues;
  }

  /** The headers of one, and what the address of a form carries that was drawn for them. */
  async next() {
    const asked = this.cookie && (await fetch(`${this.dues.url}/api/v1/auth/me`, { headers: { cookie: this.cookie } }));
    const me = asked?.ok ? await asked.json() : {};
    if (!me.tenantId) {
      const email = `person-${++this.#count}@acme.test`;
      await this.dues.stage.tenant(`Person ${this.#count}`, email, "pro", "read");
      this.cookie = await this.dues.stage.session(email);
      return this.next();
    }
    return { headers: { cookie: this.cookie }, drawn: `?tenant=${me.tenantId}&user=${me.userId}` };
  }
}

await run("/var/tmp/dues-excess-", async ({ folder, processes }) => {
  const { server } = options();
  const unlimited = Object.fromEntries(["PERSON", "KEY", "ADDRESS", "PAGES"].map((whose) => [`RATE_LIMIT_${whose}`, "0"]));
  const dues = await Dues.start(processes, server, folder, new Sqlite(folder).url, unlimited);
  const { key } = await dues.stage.tenant("Acme", "ada@acme.test", "pro", "read,usage,billing,secrets");
  const people = new People(dues);
  const rows = [];

  /** Sends each kind of input some times; `as` says before each request who sends it. */
  const measure = async (method, path, who, kinds, as) => {
    let worst = { ms: -1 };
    for (const [name, type, body] of kinds) {
      let seconds = 0;
      let status;
      for (let time = 0; time < TIMES; time++) {
        const { headers, drawn } = await as();
        const more = name === "head" ? HEADS : {};
        const sent = { ...headers, ...more, ...(type && { "content-type": type }) };
        const address = `${dues.url}${path}${drawn ?? ""}${name === "query" ? QUERY : ""}`;
        const before = ownSeconds(dues.server.pid);
        const answer = await fetch(address, { method, headers: sent, body, redirect: "manual" }).catch((error) => {
          if (!closesEarly(path)) throw error;
        });
        await answer?.arrayBuffer();
        seconds += ownSeconds(dues.server.pid) - before;
        status = answer?.status ?? "closed";
      }
      const ms = (seconds * 1000) / TIMES;
      if (ms > worst.ms) worst = { ms, name, status };
    }
    rows.push({ route: `${method} ${path} ${who}`, ...worst });
    console.log(`${worst.ms.toFixed(1).padStart(7)} ms  ${`${method} ${path}`.padEnd(60)} ${who}: ${worst.name} (${worst.status})`);
  };

  const all = bodies();
  for (const [method, path] of [...forms(), ...(await operations(dues.url))]) {
    const isForm = path.startsWith("/rpc/");
    const headers = isForm ? { accept: "text/html" } : { authorization: `Bearer ${key}` };
    const kinds = method === "GET" ? [["query"], ["head"]] : all;
    await measure(method, path, isForm ? "visitor" : "key", kinds, async () => ({ headers }));
  }
  const shortForms = all.filter(([, type, body]) => type === FORM && body.length <= MOST_OF_A_FORM);
  for (const [path, fields] of [...fieldsOfForms()].sort()) {
    await measure("POST", path, "person", [...shortForms, ...largeFields(fields)], async () => {
      const { headers, drawn } = await people.next();
      return { headers: { ...headers, accept: "text/html" }, drawn };
    });
  }
  const others = all.filter(([, type]) => type !== FORM);
  for (const [method, path] of await operations(dues.url, takesSessions)) {
    // Those of a GET come with a cookie of their own.
    const kinds = method === "GET" ? [["query"]] : others;
    await measure(method, path, "person", kinds, async () => ({ headers: (await people.next()).headers }));
  }

  const most = rows.reduce((one, other) => (other.ms > one.ms ? other : one));
  console.log(`\n${rows.length} routes; the dearest is ${most.route}: ${most.ms.toFixed(1)} ms of processor time for ${most.name}`);
  if (most.ms > MOST_MS) process.exitCode = 1;
});
