// Seeds a server through its commands and API: the sandbox's account, tenants, keys, sessions and subscriptions.
//
//   node stage.mjs setup FILE    sets the sandbox's account up for the catalog, and writes settings to FILE as shell
//   node stage.mjs plant FILE    seeds, and writes ids and keys to FILE as JSON
//
// The environment is the server's, with SERVER (the binary) and TENANTS (how many to create).
import { execFile } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const run = promisify(execFile);
export const password = "correct horse battery staple";
// Logins hash passwords and subscriptions are paid on a page, so both are few.
const sessionCount = 50;
const subscriptionCount = 100;
const limitedCount = 3;
const card = { card_number: "4242 4242 4242 4242", expiry: "12 / 44", cvc: "123", name: "Ada Acme", email: "ada@acme.test" };

/** Runs `work` on every item, `lanes` at once, and returns the results in order. */
export async function each(items, work, lanes = cpus().length) {
  const results = new Array(items.length);
  let next = 0;
  const lane = async () => {
    while (next < items.length) {
      const at = next++;
      results[at] = await work(items[at], at);
    }
  };
  await Promise.all(Array.from({ length: lanes }, lane));
  return results;
}

const range = (count) => Array.from({ length: count }, (_, at) => at + 1);

export async function must(response) {
  if (!response.ok) throw new Error(`${response.url} answers ${response.status}: ${await response.text()}`);
  return response;
}

export class Stage {
  /** `settings`: the server's environment. */
  constructor(server, settings) {
    Object.assign(this, { server, settings, url: settings.APP_URL });
  }

  async command(...words) {
    return (await run(this.server, words, { env: { ...process.env, ...this.settings } })).stdout;
  }

  /** Sets the provider's account up, and returns the settings that the command prints. */
  async setUp() {
    for (let tries = 100; ; tries--) {
      try {
        const said = await this.command("stripe", "setup");
        const lines = said.slice(said.indexOf("Settings to keep:")).matchAll(/^(STRIPE_[A-Z_]+)=(.*)$/gm);
        return Object.fromEntries([...lines].map(([, name, value]) => [name, value]));
      } catch (error) {
        if (tries === 0) throw error;
        await pause(100);
      }
    }
  }

  async tenant(name, email, plan, scopes) {
    const granted = plan ? ["--plan", plan] : [];
    const made = JSON.parse(
      await this.command("tenant", "create", "--name", name, "--email", email, "--password", password, ...granted, "--json"),
    );
    const key = JSON.parse(await this.command("api-key", "create", "--tenant", made.id, "--scopes", scopes, "--json"));
    return { id: made.id, key: key.key, email };
  }

  async session(email) {
    const response = await must(await this.post(`${this.url}/api/v1/auth/login`, { email, password }));
    return response.headers.getSetCookie().map((line) => line.split(";")[0]).join("; ");
  }

  post(url, body, headers = {}) {
    return fetch(url, {
      method: "POST",
      headers: { "content-type": "application/json", ...headers },
      body: JSON.stringify(body),
      redirect: "manual",
    });
  }

  /** Creates a tenant with a plan paid on the hosted page. */
  async subscriber(number) {
    const { id, key, email } = await this.tenant(`Paying ${number}`, "paying@bench.test", undefined, "read");
    this.payer ??= this.session(email);
    await this.pay(id, await this.payer);
    return { tenant: id, key };
  }

  /** Buys a plan on the hosted page, and waits until it is active. */
  async pay(tenant, cookie) {
    const asOwner = { cookie, "x-tenant-id": tenant };
    const page = await (await must(await this.post(`${this.url}/api/v1/billing/checkout`, { plan: "pro" }, asOwner))).json();
    const paid = await fetch(page.url, { method: "POST", body: new URLSearchParams(card), redirect: "manual" });
    if (paid.status !== 303) throw new Error(`the hosted page answers ${paid.status}`);
    for (let tries = 200; tries > 0; tries--) {
      const status = await (await must(await fetch(`${this.url}/api/v1/billing/status`, { headers: asOwner }))).json();
      if (status.data.plan === "pro") return;
      await pause(50);
    }
    throw new Error("a paid plan did not become active");
  }

