// Plans that are sold by the seat: bought, grown, shrunk, upgraded, downgraded, tried and canceled. The sums of the
// invoices that the sandbox lists are those that the catalog's prices give, to the cent, and those of the pages. The test
// moves the billing clock, so its demo is separate.
import { type Page } from "@playwright/test";
import type { Demo } from "../../demo.ts";
import { advance, billingStatus, card, expect, expectToRead, fillCard, openWorkspace, test } from "../dues.ts";
import { expectSound } from "../look.ts";

test.use({ demoGroup: "seats", seats: true });
test.slow();

const main = (page: Page) => page.getByRole("main");
const head = (page: Page) => page.getByRole("heading", { level: 1 });
const summary = (page: Page) => page.getByRole("region", { name: "Order summary" });
const confirm = (page: Page) => page.getByRole("button", { name: "Confirm change" });

interface Invoice {
  total: number;
  billing_reason: string;
  lines: { data: { period: { start: number; end: number } }[] };
}

/** The workspace's invoices at the sandbox, the latest first. */
async function listInvoices(page: Page, demo: Demo): Promise<Invoice[]> {
  const headers = { authorization: "Bearer sk_test_demo" };
  const list = async (path: string) => (await (await page.request.get(`${demo.sandboxUrl}/v1/${path}`, { headers })).json()).data;
  const { tenantId } = await (await page.request.get("/api/v1/auth/me")).json();
  const customers: { id: string; metadata: Record<string, string> }[] = await list("customers?limit=100");
  const customer = customers.find(({ metadata }) => metadata.tenant_id === tenantId);
  return customer ? await list(`invoices?customer=${customer.id}&limit=100`) : [];
}

/** The totals of the workspace's invoices, in cents, the latest first. */
async function invoices(page: Page, demo: Demo): Promise<number[]> {
  return (await listInvoices(page, demo)).map(({ total }) => total);
}

/**
 * What the latest invoice, for a change within the period, has to be over: of each sum a month in `whole`, in cents and
 * negative for what is given back, the share that was left of the period.
 */
async function shares(page: Page, demo: Demo, whole: number[]): Promise<number> {
  const [change, ...earlier] = await listInvoices(page, demo);
  const paid = earlier.find(({ billing_reason }) => billing_reason !== "subscription_update")!.lines.data[0]!.period;
  const { start, end } = change!.lines.data[0]!.period;
  expect(end, "the change is paid until the period's end").toBe(paid.end);
  const share = (cents: number) => Math.sign(cents) * Math.round((Math.abs(cents) * (end - start)) / (paid.end - paid.start));
  return whole.map(share).reduce((sum, cents) => sum + cents, 0);
}

/** The amount that the page states as due today, in cents. */
async function dueToday(page: Page): Promise<number> {
  const line = summary(page).locator("dl > div").filter({ hasText: "Due today" });
  const dollars = (await line.locator("dd").innerText()).replace(/[$,]/g, "");
  return Math.round(Number(dollars) * 100);
}

/**
 * Expects one more invoice than `before`, over the shares of the sums a month in `whole`, as the page stated in `due`.
 * Proration is by the second: between the page and the change it may lose a cent.
 */
async function expectCharged(page: Page, demo: Demo, before: number[], due: number, whole: number[]): Promise<void> {
  await expect.poll(async () => (await invoices(page, demo)).length).toBe(before.length + 1);
  const [latest] = await invoices(page, demo);
  expect(latest).toBe(await shares(page, demo, whole));
  expect(Math.abs(latest! - due), `${latest} was charged, ${due} was due`).toBeLessThanOrEqual(1);
}

/** On the page of seats, reviews a change to `seats`. */
async function reviewSeats(page: Page, seats: number): Promise<void> {
  await page.goto("/membership/seats");
  await page.getByLabel("Number of seats").fill(String(seats));
  await page.getByRole("button", { name: "Review change" }).click();
  await expect(summary(page)).toBeVisible();
}

