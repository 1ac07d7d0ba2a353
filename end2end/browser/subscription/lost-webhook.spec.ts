// Dues does not depend on the provider's webhooks: a payment takes effect even if all of them are lost.
import { billingStatus, card, expect, goAndPay, openWorkspace, pay, test } from "../dues.ts";

test("a payment without webhooks takes effect on return, and survives a restart", async ({ page, demo }) => {
  const drop = async (count: number) => {
    expect((await page.request.post(`${demo.sandboxUrl}/deliveries/drop`, { data: { count } })).ok()).toBe(true);
  };
  const { workspace } = await openWorkspace(page);
  await goAndPay(page, "Pro");
  await drop(999);
  await pay(page, card.pays);
  await expect(page.getByRole("heading", { level: 1 })).toHaveText(`${workspace} is on Pro.`);
  expect(await billingStatus(page)).toMatchObject({ plan: "pro", status: "active" });

  await demo.restart();
  await page.goto("/membership");
  await expect(page.getByRole("heading", { level: 1 })).toHaveText(`${workspace} is on Pro.`);
  expect(await billingStatus(page)).toMatchObject({ plan: "pro", status: "active" });
  await drop(0);
});
