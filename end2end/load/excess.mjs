// Sends large bodies, queries and headers of every kind to every route, and prints the CPU time they cost the server.
// The routes are called as a visitor, with an API key, and as a signed-in person with valid forms.
// `make excess` calls it. It fails if a request costs more than MOST_MS.
//
//   SERVER=FILE  server binary [target/release/server]
//   TIMES=N      repetitions of each request, as CPU time is measured in ticks of 10 ms [5]
import { FORM, HEADS, QUERY, bodies, fieldsOfForms, forms, largeFields, operations, takesSessions } from "./inputs.mjs";
import { options } from "./options.mjs";
import { ownSeconds } from "./processes.mjs";
import { run } from "./run.mjs";
import { Dues } from "./server.mjs";
import { Sqlite } from "./sqlite.mjs";

const MOST_MS = 50;
const TIMES = Number(process.env.TIMES || 5);
/** A longer form is refused before authentication. */
const MOST_OF_A_FORM = 64 << 10;

/**
 * Whether the server may close the connection early: it does not read the body of an unsigned webhook to the end. The
 * client may then not receive the response.
 */
const closesEarly = (path) => /\/webhooks?\//.test(path) || path.endsWith("/webhook");

/** Signed-in people. A form may sign out a person, so `next` creates another one when needed. */
class People {
  #count = 0;

  constructor(dues) {
    this.dues = dues;
  }

  /** The headers of a signed-in person, and the query of the forms drawn for them. */
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
  const unlimited = Object.fromEntries(["PERSON", "KEY", "ADDRESS", "PAGES"].map((kind) => [`RATE_LIMIT_${kind}`, "0"]));
  const dues = await Dues.start(processes, server, folder, new Sqlite(folder).url, unlimited);
  const { key } = await dues.stage.tenant("Acme", "ada@acme.test", "pro", "read,usage,billing,secrets");
  const people = new People(dues);
  const rows = [];

  /** Sends each kind of input TIMES times. `as` returns the headers before each request. */
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
    // The headers of HEADS include a cookie, which would replace the session's.
    const kinds = method === "GET" ? [["query"]] : others;
    await measure(method, path, "person", kinds, async () => ({ headers: (await people.next()).headers }));
  }

  const most = rows.reduce((one, other) => (other.ms > one.ms ? other : one));
  console.log(`\n${rows.length} routes; the most expensive is ${most.route}: ${most.ms.toFixed(1)} ms of processor time for ${most.name}`);
  if (most.ms > MOST_MS) process.exitCode = 1;
});
