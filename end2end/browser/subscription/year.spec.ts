// Twelve months of one workspace: trial, payments, upgrade, failing card, downgrade, cancellation. At each step the
// page and every API that reports a plan agree. The test moves the billing clock, so its demo is separate.
import { type Page } from "@playwright/test";
import { advance, billingStatus, card, expect, expectToRead, fillCard, openWorkspace, review, test } from "../dues.ts";
import { expectSound } from "../look.ts";

// Grace ends before the provider's last retry.
test.use({ demoGroup: "clock", trialDays: 14, graceDays: 3 });
test.slow();

/** The limit of projects, which identifies the plan whose limits apply. */
const projects = { free: 1, starter: 1, pro: 3, business: 20 };
type Plan = keyof typeof projects;

/** Expects every API to report the plan whose limits apply, each in its own shape. */
async function expectEverywhere(page: Page, plan: Plan, status: "active" | "past_due" | "canceled", ends = false): Promise<void> {
  const ask = async (path: string) => {
    const answer = await page.request.get(path);
    expect(answer.status(), path).toBe(200);
    return answer.json();
  };
  const console = await ask("/api/v1/billing/status");
  expect(console.data).toMatchObject({ plan, status, cancel_at_period_end: ends });
  const platform = await ask("/billing/subscription");
  expect(platform.subscription).toMatchObject({ plan, status, cancelAtPeriodEnd: ends });
  const workspace = await ask("/api/v1/billing/subscription");
  expect(workspace).toMatchObject({ subscription: { plan, status }, limits: { projects: projects[plan] } });
  expect(await ask("/api/v1/billing/features/projects/check")).toMatchObject({ isValid: true, limit: projects[plan] });
}

test("a subscription over twelve months, from trial to cancellation", async ({ page, demo }) => {
  const main = page.getByRole("main");
  const head = page.getByRole("heading", { level: 1 });
  const pass = (days: number) => advance(page, demo.sandboxUrl, days);
  /** Moves the clock to a day after the end of the current period. */
  const passPeriod = async () => {
    const { now } = await (await page.request.get(`${demo.sandboxUrl}/clock`)).json();
    const left = async () => Date.parse((await billingStatus(page)).current_period_end ?? "") - Date.parse(now);
    await expect.poll(left, { message: "the renewal's webhook was processed" }).toBeGreaterThan(0);
    await pass(Math.ceil((await left()) / 86_400_000) + 1);
  };
  const customer = (email: string) => page.getByRole("row").filter({ hasText: email });
  const { workspace, email } = await openWorkspace(page);
  await expectEverywhere(page, "free", "active");

  await test.step("the trial starts, and nothing is paid", async () => {
    await page.goto("/membership");
    await review(page, "Pro");
    await page.getByRole("button", { name: "Start the trial at Stripe" }).click();
    await fillCard(page, card.pays);
    await page.getByRole("button", { name: "Start the trial" }).click();
    await expect(head).toHaveText(`${workspace} is on Pro.`);
    await expect(main).toContainText("The trial runs until");
    await expectEverywhere(page, "pro", "active");
  });

  await test.step("the first payment", async () => {
    await passPeriod();
    await expectToRead(page, "The next payment of $29.00");
    await expectEverywhere(page, "pro", "active");
  });

  await test.step("two renewals, then an upgrade", async () => {
    await passPeriod();
    await passPeriod();
    await page.goto("/membership/invoices");
    await expect.poll(async () => {
      await page.reload();
      return page.getByRole("row").filter({ hasText: "$29.00" }).count();
    }).toBe(3);
    await page.goto("/checkout?plan=business&cycle=monthly");
    await expect(page.getByRole("region", { name: "Order summary" })).toContainText("Due");
    await page.getByRole("button", { name: "Confirm at Stripe" }).click();
    await page.getByRole("button", { name: /^Confirm/ }).click();
    await expect(head).toHaveText(`${workspace} is on Business.`);
    await expectEverywhere(page, "business", "active");
  });

  await test.step("a renewal fails", async () => {
    await page.goto(demo.sandboxUrl);
    await customer(email).getByRole("button", { name: "Fail payments" }).click();
    await passPeriod();
    await expectToRead(page, "The payment of $199.00");
    await expect(main).toContainText("Business stays active until");
    await expectSound(page);
    await expectEverywhere(page, "business", "past_due");
  });

  await test.step("grace ends", async () => {
    await pass(4);
    await expectToRead(page, "Limited to the Free plan since");
    await expectSound(page);
    await expectEverywhere(page, "free", "past_due");
  });

  await test.step("a new card restores the plan", async () => {
    await page.goto(demo.sandboxUrl);
    await customer(email).getByRole("button", { name: "Let payments pass" }).click();
    await page.goto("/membership");
    await page.getByRole("button", { name: "Update the card at Stripe" }).click();
    await fillCard(page, card.pays);
    await page.getByRole("button", { name: "Save the card" }).click();
    await expect(page).toHaveURL(/\/membership/);
    await pass(3);
    await expectToRead(page, "The next payment of $199.00");
    await expectEverywhere(page, "business", "active");
  });

  await test.step("a downgrade at the period's end", async () => {
    await passPeriod();
    await passPeriod();
    await expectToRead(page, "The next payment of $199.00");
    await page.goto("/checkout?plan=starter&cycle=monthly");
    await page.getByRole("button", { name: "Confirm at Stripe" }).click();
    await page.getByRole("button", { name: "Confirm" }).click();
    await expect(main).toContainText("Business changes to Starter on");
    await expectEverywhere(page, "business", "active");
    await passPeriod();
    await expectToRead(page, `${workspace} is on Starter.`);
    await expectEverywhere(page, "starter", "active");
  });

  await test.step("a cancellation at the period's end", async () => {
    for (let month = 0; month < 4; month++) await passPeriod();
    await page.goto("/membership/cancel");
    await page.getByRole("button", { name: "Cancel Starter" }).click();
    await expect(main).toContainText("Starter ends on");
    await expectEverywhere(page, "starter", "active", true);
    await passPeriod();
    await expectToRead(page, `${workspace} is on Free.`);
    await expectSound(page);
    await expectEverywhere(page, "free", "canceled", true);
  });
});
