// Trials, and changes that take effect at the period's end. The tests move the billing clock, so they have their own
// demo.
import { type Page } from "@playwright/test";
import { advance, billingStatus, card, expect, expectToRead, fillCard, openWorkspace, review, subscribe, test } from "../dues.ts";
import { expectSound } from "../look.ts";

test.use({ demoGroup: "clock", trialDays: 14, graceDays: 3 });

const main = (page: Page) => page.getByRole("main");
const head = (page: Page) => page.getByRole("heading", { level: 1 });

test("a trial lasts two weeks and is charged at its end", async ({ page, demo }) => {
  const { workspace } = await openWorkspace(page);
  await page.goto("/membership");
  await expect(page.getByRole("listitem").filter({ has: page.getByRole("heading", { name: "Pro" }) }).first()).toContainText(
    /14\sdays free/,
  );
  await expectSound(page);
  await review(page, "Pro");
  await expect(main(page)).toContainText(/14\sdays free, then \$29\.00 a month from .*\. Cancel before then and you won’t be charged\./);
  await expect(page.getByRole("region", { name: "Order summary" })).toContainText("$0.00");
  await expectSound(page);
  await page.getByRole("button", { name: "Start the trial at Stripe" }).click();
  await expect(head(page)).toHaveText("Start the trial");
  await fillCard(page, card.pays);
  await page.getByRole("button", { name: "Start the trial" }).click();
  await expect(head(page)).toHaveText(`${workspace} is on Pro.`);
  await expect(main(page)).toContainText("Nothing charged, confirmed by Stripe");
  await expect(main(page)).toContainText("The trial runs until");
  await expectSound(page);
  await page.goto("/membership");
  await expect(main(page)).toContainText("First payment");
  await expect(main(page)).not.toContainText(/days free/);
  await expectSound(page);
  await advance(page, demo.sandboxUrl, 15);
  await expectToRead(page, "The next payment of $29.00");
  await page.goto("/membership/invoices");
  await expect(page.getByRole("row").filter({ hasText: "$29.00" })).toContainText("paid");
});

test("canceling a trial in time costs nothing, and a second trial is not offered", async ({ page, demo }) => {
  const { workspace } = await openWorkspace(page);
  await page.goto("/checkout?plan=pro");
  await page.getByRole("button", { name: "Start the trial at Stripe" }).click();
  await fillCard(page, card.pays);
  await page.getByRole("button", { name: "Start the trial" }).click();
  await expect(head(page)).toHaveText(`${workspace} is on Pro.`);
  await page.goto("/membership/cancel");
  await expect(main(page)).toContainText("when the trial ends");
  await page.getByRole("button", { name: "Cancel Pro" }).click();
  await expect(page.getByRole("alert")).toContainText("Pro ends on ");
  await advance(page, demo.sandboxUrl, 15);
  await expectToRead(page, `${workspace} is on Free.`);
  await review(page, "Pro");
  await expect(page.getByRole("region", { name: "Order summary" })).toContainText("Due today");
  await expect(main(page)).not.toContainText(/days free/);
  await expect(page.getByRole("button", { name: "Pay at Stripe" })).toBeVisible();
});

test("a downgrade takes effect at the period's end and can be withdrawn before", async ({ page, demo }) => {
  const owner = await openWorkspace(page);
  const { workspace } = owner;
  await subscribe(page, owner, "starter");
  await page.goto("/checkout?plan=team&cycle=monthly");
  await page.getByRole("button", { name: "Confirm at Stripe" }).click();
  await page.getByRole("button", { name: /^Confirm and pay/ }).click();
  await expect(head(page)).toHaveText(`${workspace} is on Team.`);

  const choosePro = async () => {
    await page.goto("/checkout?plan=pro&cycle=monthly");
    await expect(main(page)).toContainText("Until then, you keep Team.");
    await expectSound(page);
    await page.getByRole("button", { name: "Confirm at Stripe" }).click();
    await expect(main(page)).toContainText("Team stays until");
    await page.getByRole("button", { name: "Confirm" }).click();
    await expect(head(page)).toHaveText(`${workspace} is on Team.`);
    await expect(main(page)).toContainText("Team changes to Pro on");
  };
  await choosePro();
  await expectSound(page);
  await page.goto("/membership");
  await expect(main(page)).toContainText("Pro costs $29.00 a month.");
  await expectSound(page);
  await page.goto("/checkout?plan=business&cycle=monthly");
  await expect(main(page)).toContainText("undo that change above first");
  await page.goto("/membership");
  await page.getByRole("button", { name: "Keep Team" }).click();
  await expect(page.getByRole("alert")).toContainText("Plan kept");
  await expect(main(page)).not.toContainText("changes to Pro");

  await choosePro();
  await advance(page, demo.sandboxUrl, 32);
  await expectToRead(page, `${workspace} is on Pro.`);
  expect(await billingStatus(page)).toMatchObject({ plan: "pro", status: "active" });
});
