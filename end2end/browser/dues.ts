// Fixtures of the browser tests: a demo for each worker, and a check that the console stays free of errors.
import { type BrowserContext, type Page, expect, test as base } from "@playwright/test";
import { randomUUID } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Demo, type Person } from "../demo.ts";

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
  /** Environment variables of the server. */
  settings: Record<string, string>;
  demo: Demo;
}

// Running demos by their URL.
const demos = new Map<string, Demo>();

function demoOf(page: Page): Demo {
  const demo = demos.get(new URL(page.url()).origin);
  if (!demo) throw new Error(`no demo is at ${page.url()}`);
  return demo;
}

export const test = base.extend<Test, Worker>({
  demoGroup: ["shared", { option: true, scope: "worker" }],
  provider: ["stripe", { option: true, scope: "worker" }],
  trialDays: [0, { option: true, scope: "worker" }],
  settings: [{}, { option: true, scope: "worker" }],
  demo: [
    async ({ demoGroup, provider, trialDays, settings }, use, worker) => {
      const name = `${worker.project.name}-${demoGroup}-${worker.workerIndex}`;
      const catalog: Record<string, string> = trialDays > 0 ? { CATALOG: catalogWithTrial(name, trialDays) } : {};
      const demo = await Demo.start(name, { PAYMENT_PROVIDER: provider, ...catalog, ...settings });
      demos.set(demo.url, demo);
      await use(demo);
      await demo.end();
    },
    { scope: "worker", timeout: 90_000 },
  ],
  baseURL: async ({ demo }, use) => use(demo.url),
  cleanConsole: [
    async ({ context, demo, javaScriptEnabled }, use, info) => {
      const problems = watch(context, demo, javaScriptEnabled ?? true);
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

// The default catalog with a trial of Pro.
function catalogWithTrial(name: string, days: number): string {
  const file = join(tmpdir(), `dues-${name}-${process.pid}.toml`);
  const source = readFileSync(new URL("../../server/domain/src/catalog/default.toml", import.meta.url), "utf8");
  writeFileSync(file, source.replace("[plan.pro]\n", `[plan.pro]\ntrial_days = ${days}\n`));
  return file;
}

// Collects console errors (including violations of the content security policy), uncaught exceptions, 5xx responses,
// and requests to other hosts.
function watch(context: BrowserContext, demo: Demo, hasJavaScript: boolean): string[] {
  const complaints: string[] = [];
  context.on("console", (message) => {
    const { url } = message.location();
    // A page may answer 4xx. An image or a script that does is missing.
    const refusedPage = /status of 4\d\d/.test(message.text()) && url === message.page()?.url();
    // Without JavaScript the preloaded module is unused, of which Chromium warns after some seconds.
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
    if (protocol !== "data:" && origin !== demo.url && origin !== demo.sandboxUrl) {
      complaints.push(`asked ${request.url()}`);
    }
  });
  return complaints;
}

export async function signIn(page: Page, person: Person): Promise<void> {
  await page.goto("/login");
  await fillSignIn(page, person);
  await expect(page).toHaveURL(/\/membership$/);
}

export async function fillSignIn(page: Page, { email, password }: Person): Promise<void> {
  await page.getByLabel("E-mail").fill(email);
  await page.getByLabel("Password").fill(password);
  await page.getByRole("button", { name: "Sign in" }).click();
}

export async function signOut(page: Page): Promise<void> {
  await openMenu(page);
  await page.getByRole("button", { name: "Sign out", exact: true }).click();
  await expect(page).toHaveURL(/\/login/);
}

export async function openMenu(page: Page): Promise<void> {
  await page.locator("summary", { hasText: /account: /i }).click();
}

export interface NewWorkspace extends Person {
  workspace: string;
}

/** Confirms the signed-in user's e-mail address with a link from the `prove-address` command. */
export async function confirmAddress(page: Page, email: string): Promise<void> {
  await page.goto(demoOf(page).command("prove-address", "--email", email).replace(/^https?:\/\/[^/]+/, ""));
  await page.getByRole("button", { name: "Confirm the address" }).click();
  await expect(page.getByRole("heading", { name: "Your address is confirmed" })).toBeVisible();
}

/** Headers with an API key that may record usage of the current workspace. */
export async function meter(page: Page): Promise<{ authorization: string }> {
  const me = await (await page.request.get("/api/v1/auth/me")).json();
  return { authorization: `Bearer ${demoOf(page).command("api-key", "create", "--tenant", me.tenantId, "--scopes", "usage")}` };
}

/** Signs up with a unique workspace and owner. The owner's e-mail address is not confirmed yet. */
export async function signUp(page: Page): Promise<NewWorkspace> {
  const tag = randomUUID().slice(0, 8);
  const opened = { workspace: `Mill ${tag}`, email: `owner-${tag}@mill.test`, password: `ledger ${randomUUID()}` };
  await page.goto("/signup");
  await page.getByLabel("Name of the workspace").fill(opened.workspace);
  await page.getByLabel("E-mail").fill(opened.email);
  await page.getByLabel("Password").fill(opened.password);
  await page.getByRole("button", { name: "Open workspace" }).click();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText(`${opened.workspace} is on Free.`);
  return opened;
}

/** As `signUp`, then confirms the e-mail address. Ends on the membership page. */
export async function openWorkspace(page: Page): Promise<NewWorkspace> {
  const opened = await signUp(page);
  await confirmAddress(page, opened.email);
  await page.goto("/membership");
  return opened;
}

/** Creates an API key with the scope `read` on the keys page, and returns the key. */
export async function makeKey(page: Page, name: string): Promise<string> {
  await page.getByLabel("Name", { exact: true }).fill(name);
  await page.getByRole("checkbox", { name: /^read/ }).check();
  await page.getByRole("button", { name: "Make key" }).click();
  await expect(page.getByRole("heading", { name: `“${name}” is made.` })).toBeVisible();
  return page.getByLabel("The new key").inputValue();
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

/** From the membership page, goes to Stripe's hosted checkout for `plan`. */
export async function goAndPay(page: Page, plan: string): Promise<void> {
  await review(page, plan);
  await expect(page.getByRole("heading", { level: 1 })).toContainText(plan);
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
