// /docs: the API reference, served without third parties.
import { type Page } from "@playwright/test";
import { expect, signIn, test } from "../dues.ts";

/** Opens the API reference. The returned list collects requests to other hosts and console errors. */
async function openDocs(page: Page, url: string): Promise<string[]> {
  const problems: string[] = [];
  page.on("request", (request) => {
    if (!request.url().startsWith(url) && !request.url().startsWith("data:")) problems.push(request.url());
  });
  page.on("console", (message) => {
    if (message.type() === "error") problems.push(message.text());
  });
  await page.goto("/docs");
  await expect(page.getByText("/api/v1/billing/checkout").first()).toBeVisible();
  return problems;
}

test("/docs lists every operation without requests to other hosts", async ({ page, demo }) => {
  const problems = await openDocs(page, demo.url);
  const document = await (await page.request.get("/openapi.json")).json();
  const calls = Object.values<object>(document.paths).flatMap((path) => Object.keys(path).filter((key) => key !== "parameters"));
  await expect(page.locator(".opblock")).toHaveCount(calls.length);
  expect(problems).toEqual([]);
});

test("/docs tries a call as the signed-in user", async ({ page, demo }) => {
  await signIn(page, demo.workspace("pro").owner);
  const problems = await openDocs(page, demo.url);
  await page.locator("#operations-billing-getStatus").getByRole("button").first().click();
  await page.getByRole("button", { name: "Try it out" }).click();
  await page.getByRole("button", { name: "Execute" }).click();
  await expect(page.locator(".live-responses-table")).toContainText('"plan": "pro"');
  expect(problems).toEqual([]);
});

test("/docs without JavaScript links to openapi.json", async ({ browser, demo }) => {
  const page = await (await browser.newContext({ javaScriptEnabled: false })).newPage();
  await page.goto(`${demo.url}/docs`);
  await expect(page.locator("noscript").getByRole("link", { name: "openapi.json" })).toBeVisible();
});
