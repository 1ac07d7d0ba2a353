// A failing renewal and a cancellation over time. The tests move the billing clock, so their demo is separate.
import { advance, billingStatus, card, expect, expectToRead, fillCard, openWorkspace, subscribe, test } from "../dues.ts";
import { expectSound } from "../look.ts";

test.use({ demoGroup: "clock", trialDays: 14, graceDays: 3 });

test("a failed renewal is shown, retried, and paid with a new card", async ({ page, demo }) => {
  const owner = await openWorkspace(page);
  await subscribe(page, owner, "starter");
  const paidUntil = (await billingStatus(page)).current_period_end ?? "";

  await page.goto(demo.sandboxUrl);
  const customer = page.getByRole("row").filter({ hasText: owner.email });
  await customer.getByRole("button", { name: "Fail payments" }).click();
  await expect(customer.getByRole("button", { name: "Let payments pass" })).toBeVisible();
  await advance(page, demo.sandboxUrl, 32);

  await expectToRead(page, "The payment of $9.00");
  await expect(page.getByRole("main")).toContainText("Starter stays active until");
  await expectSound(page);
  expect(await billingStatus(page)).toMatchObject({ plan: "starter", status: "past_due" });

  await page.goto(demo.sandboxUrl);
  await customer.getByRole("button", { name: "Let payments pass" }).click();
  await expect(customer.getByRole("button", { name: "Fail payments" })).toBeVisible();
  await page.goto("/membership");
  await page.getByRole("button", { name: "Update the card at Stripe" }).click();
  await expect(page).toHaveURL(/\/portal\//);
  await fillCard(page, card.pays);
  await page.getByRole("button", { name: "Save the card" }).click();
  await expect(page).toHaveURL(/\/membership/);
  await advance(page, demo.sandboxUrl, 3);
  await expectToRead(page, "The next payment of $9.00");
  const now = await billingStatus(page);
  expect(now).toMatchObject({ plan: "starter", status: "active" });
  expect(Date.parse(now.current_period_end ?? "")).toBeGreaterThan(Date.parse(paidUntil));
});

test("a canceled plan stays active until the period's end, then the workspace is on Free", async ({ page, demo }) => {
  const owner = await openWorkspace(page);
  await subscribe(page, owner, "starter");
  await page.goto("/membership");
  await page.getByRole("link", { name: "Cancel Starter" }).first().click();
  await page.getByRole("button", { name: "Cancel Starter" }).click();
  await expect(page).toHaveURL(/\/membership\?/);
  await expect(page.getByRole("heading", { level: 1 })).toHaveText(`${owner.workspace} is on Starter.`);
  await expectSound(page);
  await advance(page, demo.sandboxUrl, 32);
  await expectToRead(page, `${owner.workspace} is on Free.`);
  expect(await billingStatus(page)).toMatchObject({ plan: "free" });
});
