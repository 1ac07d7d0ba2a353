// A live subscription is changed and ended at the provider's portal.
import { billingStatus, card, expect, goAndPay, openWorkspace, pay, review, test } from "./dues.ts";

test.beforeEach(async ({ page }) => {
  await openWorkspace(page);
  await goAndPay(page, "Starter");
  await pay(page, card.pays);
  await expect(page.getByRole("heading", { level: 1 })).toContainText("is on Starter.");
  await page.goto("/membership");
});

test("another plan is confirmed on the portal's page for that very change", async ({ page }) => {
  await review(page, "Pro");
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("From Starter to Pro.");
  await page.getByRole("button", { name: "Confirm at Stripe" }).click();
  await expect(page).toHaveURL(/\/portal\//);
  await expect(page.getByRole("main")).toContainText("Pro");
  expect(await billingStatus(page)).toMatchObject({ plan: "starter", status: "active" });
  await page.getByRole("button", { name: /Confirm/ }).click();
  await expect(page).toHaveURL(/\/membership/);
  await expect(page.getByRole("heading", { level: 1 })).toContainText("is on Pro.");
  await expect.poll(async () => (await billingStatus(page)).plan).toBe("pro");
});

test("the portal leads back", async ({ page }) => {
  await page.getByRole("button", { name: /invoices at Stripe/ }).click();
  await expect(page).toHaveURL(/\/portal\//);
  await expect(page.getByRole("main")).toContainText("$9.00");
  await page.getByRole("link", { name: /Dues/ }).first().click();
  await expect(page).toHaveURL(/\/membership/);
});
