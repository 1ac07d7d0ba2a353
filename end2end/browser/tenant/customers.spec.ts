// White label: a workspace sells to its customers through its account at a provider.
import { type Page } from "@playwright/test";
import { card, expect, openWorkspace, signIn, test } from "../dues.ts";
import { expectSound } from "../look.ts";

const main = (page: Page) => page.getByRole("main");
const head = (page: Page) => page.getByRole("heading", { level: 1 });
const keys = { Polar: ["polar_api_key", "polar_sk_test_"], Stripe: ["stripe_secret_key", "sk_test_51"] } as const;

async function keepKey(page: Page, provider: "Polar" | "Stripe", value: string): Promise<void> {
  await page.goto("/settings/secrets");
  await page.getByLabel("Name", { exact: true }).fill(keys[provider][0]);
  await page.getByLabel("Value", { exact: true }).fill(value);
  await page.getByRole("button", { name: "Add secret" }).click();
  await expect(page.getByRole("alert")).toContainText("Secret saved");
}

function account(provider: "Polar" | "Stripe"): string {
  return `${keys[provider][1]}${Math.random().toString(36).slice(2, 14).padEnd(12, "x")}`;
}

async function makeProduct(page: Page, name: string, price: string): Promise<void> {
  await page.getByLabel("Name", { exact: true }).fill(name);
  await page.getByLabel("Description").fill("For large teams");
  await page.getByLabel("Price", { exact: true }).fill(price);
  await page.getByLabel("Billing period", { exact: true }).selectOption("every month");
  await page.getByRole("button", { name: /^Create product in/ }).click();
}

for (const provider of ["Polar", "Stripe"] as const) {
  test(`with a key of ${provider}, an admin creates a product, sells it by a link, and ends the subscription`, async ({ page }) => {
    const sound = () => expectSound(page);
    await openWorkspace(page);
    await page.goto("/settings/team");
    await page.getByRole("navigation", { name: "Settings" }).getByRole("link", { name: "Customers" }).click();
    await expect(main(page)).toContainText("No payment account connected yet.");
    await sound();
    await page.getByRole("link", { name: "Add an API key under Secrets" }).click();
    await keepKey(page, provider, account(provider));

    await page.goto("/settings/customers");
    await expect(main(page)).toContainText("No customers yet.");
    await sound();
    await page.getByRole("navigation", { name: "Lists" }).getByRole("link", { name: "Products" }).click();
    await expect(main(page)).toContainText("No products yet.");
    await makeProduct(page, "Enterprise Plan", "99.005");
    await page.getByRole("alert").getByRole("link", { name: /Enter an amount/ }).click();
    await expect(page.getByLabel("Price", { exact: true })).toBeFocused();
    await expect(page.getByLabel("Name", { exact: true })).toHaveValue("Enterprise Plan");
    await sound();
    await makeProduct(page, "Enterprise Plan", "99");
    await expect(page.getByRole("alert")).toContainText("Product created");
    const row = page.getByRole("row", { name: /Enterprise Plan/ });
    await expect(row).toContainText("$99.00 a month");
    await sound();

    await row.getByRole("link", { name: /^Checkout link/ }).click();
    await expect(main(page)).toContainText("Enterprise Plan, $99.00 a month");
    await page.getByLabel("Success URL").fill("https://yourapp.com/success");
    await page.getByLabel("Customer’s email").fill("customer@example.com");
    await sound();
    await page.getByRole("button", { name: "Create checkout link" }).click();
    const link = page.getByLabel("New checkout link");
    await expect(link).toHaveAttribute("readonly");
    await sound();
    const address = await link.inputValue();
    await page.reload();
    await expect(page.getByLabel("New checkout link")).toHaveCount(0);

    await page.goto(address);
    await expect(page.getByLabel("E-mail")).toHaveValue("customer@example.com");
    await payWithoutLeaving(page, address);

    await page.goto("/settings/customers");
    await expect(page.getByRole("row", { name: /customer@example.com/ })).toContainText("Ada Mill");
    await sound();
    await page.getByRole("link", { name: /^Subscriptions of customer@example.com/ }).click();
    const paid = page.getByRole("row", { name: /Enterprise Plan/ });
    await expect(paid).toContainText("active");
    await sound();
    await paid.getByRole("link", { name: /^Cancel/ }).click();
    await expect(head(page)).toHaveText("Cancel Enterprise Plan for customer@example.com?");
    await sound();
    await page.getByRole("link", { name: "Keep subscription" }).click();
    await paid.getByRole("link", { name: /^Cancel/ }).click();
    await page.getByRole("button", { name: /^Cancel on/ }).click();
    await expect(page.getByRole("alert")).toContainText("Subscription set to cancel at period end");
    await expect(paid).toContainText("cancels at period end");
    await paid.getByRole("link", { name: /^Cancel/ }).click();
    await expect(page.getByRole("button", { name: /^Cancel on/ })).toHaveCount(0);
    await page.getByRole("button", { name: "Cancel immediately" }).click();
    await expect(page.getByRole("alert")).toContainText("Subscription canceled");
    await expect(paid).toContainText("canceled");
    await expect(paid.getByRole("link", { name: /^Cancel/ })).toHaveCount(0);
    await sound();
  });
}

