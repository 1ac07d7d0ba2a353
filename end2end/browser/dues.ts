// Fixtures of the browser tests: a demo for each worker, and a check that the console stays free of errors.
import { type BrowserContext, type Page, expect, test as base } from "@playwright/test";
import { randomUUID } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Demo, type Person } from "../demo.ts";
import { mayHaveIsland } from "./islands.ts";

interface Test {
  cleanConsole: void;
}

interface Worker {
  /** Tests with a group get a demo whose workspaces no other group's tests change. */
  demoGroup: string;
  /** The payment provider. */
  provider: string;
  /** Length of Pro's trial. 0 keeps the default catalog, which has none. */
  trialDays: number;
  /** Whether plans are sold by the seat, see `withSeats`. The default catalog sells no seats. */
  seats: boolean;
  /** Days of grace. 0 keeps the default. */
  graceDays: number;
  /** Further settings of the server. */
  settings: Record<string, string>;
  demo: Demo;
}

// The demo of this worker.
let running: Demo | undefined;

function command(...args: string[]): string {
  if (!running) throw new Error("no demo is running");
  return running.command(...args);
}

export const test = base.extend<Test, Worker>({
  demoGroup: ["shared", { option: true, scope: "worker" }],
  provider: ["stripe", { option: true, scope: "worker" }],
  trialDays: [0, { option: true, scope: "worker" }],
  seats: [false, { option: true, scope: "worker" }],
  graceDays: [0, { option: true, scope: "worker" }],
  settings: [{}, { option: true, scope: "worker" }],
  demo: [
    async ({ demoGroup, provider, trialDays, seats, graceDays, settings: further }, use, worker) => {
      const name = `${worker.project.name}-${demoGroup}-${worker.workerIndex}`;
      const settings: Record<string, string> = { PAYMENT_PROVIDER: provider, ...further };
      if (trialDays > 0) settings.CATALOG = writeCatalog(name, (catalog) => withTrial(catalog, trialDays));
      if (seats) settings.CATALOG = writeCatalog(name, withSeats);
      if (graceDays > 0) settings.GRACE_DAYS = String(graceDays);
      const demo = await Demo.start(name, settings);
      running = demo;
      await use(demo);
      await demo.end();
    },
    { scope: "worker", timeout: 90_000 },
  ],
  baseURL: async ({ demo }, use) => use(demo.url),
  cleanConsole: [
    async ({ context, demo, settings, javaScriptEnabled }, use, info) => {
      // Dues leads back to sites of these origins.
      const sites = settings.ALLOWED_REDIRECT_ORIGINS?.split(",") ?? [];
      const problems = watch(context, demo, sites, javaScriptEnabled ?? true);
      await use();
      if (info.status !== info.expectedStatus || problems.length > 0) {
        await info.attach("server log", { path: demo.logFile });
      }
      expect(problems, "console errors and failed requests").toEqual([]);
    },
    { auto: true },
  ],
});

export { expect };

// Writes the default catalog with a change to a file, and returns its path.
function writeCatalog(name: string, change: (catalog: string) => string): string {
  const file = join(tmpdir(), `dues-${name}-${process.pid}.toml`);
  const source = readFileSync(new URL("../../server/domain/src/catalog/default.toml", import.meta.url), "utf8");
  writeFileSync(file, change(source));
  return file;
}

function withTrial(catalog: string, days: number): string {
  return catalog.replace("[plan.pro]\n", `[plan.pro]\ntrial_days = ${days}\n`);
}

// Team is all seats, 2 to 100 at $12. Business includes 5, each further one costs $10, and it has a trial of 14 days.
function withSeats(catalog: string): string {
  const [team, business, scale] = ["team", "business", "scale"].map((plan) => catalog.indexOf(`[plan.${plan}]`));
  const sell = (section: string, plan: string, seats: string) =>
    `${section.replace(/^team_members = .*\n/m, "")}\n[plan.${plan}.seats]\nfeature = "team_members"\n${seats}\n\n`;
  return catalog.slice(0, team)
    + sell(
      catalog.slice(team, business).replace(/^price\..*\n/m, ""),
      "team",
      "min = 2\nmax = 100\nprice.USD = { monthly = 12, yearly = 120 }",
    )
    + sell(
      catalog.slice(business, scale).replace("[plan.business]\n", "[plan.business]\ntrial_days = 14\n"),
      "business",
      "included = 5\nprice.USD = { monthly = 10, yearly = 100 }",
    )
    + catalog.slice(scale);
}

