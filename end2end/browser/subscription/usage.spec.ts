// The usage pages, one for each feature with a limit.
import { expect, meter, openWorkspace, signIn, test } from "../dues.ts";
import { expectSound } from "../look.ts";

test("recorded usage shows on the feature's page, as chart and figures", { tag: "@island" }, async ({ page, demo }) => {
  const workspace = demo.workspace("pro");
  await signIn(page, workspace.owner);
  await page.goto("/usage");
  await page.getByRole("link", { name: "WebSocket rooms" }).or(page.getByRole("link", { name: "Rooms" })).first().click();
  await expect(page).toHaveURL(/\/usage\/websocket_rooms$/);
  const stood = Number(await page.locator("tbody td").nth(1).textContent());
  const headers = await meter(page);
  const taken = await page.request.post("/api/v1/billing/features/websocket_rooms/consume", { headers, data: { amount: 2 } });
  expect(taken.status()).toBe(200);
  await page.reload();
  await expect(page.locator("tbody td").nth(1)).toHaveText(String(stood + 2));
  await expect(page.getByRole("img", { name: /^Rooms/ })).toBeVisible();
  await page.getByRole("link", { name: "24 hours" }).click();
  await expect(page.locator("tbody tr")).toHaveCount(24);
  await expect(page.locator("tbody td").nth(1)).toHaveText(String(stood + 2));
  await page.getByRole("link", { name: "12 months" }).click();
  await expect(page.locator("tbody tr")).toHaveCount(12);
  await expect(page.locator("tbody td").nth(1)).toHaveText(String(stood + 2));
  const csv = await page.request.get((await page.getByRole("link", { name: "Download as CSV" }).getAttribute("href")) ?? "");
  expect((await csv.text()).trimEnd().split("\r\n").at(-1)).toContain(`,${stood + 2},`);
  const json = await page.request.get((await page.getByRole("link", { name: "View as JSON" }).getAttribute("href")) ?? "");
  expect((await json.json()).points.at(-1).used).toBe(stood + 2);
});

test("a range of days is chosen, and an invalid one is marked at its field", { tag: "@island" }, async ({ page, demo, javaScriptEnabled }) => {
  await signIn(page, demo.workspace("pro").owner);
  await page.goto("/usage/ai_tokens");
  const day = (back: number) => new Date(Date.now() - back * 86_400_000).toISOString().slice(0, 10);
  const [from, to] = [page.getByLabel("From", { exact: true }), page.getByLabel("To", { exact: true })];
  await expect(page.getByRole("navigation", { name: "Range" }).getByText("30 days")).toHaveAttribute("aria-current", "true");
  await from.fill(day(40));
  await to.fill(day(1));
  await page.getByRole("button", { name: "Show" }).click();
  await expect(page).toHaveURL(`/usage/ai_tokens?from=${day(40)}&to=${day(1)}`);
  await expect(page.locator("tbody tr")).toHaveCount(40);
  await expect(from).toHaveValue(day(40));
  // A range in the past has no pace.
  await expect(page.getByText("Pace of the last")).toHaveCount(0);

  // An invalid range from the address bar. The form's fields would not accept it.
  const mistaken = await page.goto(`/usage/ai_tokens?from=${day(1)}&to=${day(40)}`);
  expect(mistaken?.status()).toBe(400);
  await expect(page.getByRole("alert")).toContainText("Choose a start date on or before the end date");
  await expect(from).toHaveAccessibleDescription("Choose a start date on or before the end date");
  await expect(from).toHaveValue(day(1));
  await expect(to).toHaveValue(day(40));
  await expect(page.locator("tbody tr")).toHaveCount(30);
  if (javaScriptEnabled ?? true) await expectSound(page);
});

test("a feature without a metered limit has no page", async ({ page, demo }) => {
  await signIn(page, demo.workspace("pro").owner);
  for (const feature of ["tea", "ai_runtime", "file_size_bytes"]) {
    expect((await page.goto(`/usage/${feature}`))?.status()).toBe(404);
  }
});

test("an open page shows new usage live, and without JavaScript on “Refresh”", { tag: "@island" }, async ({ page, javaScriptEnabled }) => {
  await openWorkspace(page);
  const headers = await meter(page);
  const consume = async () => {
    const path = "/api/v1/billing/features/websocket_rooms/consume";
    expect((await page.request.post(path, { headers, data: { amount: 2 } })).status()).toBe(200);
  };
  const again = () => ((javaScriptEnabled ?? true) ? undefined : page.getByRole("link", { name: "Refresh" }).click());
  await page.goto("/usage");
  const rooms = page.getByRole("listitem").filter({ has: page.getByRole("link", { name: "Rooms", exact: true }) });
  await expect(rooms).toContainText("0 of 2");
  // A reload would lose this attribute.
  await page.evaluate(() => (document.body.dataset.seen = "before"));
  await rooms.getByRole("link").focus();
  await consume();
  await again();
  await expect(rooms).toContainText("Limit reached");
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("1 limit reached.");
  if (javaScriptEnabled ?? true) {
    await expect(page.locator("body")).toHaveAttribute("data-seen", "before");
    await expect(rooms.getByRole("link")).toBeFocused();
    await expectSound(page);
  } else {
    await expect(page.locator("body")).not.toHaveAttribute("data-seen");
  }
});

test("a reached limit, and usage back below it, show as notice and in the list", { tag: "@island" }, async ({ page }) => {
  await openWorkspace(page);
  const headers = await meter(page);
  const set = async (value: number) => {
    const path = "/api/v1/billing/features/websocket_connections/usage";
    expect((await page.request.put(path, { headers, data: { value } })).status()).toBe(200);
  };
  await set(10);
  await page.goto("/membership");
  await expect(page.getByRole("heading", { name: "WebSocket connection limit reached (10)" })).toBeVisible();
  await expect(page.getByText("WebSocket connections: 10 of 10 used. You can’t use more until you free some up.")).toBeVisible();
  await set(1);
  await page.goto("/usage");
  const alerts = page.getByRole("table", { name: "Alerts, newest first" });
  await expect(alerts.getByRole("row")).toHaveCount(3);
  await expect(alerts.getByRole("row", { name: /WebSocket connections Back below limit 1 of 10/ })).toBeVisible();
  await expect(alerts.getByRole("row", { name: /WebSocket connections Limit reached 10 of 10/ })).toBeVisible();
});
