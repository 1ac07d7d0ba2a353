// Live updates of an open page. usage.spec.ts covers pages without JavaScript.
import { expect, meter, openWorkspace, test } from "../dues.ts";

test("a feature's usage page updates live, also after it was hidden", async ({ page }) => {
  await openWorkspace(page);
  const headers = await meter(page);
  const count = async (amount: number) => {
    const path = "/api/v1/billing/features/websocket_connections/consume";
    expect((await page.request.post(path, { headers, data: { amount } })).status()).toBe(200);
  };
  await page.goto("/usage/websocket_connections?range=day");
  await expect(page.locator("#now")).toContainText("0 of 10 used.");
  await count(3);
  await expect(page.locator("#now")).toContainText("3 of 10 used.");
  await expect(page.locator("#figures")).toContainText("30% of 10");
  const see = (isHidden: boolean) =>
    page.evaluate((isHidden) => {
      Object.defineProperty(document, "hidden", { value: isHidden, configurable: true });
      document.dispatchEvent(new Event("visibilitychange"));
    }, isHidden);
  await see(true);
  await count(2);
  await expect(page.locator("#now")).toContainText("3 of 10 used.");
  await see(false);
  await expect(page.locator("#now")).toContainText("5 of 10 used.");
});
