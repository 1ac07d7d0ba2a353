// /docs: documents, API reference and search, with and without JavaScript.
import { expect, test } from "../dues.ts";
import { expectSound } from "../look.ts";

// The fixture `cleanConsole` fails on requests to other hosts.
for (const path of ["/docs", "/docs/quickstart", "/docs/settings", "/docs/webhooks", "/docs/api", "/docs/api/billing",
  "/docs/api/tenant", "/docs/api/webhooks", "/docs/search?q=limit", "/docs/search?q=zzzzqqqq"]) {
  test(`${path} is sound`, async ({ page }) => {
    await page.goto(path);
    await expectSound(page);
  });
}

test("the open details of the reference are sound", async ({ page }) => {
  await page.goto("/docs/api/billing");
  await page.locator("details").evaluateAll((all) => all.forEach((one) => one.setAttribute("open", "")));
  await expectSound(page);
});

test("the reference lists every operation and links to its section", async ({ page }) => {
  const document = await (await page.request.get("/openapi.json")).json();
  const operations = Object.values<object>(document.paths).flatMap((methods) => Object.values(methods));
  await page.goto("/docs/api");
  for (const { tags, operationId } of operations) {
    await expect(page.locator(`main a[href="/docs/api/${tags[0]}#${operationId}"]`)).toHaveCount(1);
  }
  await page.getByRole("link", { name: "Consume feature", exact: true }).click();
  await expect(page).toHaveURL(/\/docs\/api\/billing#consumeFeature$/);
  const section = page.locator("#consumeFeature");
  await expect(section.getByRole("heading", { level: 2 })).toBeInViewport();
  await expect(section.locator("pre").first()).toContainText('-H "Authorization: Bearer $API_KEY"');
});

test("a button copies the code beside it", async ({ page, context }) => {
  await context.grantPermissions(["clipboard-read", "clipboard-write"]);
  await page.goto("/docs/api/billing");
  const code = page.locator("#consumeFeature .code").first();
  await code.getByRole("button", { name: "Copy" }).click();
  await expect(code.getByRole("button")).toHaveText("Copied");
  expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(await code.locator("pre").textContent());
});

test("without JavaScript, code is plain text and the search works", async ({ browser, demo }) => {
  const context = await browser.newContext({ javaScriptEnabled: false, baseURL: demo.url });
  const page = await context.newPage();
  await page.goto("/docs/api/billing");
  const code = page.locator("#consumeFeature .code").first();
  await expect(code.locator("pre")).toContainText("curl -X POST");
  await expect(code.getByRole("button")).toHaveCount(0);
  await page.getByRole("searchbox", { name: "Search the documentation" }).fill("start check");
  await page.getByRole("button", { name: "Search" }).click();
  await expect(page).toHaveURL(/\/docs\/search\?q=start\+check$/);
  await expect(page.locator("mark", { hasText: "checkout" }).first()).toBeVisible();
  await page.getByRole("link", { name: /^Start checkout/ }).first().click();
  await expect(page).toHaveURL(/\/docs\/api\/billing#startCheckout$/);
  await context.close();
});

test("on a phone, the list of pages opens without JavaScript", async ({ browser, demo }) => {
  const viewport = { width: 320, height: 640 };
  const context = await browser.newContext({ javaScriptEnabled: false, baseURL: demo.url, viewport });
  const page = await context.newPage();
  await page.goto("/docs");
  const pages = page.getByRole("navigation", { name: "Documentation" });
  await expect(pages).toBeHidden();
  await page.getByText("All pages").click();
  await pages.getByRole("link", { name: "Security" }).click();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Security");
  await context.close();
});

test("pages lead on to the next one and to their sections", async ({ page }) => {
  await page.goto("/docs");
  await page.getByRole("link", { name: "Quickstart" }).last().click();
  await expect(page).toHaveURL(/\/docs\/quickstart$/);
  await page.goto("/docs/security");
  await page.getByRole("navigation", { name: "On this page" }).getByRole("link", { name: "Security events" }).click();
  await expect(page.locator("#security-events")).toBeInViewport();
});
