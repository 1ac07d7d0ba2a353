// Twelve months of one workspace: a trial, payments, more, a card that fails, less, and the end. At each step the page and every
// API that tells of a plan say the same. The clock that is moved here is this file's own.
import { type Page } from "@playwright/test";
import { advance, billingStatus, card, expect, expectToRead, fillCard, openWorkspace, review, test } from "./dues.ts";
import { expectSound } from "./look.ts";

// Grace ends before the provider gives up trying.
test.use({ house: "year", trialDays: 14, settings: { GRACE_DAYS: "3" } });
test.slow();

/** Of which plan these are the limits, by how many projects it has room for. */
const projects = { free: 1, starter: 1, pro: 3, business: 20 };
type Plan = keyof typeof projects;

/** The plan whose limits hold, in the shape of each of the users' documents. */
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

test("twelve months, from the trial to the end", async ({ page, demo }) => {
  const main = page.getByRole("main");
  const head = page.getByRole("heading", { level: 1 });
  const pass = (days: number) => advance(page, demo.sandboxUrl, days);
  /** Until a day after what is paid or tried. */
  const passPeriod = async () => {
    const { now } = await (await page.request.get(`${demo.sandboxUrl}/clock`)).json();
    const left = async () => Date.parse((await billingStatus(page)).current_period_end ?? "") - Date.parse(now);
    await expect.poll(left, { message: "Dues has heard of the last period" }).toBeGreaterThan(0);
    await pass(Math.ceil((await left()) / 86_400_000) + 1);
  };
  const customer = (email: string) => page.getByRole("row").filter({ hasText: email });
  const { workspace, email } = await openWorkspace(page);
  await expectEverywhere(page, "free", "active");

  await test.step("a trial, and nothing is paid", async () => {
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

  await test.step("two renewals, and then more", async () => {
    await passPeriod();
    await passPeriod();
    await page.goto("/membership/invoices");
    await expect.poll(async () => {
      await page.reload();
      return page.getByRole("row").filter({ hasText: "$29.00" }).count();
    }).toBe(3);
    await page.goto("/checkout?plan=business&cycle=monthly");
    await expect(page.getByRole("region", { name: "The sum" })).toContainText("Due");
    await page.getByRole("button", { name: "Confirm at Stripe" }).click();
    await page.getByRole("button", { name: /^Confirm/ }).click();
    await expect(head).toHaveText(`${workspace} is on Business.`);
    await expectEverywhere(page, "business", "active");
  });

  await test.step("a card that fails", async () => {
    await page.goto(demo.sandboxUrl);
    await customer(email).getByRole("button", { name: "Fail payments" }).click();
    await passPeriod();
    await expectToRead(page, "The payment of $199.00");
    await expect(main).toContainText("Business stays on until");
    await expectSound(page);
    await expectEverywhere(page, "business", "past_due");
  });

  await test.step("grace is over", async () => {
    await pass(4);
    await expectToRead(page, "The limits of Free hold since");
    await expectSound(page);
    await expectEverywhere(page, "free", "past_due");
  });

  await test.step("another card, and all is as it was", async () => {
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

  await test.step("less, when what is paid is over", async () => {
    await passPeriod();
    await passPeriod();
    await expectToRead(page, "The next payment of $199.00");
    await page.goto("/checkout?plan=starter&cycle=monthly");
    await page.getByRole("button", { name: "Confirm at Stripe" }).click();
    await page.getByRole("button", { name: "Confirm" }).click();
    await expect(main).toContainText("Changes to Starter on");
    await expectEverywhere(page, "business", "active");
    await passPeriod();
    await expectToRead(page, `${workspace} is on Starter.`);
    await expectEverywhere(page, "starter", "active");
  });

  await test.step("the end, with the last day that is paid", async () => {
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
