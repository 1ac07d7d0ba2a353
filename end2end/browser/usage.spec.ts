// What a product counts is on the pages at once, a page for each limit.
import { expect, signIn, test } from "./dues.ts";

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

test("a limit that is reached is told in a notice and in the list, and so is that there is room again", async ({ page, demo }) => {
  await signIn(page, demo.workspace("pro").owner);
  const feature = "/api/v1/billing/features/websocket_entities_watched";
  const { used, limit } = await (await page.request.get(`${feature}/check`)).json();
  const set = async (value: number) => {
    expect((await page.request.put(`${feature}/usage`, { data: { value } })).status()).toBe(200);
  };
  await set(limit);
  await page.goto("/membership");
  await expect(page.getByRole("heading", { name: /limit reached|limits are reached/ })).toBeVisible();
  await page.getByRole("link", { name: "Entities watched" }).first().click();
  await expect(page.getByText(/more is refused until some is given back/)).toBeVisible();
  await set(used);
  await page.goto("/usage");
  const told = page.getByRole("region", { name: "Table of what was told" });
  await expect(told.getByRole("row", { name: /Entities watched Limit reached/ }).first()).toBeVisible();
  await expect(told.getByRole("row", { name: /Entities watched Room again/ }).first()).toBeVisible();
});
