// Portal sessions: a user of the product comes by a link, without an account of Dues.
import { randomUUID } from "node:crypto";
import { type Page } from "@playwright/test";
import { type Demo } from "../../demo.ts";
import { card, expect, expectToRead, fillCard, openConfirmedWorkspace, signIn, test } from "../dues.ts";
import { expectSound } from "../look.ts";

const product = "https://product.example/settings";
const title = { level: 1 } as const;

// The links of this file lead back to an origin that the server must know.
test.use({ demoGroup: "portal", settings: { ALLOWED_REDIRECT_ORIGINS: "https://product.example" } });

/** Calls the API with a key of the installation that has every scope. */
async function call(page: Page, demo: Demo, method: string, path: string, data?: object, tenant?: string) {
  const headers: Record<string, string> = { authorization: `Bearer ${demo.installationKey}` };
  if (tenant) headers["x-tenant-external-id"] = tenant;
  const answer = await page.request.fetch(`${demo.url}${path}`, { method, headers, data });
  expect(answer.ok(), `${answer.status()} from ${path}: ${await answer.text()}`).toBe(true);
  return answer.status() === 204 ? undefined : answer.json();
}

/** Creates a tenant without people, and returns its external id. */
async function provision(page: Page, demo: Demo): Promise<string> {
  const id = `team-${randomUUID()}`;
  await call(page, demo, "PUT", `/api/v1/tenants/external:${id}`, { name: "Harbor Mill", email: "pay@harbor.test" });
  return id;
}

async function link(page: Page, demo: Demo, tenant: string, more: object = {}): Promise<string> {
  const user = { externalId: "user_42", name: "Ada Harbor" };
  const wish = { user, role: "admin", returnUrl: product, returnLabel: "Harbor", ...more };
  return (await call(page, demo, "POST", "/api/v1/portal-links", wish, tenant)).url;
}

const back = (page: Page) => page.getByRole("link", { name: "Back to Harbor" }).first();

/** Every page that a session opens leads back to the product, and offers no other workspace and no account. */
async function expectPortalForm(page: Page): Promise<void> {
  await expect(back(page)).toHaveAttribute("href", product);
  for (const name of [/^Account: /i, "Sign out", "Operator’s desk", "Your account"]) {
    await expect(page.getByText(name, { exact: typeof name === "string" })).toHaveCount(0);
  }
  await expect(page.getByRole("combobox", { name: /workspace/i })).toHaveCount(0);
}

test("an admin of the product sees every page in its portal form, and pays @island", async ({ page, demo, javaScriptEnabled }) => {
  const tenant = await provision(page, demo);
  await page.goto(await link(page, demo, tenant));
  await expect(page).toHaveURL(`${demo.url}/membership`);
  await expect(page.getByRole("heading", title)).toContainText("Harbor Mill");
  const workspace = ["/membership", "/membership/invoices", "/membership/seats", "/usage", "/usage/ai_tokens", "/settings/team"];
  for (const path of [...workspace, "/checkout?plan=pro"]) {
    await page.goto(path);
    await expectPortalForm(page);
    if (javaScriptEnabled) await expectSound(page);
  }
  await page.getByRole("button", { name: "Pay at Stripe" }).click();
  await fillCard(page, card.pays);
  await page.getByLabel("E-mail").fill("pay@harbor.test");
  await page.getByRole("button", { name: /^Pay/ }).click();
  await expectToRead(page, "Pro");
  await expectPortalForm(page);
  const { subscription } = await call(page, demo, "GET", `/api/v1/tenants/external:${tenant}`);
  expect(subscription.plan).toBe("pro");
});

test("what a session may not open answers so, and leads back", async ({ page, demo }) => {
  await page.goto(await link(page, demo, await provision(page, demo)));
  for (const path of ["/settings/keys", "/settings/secrets", "/settings/account"]) {
    expect((await page.goto(path))?.status(), path).toBe(403);
    await expect(page.getByRole("heading", title)).toHaveText("You need an account for this page.");
    await expectPortalForm(page);
    await expectSound(page);
  }
  for (const path of ["/operator", "/operator/keys", "/no-such-page"]) {
    expect((await page.goto(path))?.status(), path).toBe(404);
    await expectPortalForm(page);
  }
});

test("keys are open to a session that the product allows them", async ({ page, demo }) => {
  await page.goto(await link(page, demo, await provision(page, demo), { allow: ["keys"] }));
  await page.goto("/settings/keys");
  await expect(page.getByRole("heading", title)).toHaveText("API keys");
  await expectPortalForm(page);
  await expectSound(page);
});

test("a member of the product sees pages, and no button that pays", async ({ page, demo }) => {
  await page.goto(await link(page, demo, await provision(page, demo), { role: "member" }));
  for (const path of ["/membership", "/usage", "/checkout?plan=pro"]) {
    await page.goto(path);
    await expectPortalForm(page);
    await expectSound(page);
    await expect(page.getByRole("button", { name: /^Pay/ })).toHaveCount(0);
  }
});

test("a link works once, and an unknown one not at all", async ({ page, browser, demo }) => {
  const url = await link(page, demo, await provision(page, demo));
  await page.goto(url);
  await expect(page.getByRole("heading", title)).toContainText("Harbor Mill");

  const other = await browser.newContext();
  const second = await other.newPage();
  expect((await second.goto(url))?.status()).toBe(410);
  await expect(second.getByRole("heading", title)).toHaveText("This link was already used.");
  await expect(back(second)).toHaveAttribute("href", product);
  await expectSound(second);
  expect((await second.goto(`${url.slice(0, -4)}zzzz`))?.status()).toBe(404);
  await expect(second.getByRole("heading", title)).toHaveText("This link doesn’t exist.");
  await expectSound(second);
  await other.close();
});

test("a session speaks beside an account's, until the next sign-in", async ({ page, demo }) => {
  const owner = await openConfirmedWorkspace(page);
  await page.goto(await link(page, demo, await provision(page, demo)));
  await expect(page.getByRole("heading", title)).toContainText("Harbor Mill");
  await expectPortalForm(page);
  await signIn(page, owner);
  await page.goto("/membership");
  await expect(page.getByRole("heading", title)).toContainText(owner.workspace);
  await expect(back(page)).toHaveCount(0);
});

test("the product ends a session", async ({ page, demo }) => {
  const tenant = await provision(page, demo);
  await page.goto(await link(page, demo, tenant));
  await expect(page.getByRole("heading", title)).toContainText("Harbor Mill");
  await call(page, demo, "DELETE", "/api/v1/portal-sessions?user=user_42", undefined, tenant);
  expect((await page.goto("/membership"))?.status()).toBe(410);
  await expect(page.getByRole("heading", title)).toHaveText("Your session has ended.");
  await expect(back(page)).toHaveAttribute("href", product);
  await expectSound(page);
});