// Collects console errors (including violations of the content security policy), uncaught exceptions, 5xx responses,
// requests to other hosts, and scripts of pages without an island.
function watch(context: BrowserContext, demo: Demo, sites: string[], hasJavaScript: boolean): string[] {
  const complaints: string[] = [];
  context.on("console", (message) => {
    const { url } = message.location();
    // A page may respond with 4xx. A 4xx for an image or a script means that the file is missing.
    const refusedPage = /status of 4\d\d/.test(message.text()) && url === message.page()?.url();
    // Without JavaScript the preloaded module is unused. Chromium warns about that after some seconds.
    const idle = !hasJavaScript && /preloaded using link preload but not used/.test(message.text());
    if ((message.type() === "error" || message.type() === "warning") && !refusedPage && !idle) {
      complaints.push(`${message.type()} at ${url}: ${message.text()}`);
    }
  });
  context.on("weberror", (error) => complaints.push(`thrown: ${error.error().stack}`));
  context.on("response", (response) => {
    if (response.status() >= 500) complaints.push(`${response.status()} ${response.url()}`);
  });
  context.on("request", (request) => {
    const { origin, protocol } = new URL(request.url());
    if (protocol !== "data:" && ![demo.url, demo.sandboxUrl, ...sites].includes(origin)) {
      complaints.push(`asked ${request.url()}`);
    }
    if (request.resourceType() === "script" && !mayHaveIsland(request.frame().url())) {
      complaints.push(`${request.frame().url()} loaded the script ${request.url()}`);
    }
  });
  return complaints;
}

/** Signs in over the API. Opens no page. */
export async function signIn(page: Page, { email, password }: Person): Promise<void> {
  await postJson(page, "/api/v1/auth/login", { email, password });
}

/** Signs in on the login page. Ends on the membership page. */
export async function signInByForm(page: Page, person: Person): Promise<void> {
  await page.goto("/login");
  await fillSignIn(page, person);
  // An operator without a workspace lands on the desk.
  await expect(page).toHaveURL(/\/(membership|operator)$/);
}

export async function fillSignIn(page: Page, { email, password }: Person): Promise<void> {
  await page.getByLabel("Email").fill(email);
  await page.getByLabel("Password").fill(password);
  await page.getByRole("button", { name: "Sign in" }).click();
}

export async function signOut(page: Page): Promise<void> {
  await openMenu(page);
  await page.getByRole("button", { name: "Sign out", exact: true }).click();
  await expect(page).toHaveURL(/\/login/);
}

export async function openMenu(page: Page): Promise<void> {
  await page.getByRole("button", { name: /account: /i }).click();
}

export interface NewWorkspace extends Person {
  workspace: string;
}

/** Posts to the API, and returns the body of the answer. */
async function postJson(page: Page, path: string, data: object) {
  const answer = await page.request.post(path, { data });
  expect(answer.ok(), `${answer.status()} from ${path}: ${await answer.text()}`).toBe(true);
  return await answer.json();
}

/** Headers with an API key that may record usage of the current workspace. */
export async function meter(page: Page): Promise<{ authorization: string }> {
  const me = await (await page.request.get("/api/v1/auth/me")).json();
  return { authorization: `Bearer ${command("api-key", "create", "--tenant", me.tenantId, "--scopes", "usage")}` };
}

/** The workspace and owner of a sign-up, unique. */
export function newOwner(): NewWorkspace {
  const tag = randomUUID().slice(0, 8);
  return { workspace: `Mill ${tag}`, email: `owner-${tag}@mill.test`, password: `ledger ${randomUUID()}` };
}

/** Signs up over the API. The owner's e-mail address is not confirmed yet. Opens no page. */
export async function openWorkspace(page: Page): Promise<NewWorkspace> {
  const owner = newOwner();
  const { workspace: tenantName, email, password } = owner;
  await postJson(page, "/api/v1/auth/signup", { tenantName, email, password });
  return owner;
}

