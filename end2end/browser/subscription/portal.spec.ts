// A subscription is changed and canceled in the provider's portal.
import { billingStatus, expect, openWorkspace, review, subscribe, test } from "../dues.ts";

test.beforeEach(async ({ page }) => {
  await subscribe(page, await openWorkspace(page), "starter");
  await page.goto("/membership");
});

test("a change of plan is confirmed on the portal's deep link", async ({ page }) => {
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

test("a cancellation in the portal can be withdrawn", { tag: "@island" }, async ({ page }) => {
  const main = page.getByRole("main");
  const button = (name: string) => page.getByRole("button", { name });
  await button("Card and invoices at Stripe").click();
  await button("Cancel Starter").click();
  await expect(page).toHaveURL(/\/cancel/);
  await button("Cancel Starter").click();
  await page.getByRole("link", { name: "Back to Robolytics" }).click();
  await expect(main).toContainText("Starter ends on");
  expect(await billingStatus(page)).toMatchObject({ plan: "starter", status: "active", cancel_at_period_end: true });

  await button("Keep Starter").click();
  await expect(page.getByRole("alert")).toContainText("Plan kept");
  await expect(main).toContainText("The next payment of $9.00");
  expect(await billingStatus(page)).toMatchObject({ plan: "starter", status: "active", cancel_at_period_end: false });
});

test("the portal lists payments and leads back", async ({ page }) => {
  await page.getByRole("button", { name: "Card and invoices at Stripe" }).click();
  await expect(page).toHaveURL(/\/portal\//);
  await expect(page.getByRole("table")).toContainText("$9.00");
  await page.getByRole("link", { name: "Back to Robolytics" }).click();
  await expect(page).toHaveURL(/\/membership/);
});
