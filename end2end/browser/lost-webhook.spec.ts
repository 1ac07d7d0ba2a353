// The provider's events are hints: with every one of them lost, what was paid is there all the same.
import { billingStatus, card, expect, goAndPay, pay, signIn, test } from "./dues.ts";

test.use({ house: "lost-webhook" });

test("a payment whose webhooks are lost is active on return, and after a restart", async ({ page, demo }) => {
  const { name, owner } = demo.workspace("free", 1);
  await signIn(page, owner);
  await goAndPay(page, "Pro");
  const dropped = await page.request.post(`${demo.sandboxUrl}/deliveries/drop`, { data: { count: 9 } });
  expect(dropped.ok()).toBe(true);
  await pay(page, card.pays);
  await expect(page.getByRole("heading", { level: 1 })).toHaveText(`${name} is on Pro.`);
  expect(await billingStatus(page)).toMatchObject({ plan: "pro", status: "active" });

  await demo.restart();
  await page.goto("/membership");
  await expect(page.getByRole("heading", { level: 1 })).toHaveText(`${name} is on Pro.`);
  expect(await billingStatus(page)).toMatchObject({ plan: "pro", status: "active" });
});
