// The product of end2end/example, walked as its users do: limits, billing and webhooks of Dues in its own pages.
import type { Page } from "@playwright/test";
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Webhook } from "standardwebhooks";
import { binary, freePorts } from "../../demo.ts";
import { card, pay } from "../dues.ts";
import { expectSound } from "../look.ts";
import { type Product, answers, createTeam, end, expect, folder, signUp, summarize, test } from "./product.ts";

test.use({ demoGroup: "example" });

const header = (page: Page) => page.getByRole("banner");
const heading = (page: Page) => page.getByRole("heading", { level: 1 });
const refused = "That is more than your plan allows.";

/** Reloads the page until its main part contains `words`: usage may be shown a second late. */
async function expectUsage(page: Page, words: string): Promise<void> {
  await expect(async () => {
    await page.reload();
    await expect(page.getByRole("main")).toContainText(words, { timeout: 500 });
  }).toPass({ timeout: 20_000 });
}

/** Sends a message to the product's receiver as Dues does. Returns the status. */
async function send(product: Product, secret: string, data: object): Promise<number> {
  const [id, now] = [`msg_${Math.random()}`, new Date()];
  const body = JSON.stringify({ type: "subscription.updated", timestamp: now.toISOString(), data });
  const headers = {
    "content-type": "application/json",
    "webhook-id": id,
    "webhook-timestamp": String(Math.floor(now.getTime() / 1000)),
    "webhook-signature": new Webhook(secret).sign(id, now, body),
  };
  return (await fetch(`${product.url}/webhooks/dues`, { method: "POST", headers, body })).status;
}

