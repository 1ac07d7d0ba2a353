// The keys page: an admin creates, copies and revokes API keys.
import { type APIResponse, type Page } from "@playwright/test";
import { expect, makeKey, openConfirmedWorkspace, openWorkspace, signIn, test } from "../dues.ts";
import { expectSound } from "../look.ts";

/** Calls the API with the key, as a service does. */
async function ask(page: Page, key: string): Promise<APIResponse> {
  return page.request.get("/api/v1/billing/status", { headers: { authorization: `Bearer ${key}` } });
}

test("a key is shown once, works, and is refused once revoked", async ({ page }) => {
  const { email, workspace } = await openConfirmedWorkspace(page);
  await page.goto("/settings/keys");
  await expect(page.getByRole("main")).toContainText("No keys yet.");
  const key = await makeKey(page, "Staging gateway");
  expect(page.url()).not.toContain("dues_");
  expect((await ask(page, key)).status()).toBe(200);

  await page.getByRole("link", { name: "I’ve copied it" }).click();
  await expect(page.getByLabel("New key")).toHaveCount(0);
  const row = page.getByRole("table", { name: `API keys of ${workspace}` }).getByRole("row", { name: /Staging/ });
  await expect(row).toContainText(`by ${email}`);
  await expect(row).toContainText(key.slice(0, "dues_".length + 8));
  expect(await page.content()).not.toContain(key);

  await row.getByRole("link", { name: "Revoke Staging gateway" }).click();
  await page.getByRole("link", { name: "Cancel" }).click();
  expect((await ask(page, key)).status()).toBe(200);
  await row.getByRole("link", { name: "Revoke Staging gateway" }).click();
  await expect(page.getByRole("alert")).toContainText("Anything that uses this key stops working immediately.");
  await page.getByRole("button", { name: "Revoke Staging gateway" }).click();
  await expect(page.getByRole("alert")).toContainText("Key revoked");
  await expect(page.getByRole("main")).toContainText("No keys yet.");
  expect((await ask(page, key)).status()).toBe(401);
});

test("a button copies a new key, another a command that works with it @island", async ({ page, context, javaScriptEnabled }) => {
  await openConfirmedWorkspace(page);
  await page.goto("/settings/keys");
  const key = await makeKey(page, "Copied gateway");
  const command = page.locator("pre", { hasText: "curl" });
  await expect(command).toContainText(`-H 'authorization: Bearer ${key}'`);
  const copyKey = page.getByRole("button", { name: "Copy New key" });
  if (javaScriptEnabled === false) {
    await expect(copyKey).toBeHidden();
    return;
  }
  await context.grantPermissions(["clipboard-read", "clipboard-write"]);
  const copied = () => page.evaluate(() => navigator.clipboard.readText());
  await copyKey.click();
  await expect(page.getByRole("button", { name: "Copied" })).toHaveAttribute("aria-live", "polite");
  expect(await copied()).toBe(key);
  await page.getByRole("button", { name: "Copy Command" }).click();
  await expect(page.getByRole("button", { name: "Copied" })).toHaveCount(2);
  expect(await copied()).toBe(await command.textContent());
  const [url] = /http[^']+/.exec(await copied()) ?? [""];
  const answer = await page.request.get(url, { headers: { authorization: `Bearer ${key}` } });
  expect(await answer.json()).toMatchObject({ isValid: true, used: 0 });
});

test("a button says so when the browser refuses to copy", async ({ page }) => {
  await openConfirmedWorkspace(page);
  await page.goto("/settings/keys");
  await makeKey(page, "Refused gateway");
  await page.evaluate(() => {
    navigator.clipboard.writeText = () => Promise.reject(new Error("refused"));
  });
  await page.getByRole("button", { name: "Copy New key" }).click();
  await expect(page.getByRole("button", { name: "Copy failed" })).toBeVisible();
});

test("an invalid form marks and links each field, and keeps the other values", async ({ page }) => {
  await openConfirmedWorkspace(page);
  await page.goto("/settings/keys");
  await page.getByLabel("Name", { exact: true }).fill("Nightly report");
  await page.getByLabel("Expiration date").fill("2020-01-31");
  await page.getByRole("button", { name: "Create key" }).click();
  const alert = page.getByRole("alert");
  await expect(alert).toContainText("2 fields need a correction");
  await expect(page.getByLabel("Name", { exact: true })).toHaveValue("Nightly report");
  await expect(page.getByLabel("Expiration date")).toHaveValue("2020-01-31");
  await alert.getByRole("link", { name: "Choose at least one scope" }).click();
  await expect(page.getByRole("checkbox", { name: /^read/ })).toBeFocused();
  await page.getByRole("checkbox", { name: /^billing/ }).check();
  await page.getByLabel("Expiration date").fill("2099-01-31");
  await page.getByRole("button", { name: "Create key" }).click();
  await expect(page.getByRole("heading", { name: "“Nightly report” created." })).toBeVisible();
  await expect(page.getByRole("row", { name: /Nightly report/ })).toContainText("31 Jan 2099");
});

test("keys and invitations need a confirmed address, and the pages say how to confirm it", async ({ page, demo }) => {
  const { email } = await openWorkspace(page);
  for (const path of ["/settings/team", "/settings/keys"]) {
    await page.goto(path);
    await expect(page.getByRole("heading", { name: "Confirm your address" })).toBeVisible();
    await expect(page.getByText("server prove-address --email ADDRESS")).toBeVisible();
    await expect(page.getByRole("button", { name: /^(Make|Create)/ })).toHaveCount(0);
    await expectSound(page);
  }
  await page.goto(new URL(demo.command("prove-address", "--email", email)).pathname);
  await page.getByRole("button", { name: "Confirm address" }).click();
  await expect(page.getByRole("heading", { name: "Address confirmed" })).toBeVisible();
  await page.goto("/settings/keys");
  await makeKey(page, "Gateway");
});

test("a member reads who can see keys", async ({ page, demo }) => {
  const { name, member } = demo.workspace("pro");
  await signIn(page, member);
  await page.goto("/settings/keys");
  await expect(page.getByText(`Only owners and admins of ${name} can view, create or revoke API keys.`)).toBeVisible();
  await expect(page.getByRole("row", { name: /demo, read/ })).toHaveCount(0);
  await expect(page.getByRole("link", { name: /^Revoke/ })).toHaveCount(0);
  await expect(page.getByRole("button", { name: "Create key" })).toHaveCount(0);
});
