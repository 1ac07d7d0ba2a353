// What a product counts is on the pages at once, a page for each limit.
import { expect, openWorkspace, signIn, test } from "./dues.ts";

test("what is counted shows on the limit's own page, in a picture and in figures", async ({ page, demo }) => {
  const workspace = demo.workspace("pro");
  await signIn(page, workspace.owner);
  await page.goto("/usage");
  await page.getByRole("link", { name: "WebSocket rooms" }).or(page.getByRole("link", { name: "Rooms" })).first().click();
  await expect(page).toHaveURL(/\/usage\/websocket_rooms$/);
  const stood = Number(await page.locator("tbody td").nth(1).textContent());
  const taken = await page.request.post("/api/v1/billing/features/websocket_rooms/consume", { data: { amount: 2 } });
  expect(taken.status()).toBe(200);
  await page.reload();
  await expect(page.locator("tbody td").nth(1)).toHaveText(String(stood + 2));
  await expect(page.getByRole("img", { name: /^Rooms/ })).toBeVisible();
  await page.getByRole("link", { name: "24 hours" }).click();
  await expect(page.locator("tbody tr")).toHaveCount(24);
  await expect(page.locator("tbody td").nth(1)).toHaveText(String(stood + 2));
  const json = await page.request.get((await page.getByRole("link", { name: "The same as JSON" }).getAttribute("href")) ?? "");
  expect((await json.json()).points.at(-1).used).toBe(stood + 2);
});

test("a limit that there is none of has no page", async ({ page, demo }) => {
  await signIn(page, demo.workspace("pro").owner);
  for (const feature of ["tea", "ai_runtime", "file_size_bytes"]) {
    expect((await page.goto(`/usage/${feature}`))?.status()).toBe(404);
  }
});

test("a limit that is reached is told in a notice and in the list, and so is that there is room again", async ({ page }) => {
  await openWorkspace(page);
  const set = async (value: number) => {
    const path = "/api/v1/billing/features/websocket_connections/usage";
    expect((await page.request.put(path, { data: { value } })).status()).toBe(200);
  };
  await set(10);
  await page.goto("/membership");
  await expect(page.getByRole("heading", { name: "WebSocket connection limit reached (10)" })).toBeVisible();
  await expect(page.getByText(/^WebSocket connections 10 of 10: more is refused until some is given back/)).toBeVisible();
  await set(1);
  await page.goto("/usage");
  const told = page.getByRole("table", { name: /^Limits that were near/ });
  await expect(told.getByRole("row")).toHaveCount(3);
  await expect(told.getByRole("row", { name: /WebSocket connections Room again 1 of 10/ })).toBeVisible();
  await expect(told.getByRole("row", { name: /WebSocket connections Limit reached 10 of 10/ })).toBeVisible();
});
