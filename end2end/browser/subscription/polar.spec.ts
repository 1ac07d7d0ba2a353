// Polar as payment provider: its checkout page and its customer portal.
import { type Page } from "@playwright/test";
import { billingStatus, card, expect, fillCard, openWorkspace, pay, review, subscribe, test } from "../dues.ts";
import { expectSound } from "../look.ts";

test.use({ demoGroup: "polar", provider: "polar" });

const main = (page: Page) => page.getByRole("main");
const head = (page: Page) => page.getByRole("heading", { level: 1 });

test("a plan is bought on Polar's page after a declined card, with one that needs authentication", async ({ page }) => {
  await openWorkspace(page);
  await page.goto("/membership");
  await review(page, "Pro");
  await page.getByRole("button", { name: "Pay at Polar" }).click();
  await expect(page).toHaveURL(/\/pay\/polar\//);
  await expectSound(page);
  await pay(page, card.declined);
  await expect(main(page)).toContainText("Your card was declined.");
  await pay(page, card.authenticates);
  await page.getByRole("button", { name: "Complete" }).click();
  await expect(head(page)).toContainText("is on Pro.");
  expect(await billingStatus(page)).toMatchObject({ plan: "pro", status: "active" });
});

test("Polar's portal changes plan and card, cancels, and leads back", async ({ page }) => {
  await subscribe(page, await openWorkspace(page), "starter");
  await page.goto("/membership");
  await review(page, "Pro");
  await expect(main(page)).toContainText("Polar shows the exact amount before you confirm");
  await page.getByRole("button", { name: "Confirm at Polar" }).click();
  await expect(page).toHaveURL(/\/portal\/polar\//);
  const sound = () => expectSound(page);
  await sound();

  await page.locator("summary", { hasText: "Change the plan" }).click();
  await sound();
  await page.getByRole("button", { name: "Review Pro monthly" }).click();
  await expect(head(page)).toHaveText("From Starter to Pro.");
  await sound();
  await page.getByRole("button", { name: /^Confirm and pay/ }).click();
  await expect(main(page)).toContainText("$29.00");
  await page.getByRole("link", { name: "Back to Robolytics" }).click();
  await expect(page).toHaveURL(/\/membership/);
  await expect(page, "the portal does not report what was done in it").not.toHaveURL(/canceled/);
  await expect(head(page)).toContainText("is on Pro.");

  await page.getByRole("button", { name: "Card and invoices at Polar" }).click();
  await page.getByRole("link", { name: "Use another card" }).click();
  await sound();
  await fillCard(page, card.pays);
  await page.getByRole("button", { name: "Save the card" }).click();
  await page.getByRole("button", { name: "Cancel Pro" }).click();
  await expect(head(page)).toHaveText("End Pro?");
  await sound();
  await page.getByRole("button", { name: "Cancel Pro" }).click();
  await page.getByRole("link", { name: "Back to Robolytics" }).click();
  await expect(main(page)).toContainText("Pro ends on");
  expect(await billingStatus(page)).toMatchObject({ plan: "pro", status: "active", cancel_at_period_end: true });

  // Withdrawing the cancellation is done on Dues' page.
  await page.getByRole("button", { name: "Keep Pro" }).click();
  await expect.poll(async () => (await billingStatus(page)).cancel_at_period_end).toBe(false);
});
