// A subscription managed on Dues' pages: cancellation, its withdrawal, invoices, and the state at the provider.
import { billingStatus, expect, openWorkspace, signIn, subscribe, test } from "../dues.ts";
import { expectSound } from "../look.ts";

test("a plan is canceled after confirmation, and the cancellation withdrawn", { tag: "@island" }, async ({ page, javaScriptEnabled }) => {
  // axe needs JavaScript.
  const hasLook = javaScriptEnabled ?? true;
  await subscribe(page, await openWorkspace(page), "starter");
  await page.goto("/membership");
  await page.getByRole("link", { name: "Cancel Starter" }).first().click();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Cancel Starter?");
  await expect(page.getByRole("main")).toContainText("Starter stays active until");
  if (hasLook) await expectSound(page);
  await page.getByRole("link", { name: "Keep Starter" }).click();
  expect(await billingStatus(page)).toMatchObject({ cancel_at_period_end: false });

  await page.getByRole("link", { name: "Cancel Starter" }).first().click();
  await page.getByRole("button", { name: "Cancel Starter" }).click();
  await expect(page.getByRole("alert")).toContainText("Starter ends on");
  expect(await billingStatus(page)).toMatchObject({ plan: "starter", status: "active", cancel_at_period_end: true });
  if (hasLook) await expectSound(page);
  // After the cancellation, the confirmation page redirects.
  await page.goto("/membership/cancel");
  await expect(page).toHaveURL(/\/membership$/);

  await page.getByRole("button", { name: "Keep Starter" }).click();
  await expect(page.getByRole("alert")).toContainText("Plan kept");
  expect(await billingStatus(page)).toMatchObject({ cancel_at_period_end: false });
});

test("the invoices page links to the provider's page and a PDF", async ({ page }) => {
  const owner = await openWorkspace(page);
  await page.goto("/membership/invoices");
  await expect(page.getByRole("main")).toContainText("No invoices yet.");
  await expectSound(page);
  await subscribe(page, owner, "pro");
  await page.goto("/membership");
  await page.getByRole("link", { name: "Invoices", exact: true }).click();
  const row = page.getByRole("row").filter({ hasText: "$29.00" });
  await expect(row).toContainText("paid");
  await expectSound(page);
  const pdf = await row.getByRole("link", { name: /^PDF/ }).getAttribute("href");
  expect((await page.request.get(pdf ?? "")).status()).toBe(200);
  await row.getByRole("link", { name: /^Invoice/ }).click();
  await expect(page.getByRole("heading", { level: 1 })).toContainText("Invoice");
  await expect(page.getByRole("main")).toContainText("$29.00");
});

test("the activity page shows the state at the provider and reconciles on demand", async ({ page, demo }) => {
  const owner = await openWorkspace(page);
  await page.goto("/settings/team");
  await page.getByRole("link", { name: "Billing", exact: true }).click();
  await expect(page.getByRole("main")).toContainText("Nothing has been paid yet.");
  await expectSound(page);
  await page.getByRole("link", { name: "Stripe sync" }).click();
  await expect(page.getByRole("main")).toContainText("Nothing to sync with Stripe yet");
  await expectSound(page);
  await subscribe(page, owner, "starter");
  await expect
    .poll(async () => {
      await page.goto("/settings/billing/activity");
      return page.getByRole("table", { name: "Received events" }).getByRole("row").filter({ hasText: "Processed" }).count();
    })
    .toBeGreaterThan(0);
  await expect(page.getByRole("main")).toContainText("No failed jobs.");
  await page.getByRole("button", { name: "Sync with Stripe now" }).click();
  await expect(page.getByRole("alert")).toContainText("Synced with Stripe");
  await expectSound(page);

  await signIn(page, demo.workspace("pro").member);
  await page.goto("/settings/billing/activity");
  await expect(page.getByRole("main")).toContainText("Only owners, admins");
  await expect(page.getByRole("table")).toHaveCount(0);
});
