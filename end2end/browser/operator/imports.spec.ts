// The operator's pages of imports: a preview of customers at the provider, their adoption, and a CSV.
import { type Page } from "@playwright/test";
import { randomUUID } from "node:crypto";
import { type Demo } from "../../demo.ts";
import { expect, signIn, test } from "../dues.ts";
import { expectSound } from "../look.ts";

const title = { level: 1 } as const;
const headers = { authorization: "Bearer sk_test_demo" };

/** Posts to the API of the stand-in for Stripe. */
async function atStripe(page: Page, demo: Demo, path: string, form: Record<string, string>): Promise<string> {
  const answer = await page.request.post(`${demo.sandboxUrl}/v1/${path}`, { headers, form });
  expect(answer.ok(), await answer.text()).toBe(true);
  return (await answer.json()).id;
}

/** Creates a customer with an external ID in the metadata. */
function customer(page: Page, demo: Demo, key: string, name: string): Promise<string> {
  return atStripe(page, demo, "customers", { name, email: `${name.toLowerCase()}@moving.test`, [`metadata[${key}]`]: `${key}-${name}` });
}

/** Waits for a heading. The page of a running import reloads by itself, with and without JavaScript. */
async function expectTitle(page: Page, words: RegExp | string): Promise<void> {
  await expect(page.getByRole("heading", title)).toHaveText(words, { timeout: 60_000 });
}

test("an operator previews customers at Stripe and adopts them @island", async ({ page, context, demo, javaScriptEnabled }) => {
  const key = `org_${randomUUID().slice(0, 8)}`;
  await customer(page, demo, key, "Idle");
  const paying = await customer(page, demo, key, "Paying");
  const price = { currency: "usd", unit_amount: "1900", "recurring[interval]": "month", "product_data[name]": "Old plan" };
  const old = await atStripe(page, demo, "prices", price);
  await atStripe(page, demo, "subscriptions", { customer: paying, "items[0][price]": old, trial_period_days: "14" });

  await signIn(page, demo.operator);
  await page.goto("/operator");
  await page.getByRole("navigation", { name: "Operator’s desk" }).getByRole("link", { name: "Import", exact: true }).click();
  await expectTitle(page, "Import paying customers.");
  if (javaScriptEnabled) await expectSound(page);
  const find = page.getByRole("form", { name: "Find customers" });
  await find.getByRole("button", { name: "Find customers" }).click();
  await expect(page.getByRole("alert")).toContainText("Enter the metadata key.");
  if (javaScriptEnabled) await expectSound(page);
  await find.getByLabel("Metadata key").fill(key);
  await find.getByRole("button", { name: "Find customers" }).click();
  await expectTitle(page, "2 customers can be adopted.");
  const report = page.url().split("?")[0] ?? "";
  await page.goto(report);
  if (javaScriptEnabled) await expectSound(page);

  const prices = page.getByRole("region", { name: "Prices without a plan" });
  await expect(prices.getByRole("row", { name: new RegExp(old) })).toContainText("1");
  const copy = prices.getByRole("row", { name: new RegExp(old) }).getByRole("button", { name: /^Copy/ });
  if (javaScriptEnabled) {
    await context.grantPermissions(["clipboard-read", "clipboard-write"]);
    await copy.click();
    expect(await page.evaluate(() => navigator.clipboard.readText())).toContain(old);
  } else {
    await expect(copy).toBeHidden();
  }

  await page.getByRole("navigation", { name: "Filter by outcome" }).getByRole("link", { name: /^Price without a plan/ }).click();
  const customers = page.getByRole("table", { name: "Customers and their outcomes" });
  await expect(customers.getByRole("row", { name: /Paying/ })).toBeVisible();
  await expect(customers.getByRole("row", { name: /Idle/ })).toHaveCount(0);
  // A keyboard is enough.
  await page.getByRole("checkbox", { name: /Paying/ }).focus();
  await page.keyboard.press("Space");
  await page.getByRole("button", { name: "Adopt selected customers" }).press("Enter");
  await expectTitle(page, "1 customer adopted.");
  await page.goto(report);
  await page.getByRole("button", { name: "Adopt 1 customer" }).click();
  await expectTitle(page, "2 customers adopted.");
  await page.goto(report);
  await expect(page.getByRole("button", { name: /^Adopt/ })).toHaveCount(0);
  if (javaScriptEnabled) await expectSound(page);
  await page.getByRole("link", { name: /^Open tenant.*Paying/ }).click();
  await expectTitle(page, /Paying/);

  const download = await page.request.get(`${report}/report.json`);
  expect((await download.json()).prices).toContainEqual(expect.objectContaining({ price: old, customers: 1 }));
});

test("an operator uploads a CSV, and is told which line is wrong @island", async ({ page, demo, javaScriptEnabled }) => {
  const key = `csv_${randomUUID().slice(0, 8)}`;
  const id = await customer(page, demo, key, "Uploaded");
  await signIn(page, demo.operator);
  await page.goto("/operator/imports");
  const form = page.getByRole("form", { name: "Upload a CSV" });
  const choose = async (text: string) => {
    const buffer = Buffer.from(text);
    await form.getByLabel("CSV file").setInputFiles({ name: "customers.csv", mimeType: "text/csv", buffer });
    await form.getByRole("button", { name: "Check CSV" }).click();
  };
  await choose(`external_id,name,stripe_customer_id\n${key},Uploaded,${id}\n${key}-2\n`);
  await expect(page.getByRole("alert")).toContainText("Line 3 of the CSV has more or fewer fields than the header.");
  await page.getByRole("alert").getByRole("link").click();
  await expect(page).toHaveURL(/#csv$/);
  if (javaScriptEnabled) await expectSound(page);
  await choose(`external_id,name,stripe_customer_id\n${key},Uploaded,${id}\n`);
  await expectTitle(page, "1 customer can be adopted.");
  await expect(page.getByRole("row", { name: new RegExp(key) })).toContainText("No subscription");
  await page.getByRole("link", { name: "All imports" }).click();
  await expect(page.getByRole("table", { name: "Imports, newest first" }).getByRole("row", { name: /CSV/ }).first()).toContainText("preview");
  if (javaScriptEnabled) await expectSound(page);
});