/** Moves the clock to a day after the end of the current period. */
async function passPeriod(page: Page, demo: Demo): Promise<void> {
  const { now } = await (await page.request.get(`${demo.sandboxUrl}/clock`)).json();
  const left = async () => Date.parse((await billingStatus(page)).current_period_end ?? "") - Date.parse(now);
  await expect.poll(left, { message: "the renewal's webhook was processed" }).toBeGreaterThan(0);
  await advance(page, demo.sandboxUrl, Math.ceil((await left()) / 86_400_000) + 1);
}

test("seats are bought, grown, shrunk, downgraded, upgraded, tried and canceled", async ({ page, demo }) => {
  const { workspace } = await openWorkspace(page);

  await test.step("a first order of four seats", async () => {
    await page.goto("/membership");
    await expect(page.getByRole("row", { name: "Price per month" })).toContainText("$12 a seat");
    await expect(page.getByRole("row", { name: "Price per month" })).toContainText("$199, then $10 a seat");
    await expectSound(page);
    await page.goto("/checkout?plan=team&seats=101");
    await expect(page.getByRole("alert")).toContainText("Team has at most 100 seats");
    await expectSound(page);
    await page.goto("/checkout?plan=team");
    await expect(page.getByLabel("Number of seats")).toHaveValue("2");
    expect(await dueToday(page)).toBe(2400);
    await page.getByLabel("Number of seats").fill("4");
    await page.getByRole("button", { name: "Update price" }).click();
    await expect(summary(page)).toContainText("Team, 4 seats");
    expect(await dueToday(page)).toBe(4800);
    await expectSound(page);
    await page.getByRole("button", { name: "Pay at Stripe" }).click();
    await expect(head(page)).toContainText("$48.00");
    await fillCard(page, card.pays);
    await page.getByRole("button", { name: /^Pay/ }).click();
    await expect(head(page)).toHaveText(`${workspace} is on Team.`);
    expect(await invoices(page, demo)).toEqual([4800]);
    await page.goto("/membership");
    await expect(main(page)).toContainText("1 in use, $12.00 per seat per month");
    await expectSound(page);
  });

  await test.step("three more at once, with the difference charged", async () => {
    await page.getByRole("link", { name: "Change seats" }).click();
    await expect(head(page)).toHaveText(`${workspace} has 4 seats.`);
    await expectSound(page);
    await reviewSeats(page, 7);
    await expect(summary(page)).toContainText("$84.00");
    await expectSound(page);
    const [before, due] = [await invoices(page, demo), await dueToday(page)];
    expect(due).toBeGreaterThan(3500);
    await page.getByRole("button", { name: "Buy 3 seats" }).click();
    await expect(page.getByRole("alert")).toContainText("Seats changed");
    await expectCharged(page, demo, before, due, [-4 * 1200, 7 * 1200]);
    await page.goto("/settings/team");
    await expect(head(page)).toContainText("room for 6 more");
  });

  await test.step("fewer with the next period, taken back and chosen again", async () => {
    const before = await invoices(page, demo);
    await page.goto("/membership/seats?seats=1");
    await expect(page.getByRole("alert")).toContainText("Team has at least 2 seats");
    const shrink = async () => {
      await reviewSeats(page, 3);
      expect(await dueToday(page)).toBe(0);
      await expect(summary(page)).toContainText("$36.00");
      await expect(summary(page)).toContainText("You won’t be charged today.");
      await page.getByRole("button", { name: "Change to 3 seats" }).click();
      await expect(page.getByRole("alert")).toContainText("Fewer seats scheduled");
      await expect(main(page)).toContainText("3 seats from");
    };
    await shrink();
    await expectSound(page);
    await page.getByRole("button", { name: "Keep 7 seats" }).click();
    await expect(page.getByRole("alert")).toContainText("Seats kept");
    await expect(main(page)).not.toContainText("3 seats from");
    await shrink();
    expect(await invoices(page, demo)).toEqual(before);
    await passPeriod(page, demo);
    await expectToRead(page, "The next payment of $36.00");
    await expect.poll(() => invoices(page, demo)).toEqual([3600, ...before]);
  });

  await test.step("an upgrade to a plan that includes seats", async () => {
    await page.goto("/checkout?plan=business");
    await expect(page.getByLabel("Number of seats")).toHaveValue("5");
    await page.getByLabel("Number of seats").fill("6");
    await page.getByRole("button", { name: "Update price" }).click();
    await expect(summary(page)).toContainText("$209.00 a month");
    await expectSound(page);
    const [before, due] = [await invoices(page, demo), await dueToday(page)];
    await confirm(page).click();
    await expect(head(page)).toHaveText(`${workspace} is on Business.`);
    await expectCharged(page, demo, before, due, [-3 * 1200, 19_900, 1 * 1000]);
    await page.goto("/membership");
    await expect(main(page)).toContainText("1 in use, 5 included, then $10.00 per seat per month");
  });

  await test.step("a downgrade at the period's end, which keeps the seats", async () => {
    const before = await invoices(page, demo);
    await page.goto("/checkout?plan=team");
    await expect(page.getByLabel("Number of seats")).toHaveValue("6");
    await expect(main(page)).toContainText("Until then, you keep Business.");
    expect(await dueToday(page)).toBe(0);
    await confirm(page).click();
    await expect(main(page)).toContainText("Business changes to Team on");
    expect(await invoices(page, demo)).toEqual(before);
    await passPeriod(page, demo);
    await expectToRead(page, `${workspace} is on Team.`);
    await expectToRead(page, "The next payment of $72.00");
    await expect.poll(() => invoices(page, demo)).toEqual([7200, ...before]);
  });

  await test.step("a cancellation at the period's end", async () => {
    const before = await invoices(page, demo);
    await page.goto("/membership/cancel");
    await page.getByRole("button", { name: "Cancel Team" }).click();
    await expect(page.getByRole("alert")).toContainText("Team ends on");
    await passPeriod(page, demo);
    await expectToRead(page, `${workspace} is on Free.`);
    expect(await invoices(page, demo)).toEqual(before);
    await page.goto("/membership/seats");
    await expect(head(page)).toHaveText("Free isn’t sold by the seat.");
    await expectSound(page);
  });

  await test.step("a trial of another workspace, whose seats cost nothing until its end", async () => {
    await page.context().clearCookies();
    const { workspace: another } = await openWorkspace(page);
    await page.goto("/checkout?plan=business&seats=7");
    await expect(main(page)).toContainText(/14\sdays free, then \$219\.00 a month/);
    expect(await dueToday(page)).toBe(0);
    await expectSound(page);
    await page.getByRole("button", { name: "Start the trial at Stripe" }).click();
    await fillCard(page, card.pays);
    await page.getByRole("button", { name: "Start the trial" }).click();
    await expect(head(page)).toHaveText(`${another} is on Business.`);

    await reviewSeats(page, 8);
    expect(await dueToday(page)).toBe(0);
    await expect(summary(page)).toContainText("$229.00");
    await page.getByRole("button", { name: "Buy 1 seat" }).click();
    await expect(page.getByRole("alert")).toContainText("Seats changed");
    const before = await invoices(page, demo);
    expect(before.every((total) => total === 0), `nothing was charged: ${before}`).toBe(true);
    await passPeriod(page, demo);
    await expectToRead(page, "The next payment of $229.00");
    await expect.poll(() => invoices(page, demo)).toEqual([22_900, ...before]);
    const charged = await invoices(page, demo);
    await page.goto("/membership/cancel");
    await page.getByRole("button", { name: "Cancel Business" }).click();
    await passPeriod(page, demo);
    await expectToRead(page, `${another} is on Free.`);
    expect(await invoices(page, demo)).toEqual(charged);
  });
});
