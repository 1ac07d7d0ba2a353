// Dues does not depend on the provider's webhooks: a payment takes effect even if all of them are lost.
import { billingStatus, card, expect, goAndPay, pay, signIn, test } from "../dues.ts";

test.use({ demoGroup: "lost-webhook" });

test("a payment without webhooks takes effect on return, and survives a restart", async ({ page, demo }) => {
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
