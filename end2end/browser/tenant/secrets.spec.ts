// The secrets page: an admin stores, replaces and deletes secrets, and the audit log records it.
import { type Page } from "@playwright/test";
import { expect, openWorkspace, signIn, test } from "../dues.ts";

async function keep(page: Page, name: string, value: string): Promise<void> {
  await page.getByLabel("Name", { exact: true }).fill(name);
  await page.getByLabel("Value", { exact: true }).fill(value);
  await page.getByRole("button", { name: "Add secret" }).click();
}

test("a secret is stored, replaced, deleted, and never shown", async ({ page }) => {
  const { email, workspace } = await openWorkspace(page);
  await page.goto("/settings/secrets");
  await expect(page.getByRole("main")).toContainText("No secrets yet.");
  await expect(page.getByLabel("Value", { exact: true })).toHaveAttribute("type", "password");
  await expect(page.getByLabel("Value", { exact: true })).toHaveAttribute("autocomplete", "off");
  await keep(page, "polar_api_key", "polar_sk_planted");
  await expect(page.getByRole("alert")).toContainText("Secret saved");
  const table = page.getByRole("table", { name: `Secrets of ${workspace}` });
  const row = table.getByRole("row", { name: /polar_api_key/ });
  await expect(row).toContainText("Polar organization");
  await expect(page.getByRole("main")).toContainText(/1 of 5/);
  expect(await page.content()).not.toContain("polar_sk_planted");

  await row.getByRole("link", { name: "Replace polar_api_key" }).click();
  await expect(page.getByLabel("Name", { exact: true })).toHaveValue("polar_api_key");
  await page.getByLabel("New value").fill("polar_sk_other");
  await page.getByRole("button", { name: "Replace secret" }).click();
  await expect(page.getByRole("alert")).toContainText("Secret saved");

  await row.getByRole("link", { name: "Delete polar_api_key" }).click();
  await page.getByRole("link", { name: "Cancel" }).click();
  await expect(row).toBeVisible();
  await row.getByRole("link", { name: "Delete polar_api_key" }).click();
  await page.getByRole("button", { name: "Delete polar_api_key" }).click();
  await expect(page.getByRole("alert")).toContainText("Secret deleted");
  await expect(page.getByRole("main")).toContainText("No secrets yet.");

  await page.getByRole("link", { name: "Audit log" }).click();
  const entries = page.getByRole("row").filter({ hasText: "polar_api_key" });
  await expect(entries).toHaveCount(3);
  await expect(entries.first()).toContainText("Deleted secret polar_api_key");
  await expect(entries.nth(1)).toContainText("Replaced the value of secret polar_api_key");
  await expect(entries.last()).toContainText(email);
  await page.getByLabel("Action", { exact: true }).selectOption("Secrets deleted");
  await page.getByRole("button", { name: "Filter", exact: true }).click();
  await expect(page.getByRole("row").filter({ hasText: "polar_api_key" })).toHaveCount(1);
  const download = page.waitForEvent("download");
  await page.getByRole("link", { name: "Download as CSV" }).click();
  expect((await download).suggestedFilename()).toBe("audit.csv");
});

test("an invalid name is marked, and the value has to be entered again", async ({ page }) => {
  await openWorkspace(page);
  await page.goto("/settings/secrets");
  await keep(page, "no name", "hush");
  const alert = page.getByRole("alert");
  await alert.getByRole("link", { name: /Use letters/ }).click();
  await expect(page.getByLabel("Name", { exact: true })).toBeFocused();
  await expect(page.getByLabel("Name", { exact: true })).toHaveValue("no name");
  await expect(page.getByLabel("Value", { exact: true })).toHaveValue("");
});

test("at the limit of secrets, existing ones can still be replaced", async ({ page }) => {
  await openWorkspace(page);
  await page.goto("/settings/secrets");
  for (let number = 0; number < 5; number++) await keep(page, `s${number}`, "x");
  await expect(page.getByRole("main")).toContainText("Secret limit reached");
  await expect(page.getByRole("button", { name: "Add secret" })).toHaveCount(0);
  await page.getByRole("link", { name: "Replace s3" }).click();
  await page.getByLabel("New value").fill("y");
  await page.getByRole("button", { name: "Replace secret" }).click();
  await expect(page.getByRole("alert")).toContainText("Secret saved");
});

test("a member reads who can see secrets and the audit log", async ({ page, demo }) => {
  const { name, member } = demo.workspace("pro");
  await signIn(page, member);
  for (const path of ["/settings/secrets", "/settings/audit"]) {
    await page.goto(path);
    await expect(page.getByText(`Only owners and admins of ${name} can view`)).toBeVisible();
    await expect(page.getByRole("table")).toHaveCount(0);
  }
});