/** Posts the hosted page's form without following the redirect, which leads to a site that does not exist. */
async function payWithoutLeaving(page: Page, address: string): Promise<void> {
  const form = { email: "customer@example.com", card_number: card.pays, expiry: "12 / 44", cvc: "123", name: "Ada Mill" };
  expect((await page.request.post(address, { form, maxRedirects: 0 })).status()).toBe(303);
}

test("an invalid provider key is reported, with a link to replace it", async ({ page }) => {
  await openWorkspace(page);
  await keepKey(page, "Polar", "not a key of Polar's");
  for (const path of ["", "/products", "/subscriptions"]) {
    await page.goto(`/settings/customers${path}`);
    await expect(main(page)).toContainText("Polar rejected this request");
    await expectSound(page);
  }
  await page.getByRole("link", { name: "Check the API key under Secrets" }).click();
  await expect(page).toHaveURL(/\/settings\/secrets$/);
});

test("a provider's refusal is shown in its words, and the form keeps its input", async ({ page }) => {
  await openWorkspace(page);
  await keepKey(page, "Polar", account("Polar"));
  await page.goto("/settings/customers/products");
  await makeProduct(page, "XL", "5");
  await expect(page.getByRole("alert")).toContainText("Polar rejected this request");
  await expect(page.getByRole("alert")).toContainText("at least 3 characters");
  await expect(page.getByLabel("Name", { exact: true })).toHaveValue("XL");
  await expect(main(page)).toContainText("No products yet.");
});

test("an admin chooses between two provider accounts and pages through a long list", async ({ page }) => {
  await openWorkspace(page);
  await keepKey(page, "Polar", account("Polar"));
  await keepKey(page, "Stripe", account("Stripe"));
  for (let number = 1; number <= 21; number++) {
    const price = { amount: 100 * number, currency: "usd", interval: "month" };
    const data = { name: `Plan ${number}`, prices: [price] };
    expect((await page.request.post("/billing/tenant/products?provider=stripe", { data })).status()).toBe(201);
  }
  await page.goto("/settings/customers/products");
  await expect(main(page)).toContainText("No products yet.");
  await page.getByRole("navigation", { name: "Account" }).getByRole("link", { name: "Stripe" }).click();
  await expect(page.getByRole("row", { name: /Plan 21/ })).toBeVisible();
  await expectSound(page);
  await page.getByRole("link", { name: "Older" }).click();
  await expect(page.getByRole("row", { name: /Plan 1\b/ })).toBeVisible();
  await expect(page.getByRole("row", { name: /Plan 21/ })).toHaveCount(0);
  await page.getByRole("link", { name: "Newest" }).click();
  await expect(page.getByRole("row", { name: /Plan 21/ })).toBeVisible();
});

test("a member reads who can see customers", async ({ page, demo }) => {
  const { name, member } = demo.workspace("pro");
  await signIn(page, member);
  for (const path of ["", "/products", "/subscriptions"]) {
    await page.goto(`/settings/customers${path}`);
    await expect(page.getByText(`Only owners and admins of ${name} can view`)).toBeVisible();
    await expect(page.getByRole("table")).toHaveCount(0);
  }
});
