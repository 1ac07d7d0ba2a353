// Checkout on the hosted page: declined cards, authentication, canceling, reopening, yearly.
import { billingStatus, card, expect, goAndPay, openWorkspace, pay, review, test } from "../dues.ts";

test.beforeEach(async ({ page }) => {
  await openWorkspace(page);
});

const free = { plan: "free", status: "active" };

test("a declined card changes nothing, and another one pays", async ({ page }) => {
  await goAndPay(page, "Pro");
  await pay(page, card.declined);
  await expect(page.getByRole("alert")).toContainText(/declined/i);
  expect(await billingStatus(page)).toMatchObject(free);
  await pay(page, card.pays);
  await expect(page.getByRole("heading", { level: 1 })).toContainText("is on Pro.");
});

test("a card that needs authentication pays once authenticated", async ({ page }) => {
  await goAndPay(page, "Starter");
  await pay(page, card.authenticates);
  expect(await billingStatus(page)).toMatchObject(free);
  await page.getByRole("button", { name: /Complete/ }).click();
  await expect(page.getByRole("heading", { level: 1 })).toContainText("is on Starter.");
  expect(await billingStatus(page)).toMatchObject({ plan: "starter", status: "active" });
});

test("canceling on the hosted page leads back, with nothing charged", async ({ page }) => {
  await goAndPay(page, "Pro");
  await page.getByRole("link", { name: /Cancel/ }).click();
  await expect(page).toHaveURL(/\/(membership|checkout)/);
  expect(await billingStatus(page)).toMatchObject(free);
});

test("a hosted page opened again after payment can't be paid twice", async ({ page }) => {
  await goAndPay(page, "Pro");
  const hosted = page.url();
  await pay(page, card.pays);
  await expect(page).toHaveURL(/membership-paid/);
  await page.goto(hosted);
  await expect(page.getByRole("button", { name: /^Pay/ })).toHaveCount(0);
});

test("a new checkout closes the previous one", async ({ page }) => {
  await goAndPay(page, "Pro");
  const first = page.url();
  await goAndPay(page, "Starter");
  const second = page.url();
  expect(second).not.toBe(first);
  await page.goto(first);
  await expect(page.getByRole("button", { name: /^Pay/ })).toHaveCount(0);
  await page.goto(second);
  await expect(page.getByRole("button", { name: /^Pay/ })).toBeVisible();
});

test("a yearly plan costs ten months", { tag: "@island" }, async ({ page }) => {
  await page.goto("/membership");
  await page.getByRole("navigation", { name: "Billing cycle" }).getByRole("link", { name: /Yearly/ }).click();
  await review(page, "Pro");
  await expect(page.getByRole("region", { name: "Order summary" })).toContainText("$290.00");
  await page.getByRole("button", { name: /at Stripe/ }).click();
  await expect(page.getByRole("heading", { level: 1 })).toContainText("$290.00");
});
