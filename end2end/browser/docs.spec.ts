// /docs: the API's document to read and to try, from the server alone.
import { type Page } from "@playwright/test";
import { expect, signIn, test } from "./dues.ts";

/** Opens it, and says what it asked of anybody else or complained about. */
async function openDocs(page: Page, url: string): Promise<string[]> {
  const amiss: string[] = [];
  page.on("request", (request) => {
    if (!request.url().startsWith(url) && !request.url().startsWith("data:")) amiss.push(request.url());
  });
  page.on("console", (message) => {
    if (message.type() === "error") amiss.push(message.text());
  });
  await page.goto("/docs");
  await expect(page.getByText("/api/v1/billing/checkout").first()).toBeVisible();
  return amiss;
}

test("/docs shows every call without asking anybody but the server", async ({ page, demo }) => {
  const amiss = await openDocs(page, demo.url);
  const document = await (await page.request.get("/openapi.json")).json();
  const calls = Object.values<object>(document.paths).flatMap((path) => Object.keys(path).filter((key) => key !== "parameters"));
  await expect(page.locator(".opblock")).toHaveCount(calls.length);
  expect(amiss).toEqual([]);
});

test("/docs tries a call as whoever is signed in", async ({ page, demo }) => {
  await signIn(page, demo.workspace("pro").owner);
  const amiss = await openDocs(page, demo.url);
  await page.locator("#operations-billing-getStatus").getByRole("button").first().click();
  await page.getByRole("button", { name: "Try it out" }).click();
  await page.getByRole("button", { name: "Execute" }).click();
  await expect(page.locator(".live-responses-table")).toContainText('"plan": "pro"');
  expect(amiss).toEqual([]);
});

test("/docs without JavaScript says where the document is", async ({ browser, demo }) => {
  const page = await (await browser.newContext({ javaScriptEnabled: false })).newPage();
  await page.goto(`${demo.url}/docs`);
  await expect(page.locator("noscript").getByRole("link", { name: "openapi.json" })).toBeVisible();
});