test("a team reaches its limit, upgrades, pays, comes back and goes on", async ({ page, product }) => {
  await signUp(page, product);
  const team = await createTeam(page, product, "Mill");
  await expect(header(page).getByText("Free", { exact: true })).toBeVisible();
  expect(await summarize(page, "Annual report")).toBe(303);
  expect(await summarize(page, "Annual report")).toBe(303);
  await expect(page.getByRole("article")).toHaveCount(2);
  await expect(page.getByRole("article").first()).toContainText("Revenue grew by eleven percent");
  await expectUsage(page, "80,000 of 100,000 tokens");
  await expectSound(page);

  expect(await summarize(page, "Annual report")).toBe(402);
  await expect(heading(page)).toHaveText(refused);
  await expect(page.getByRole("main")).toContainText("Starter has 500,000 tokens a month.");
  await expectSound(page);
  await page.getByRole("button", { name: "Upgrade to Starter" }).click();

  await expect(page).toHaveURL(/\/checkout\?.*plan=starter/);
  await page.getByRole("button", { name: /at Stripe/ }).click();
  await expect(page).toHaveURL(/\/pay\//);
  await pay(page, card.pays);
  await expect(heading(page)).toHaveText("Mill is on Starter.");
  await page.getByRole("link", { name: "Back to Gist" }).first().click();

  await expect(page).toHaveURL(team);
  await expect(async () => {
    await page.reload();
    await expect(header(page).getByText("Starter", { exact: true })).toBeVisible({ timeout: 500 });
  }).toPass({ timeout: 20_000 });
  expect(await summarize(page, "Annual report")).toBe(303);
  await expect(page.getByRole("article")).toHaveCount(3);
  await expectUsage(page, "120,000 of 500,000 tokens");
});

test("the usage of a second team is its own", async ({ page, product, browser }) => {
  await signUp(page, product);
  const first = await createTeam(page, product, "First");
  expect(await summarize(page, "Transcript of a trial")).toBe(402);
  await page.goto(first);
  expect(await summarize(page, "Annual report")).toBe(303);
  expect(await summarize(page, "Annual report")).toBe(303);
  expect(await summarize(page, "Annual report")).toBe(402);

  await createTeam(page, product, "Second");
  await expect(page.getByRole("main")).toContainText("0 of 100,000 tokens");
  expect(await summarize(page, "Minutes of the board")).toBe(303);
  await expectUsage(page, "1,200 of 100,000 tokens");
  await page.goto(first);
  await expect(page.getByRole("main")).toContainText("80,000 of 100,000 tokens");

  // Another user of the product sees neither.
  const stranger = await browser.newPage();
  await signUp(stranger, product);
  expect((await stranger.goto(first))?.status()).toBe(404);
  await stranger.close();
});

test("Billing opens Dues' pages in the role that the user has in the team", async ({ page, product, browser }) => {
  const other = await browser.newPage();
  const email = await signUp(other, product);
  await signUp(page, product);
  const team = await createTeam(page, product, "Roles");
  await page.getByLabel("E-mail of a person").fill(email);
  await page.getByRole("button", { name: "Add to the team" }).click();
  await expect(page.getByRole("main")).toContainText(email);

  await page.getByRole("button", { name: "Billing" }).click();
  await expect(page).toHaveURL(/\/membership$/);
  await expect(page.getByRole("link", { name: "Review Pro" }).first()).toBeVisible();

  await other.goto(team);
  expect(await summarize(other, "Transcript of a trial")).toBe(402);
  await expect(other.getByRole("main")).toContainText("An admin of the team can change that");
  await expect(other.getByRole("button", { name: /Upgrade/ })).toHaveCount(0);
  await other.getByRole("button", { name: "Billing" }).click();
  await expect(other).toHaveURL(/\/membership$/);
  await expect(heading(other)).toBeVisible();
  await expect(other.getByRole("link", { name: "Review Pro" })).toHaveCount(0);
  await other.getByRole("link", { name: "Back to Gist" }).first().click();
  await expect(other).toHaveURL(team);
  await other.close();
});

test("webhooks count only with a signature, and the greatest revision stays", async ({ page, product }) => {
  await signUp(page, product);
  const externalId = (await createTeam(page, product, "Messages")).split("/").at(-1);
  const shown = async (plan: string) => {
    await page.reload();
    await expect(header(page).getByText(plan, { exact: true })).toBeVisible();
  };
  const forged = `whsec_${Buffer.from("forged".repeat(5)).toString("base64")}`;
  expect(await send(product, forged, { externalId, plan: "scale", status: "active", revision: 901 })).toBe(400);
  await shown("Free");
  expect(await send(product, product.secret, { externalId, plan: "pro", status: "active", revision: 900 })).toBe(204);
  await shown("Pro");
  expect(await send(product, product.secret, { externalId, plan: "free", status: "active", revision: 899 })).toBe(204);
  await shown("Pro");
  expect(await send(product, product.secret, { externalId, plan: "pro", status: "past_due", revision: 901 })).toBe(204);
  await shown("Pro, payment overdue");
});

test("while Dues is stopped, summaries are refused and everything else works", async ({ browser, demo, product }) => {
  // A page of its own: answers of 503 are no errors here.
  const page = await browser.newPage();
  await signUp(page, product);
  const team = await createTeam(page, product, "Outage");
  expect(await summarize(page, "Minutes of the board")).toBe(303);
  await demo.whileStopped(async () => {
    await page.goto(team);
    await expect(header(page).getByText("Free", { exact: true })).toBeVisible();
    await expect(page.getByRole("main")).toContainText("Usage can't be shown now.");
    await expect(page.getByRole("article")).toHaveCount(1);
    expect(await summarize(page, "Minutes of the board")).toBe(503);
    await expect(heading(page)).toHaveText("Summaries are paused.");
    await page.getByRole("button", { name: "Billing" }).click();
    await expect(heading(page)).toHaveText("Not right now.");
    // A team that is made now becomes a tenant with its first use.
    await createTeam(page, product, "Made meanwhile");
  });
  await page.reload();
  await expect(header(page).getByText("Free", { exact: true })).toBeVisible();
  expect(await summarize(page, "Minutes of the board")).toBe(303);
  await expect(page.getByRole("article")).toHaveCount(1);
  await page.goto(team);
  expect(await summarize(page, "Minutes of the board")).toBe(303);
  await expectUsage(page, "2,400 of 100,000 tokens");
  await page.close();
});

test("the pages of people without a team are sound", async ({ page, product }) => {
  for (const path of ["/sign-in", "/sign-up"]) {
    await page.goto(product.url + path);
    await expectSound(page);
  }
  await page.goto(`${product.url}/sign-in`);
  await page.getByLabel("E-mail").fill("stranger@gist.test");
  await page.getByLabel("Password").fill("a wrong password");
  await page.getByRole("button", { name: "Sign in" }).click();
  await expect(page.getByRole("alert")).toHaveText("Address or password is wrong.");
  await signUp(page, product);
  await expectSound(page);
});

test("make example starts both, and Ctrl-C stops both", async () => {
  const data = mkdtempSync(join(tmpdir(), "dues-example-"));
  const [dues, sandbox, port] = await freePorts(3);
  const { PATH = "", HOME = "" } = process.env;
  const env = {
    PATH,
    HOME,
    DUES_SERVER: binary,
    LISTEN: `127.0.0.1:${dues}`,
    SANDBOX_LISTEN: `127.0.0.1:${sandbox}`,
    PORT: String(port),
  };
  const command = [join(folder, "run.js"), "--data", data];
  const child = spawn(process.execPath, command, { env, stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (text) => (output += text));
  try {
    await expect.poll(() => output, { timeout: 90_000 }).toContain("Stop both with Ctrl-C.");
    expect(output).toContain(`Dues is at        http://127.0.0.1:${dues}`);
    expect(output).toContain(`Gist is at http://127.0.0.1:${port}`);
    expect(await answers(`http://127.0.0.1:${dues}/readyz`)).toBe(true);
    expect(await answers(`http://127.0.0.1:${port}/sign-in`)).toBe(true);
    expect(await end(child, "SIGINT")).toBe(0);
    expect(await answers(`http://127.0.0.1:${dues}/readyz`)).toBe(false);
    expect(await answers(`http://127.0.0.1:${port}/sign-in`)).toBe(false);
  } finally {
    await end(child, "SIGTERM");
    rmSync(data, { recursive: true, force: true });
  }
});