/** As `openWorkspace`, then confirms the e-mail address with a link from the `prove-address` command. */
export async function openConfirmedWorkspace(page: Page): Promise<NewWorkspace> {
  const owner = await openWorkspace(page);
  const { userId } = await (await page.request.get("/api/v1/auth/me")).json();
  const token = command("prove-address", "--email", owner.email).split("/").at(-1) ?? "";
  const form = `/rpc/prove-address?user=${userId}`;
  const answer = await page.request.post(form, { form: { token }, headers: { accept: "text/html" }, maxRedirects: 0 });
  expect(answer.headers().location).toBe("/membership?code=address_proven");
  return owner;
}

/** Pays for `plan` with the form of the provider's hosted page. Opens no page. */
export async function subscribe(page: Page, { email }: Person, plan: "starter" | "pro"): Promise<void> {
  const { checkoutUrl } = await postJson(page, "/billing/upgrade", { targetPlan: plan });
  const form = { email, card_number: card.pays, expiry: "12 / 34", cvc: "123", name: "Ada Mill" };
  const returned = await page.request.post(checkoutUrl, { form });
  expect(returned.url()).toContain("/membership/membership-paid");
  expect(await billingStatus(page)).toMatchObject({ plan, status: "active" });
}

/** Creates an API key with the scope `read` on the keys page, and returns the key. */
export async function makeKey(page: Page, name: string): Promise<string> {
  await page.getByLabel("Name", { exact: true }).fill(name);
  await page.getByRole("checkbox", { name: /^read/ }).check();
  await page.getByRole("button", { name: "Create key" }).click();
  await expect(page.getByRole("heading", { name: `“${name}” created.` })).toBeVisible();
  return page.getByLabel("New key").inputValue();
}

export interface Status {
  plan: string;
  status: string;
  current_period_end: string | null;
  cancel_at_period_end: boolean;
}

/** The response of `GET /api/v1/billing/status` for the user signed in on this page. */
export async function billingStatus(page: Page): Promise<Status> {
  const answer = await page.request.get("/api/v1/billing/status");
  expect(answer.status()).toBe(200);
  return (await answer.json()).data;
}

export const card = {
  pays: "4242 4242 4242 4242",
  declined: "4000 0000 0000 0002",
  authenticates: "4000 0025 0000 3155",
};

/** From the membership page, opens the review of `plan`, which must be one of "Plans near yours". */
export async function review(page: Page, plan: string): Promise<void> {
  await page.getByRole("region", { name: "Plans near yours" }).getByRole("link", { name: `Review ${plan}` }).click();
}

/** From the review of `plan`, goes to Stripe's hosted checkout. */
export async function goAndPay(page: Page, plan: string): Promise<void> {
  await page.goto(`/checkout?plan=${plan.toLowerCase()}`);
  await page.getByRole("button", { name: /at Stripe/ }).click();
  await expect(page).toHaveURL(/\/pay\//);
}

/** Fills in the card form of a hosted page. */
export async function fillCard(page: Page, number: string): Promise<void> {
  await page.getByLabel("Card number").fill(number);
  await page.getByLabel("Expires").fill("12 / 34");
  await page.getByLabel("CVC").fill("123");
  await page.getByLabel("Name on card").fill("Ada Mill");
}

/** Fills in the hosted checkout and pays. */
export async function pay(page: Page, number: string): Promise<void> {
  await fillCard(page, number);
  await page.getByRole("button", { name: /^Pay/ }).click();
}

/** Moves the billing clock of the server and the sandbox. */
export async function advance(page: Page, sandboxUrl: string, days: number): Promise<void> {
  const moved = await page.request.post(`${sandboxUrl}/clock`, { data: { advance_secs: days * 86_400 } });
  expect(moved.ok()).toBe(true);
}

/** Reloads the membership page until it contains `words`, since it changes only once a webhook has arrived. */
export async function expectToRead(page: Page, words: RegExp | string): Promise<void> {
  await expect(async () => {
    await page.goto("/membership");
    await expect(page.getByRole("main")).toContainText(words, { timeout: 500 });
  }).toPass({ timeout: 20_000 });
}