  /** Sets the external id of a tenant, and returns that id. */
  async nameTenant(installation, tenant, externalId) {
    const headers = { authorization: `Bearer ${installation}`, "content-type": "application/json" };
    const body = JSON.stringify({ externalId });
    await must(await fetch(`${this.url}/api/v1/tenants/${tenant}`, { method: "PATCH", headers, body }));
    return externalId;
  }

  /** The subscriptions of tenants, with the provider's ids. */
  async subscriptions(subscribers) {
    return each(subscribers, async ({ tenant, key }) => {
      const asOwner = { cookie: await this.payer, "x-tenant-id": tenant };
      const response = await must(await fetch(`${this.url}/api/v1/billing/subscription`, { headers: asOwner }));
      const { customerId, externalId } = (await response.json()).subscription;
      return { id: externalId, customer: customerId, key };
    });
  }

  /** Cancels a subscription at the provider and drops its webhooks. */
  async cancelWithoutWebhooks({ id }) {
    const drop = (count) => this.post(new URL("/deliveries/drop", this.settings.STRIPE_API_BASE), { count });
    await must(await drop(100));
    const headers = { authorization: `Bearer ${this.settings.STRIPE_SECRET_KEY}` };
    await must(await fetch(new URL(`/v1/subscriptions/${id}`, this.settings.STRIPE_API_BASE), { method: "DELETE", headers }));
    await must(await drop(0));
  }

  async seed(tenants) {
    const limited = await each(range(limitedCount), (n) => this.tenant(`Limited ${n}`, "limited@bench.test", "pro", "read,usage"), 1);
    const first = await this.tenant("Tenant 1", "tenant-1@bench.test", "enterprise", "read,usage");
    const rest = await each(range(tenants).slice(1), (n) => {
      const owner = n <= sessionCount ? `tenant-${n}@bench.test` : "tenant-1@bench.test";
      return this.tenant(`Tenant ${n}`, n <= sessionCount ? owner : "crowd@bench.test", "enterprise", "read,usage");
    });
    const all = [first, ...rest];
    const owners = all.slice(0, sessionCount).map(({ email }) => email);
    const paying = [await this.subscriber(1), ...(await each(range(subscriptionCount).slice(1), (n) => this.subscriber(n)))];
    const subscriptions = await this.subscriptions(paying);
    // For the comparison run, which sends this subscription's cancellation and then an older event.
    await this.cancelWithoutWebhooks(subscriptions.at(-2));
    const scopes = "tenants,read,usage";
    const product = await this.command("installation-key", "create", "--name", "bench", "--scopes", scopes, "--json");
    const installation = JSON.parse(product).key;
    return {
      keys: all.map(({ key }) => key),
      externalIds: await each(all, (tenant, at) => this.nameTenant(installation, tenant.id, `org_${at + 1}`)),
      installation,
      limited: limited.map(({ key }) => key),
      sessions: await each(owners, (email) => this.session(email)),
      subscriptions,
      webhook_secret: this.settings.STRIPE_WEBHOOK_SECRET,
    };
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [, , what, file] = process.argv;
  const stage = new Stage(process.env.SERVER, process.env);
  if (what === "setup") {
    const quoted = (value) => `'${value.replaceAll("'", "'\\''")}'`;
    const lines = Object.entries(await stage.setUp()).map(([name, value]) => `export ${name}=${quoted(value)}\n`);
    writeFileSync(file, lines.join(""));
  } else {
    const kept = readFileSync(process.env.SETTINGS, "utf8").matchAll(/^export (\w+)='(.*)'$/gm);
    for (const [, name, value] of kept) stage.settings[name] = value;
    writeFileSync(file, JSON.stringify(await stage.seed(Number(process.env.TENANTS))));
  }
}
