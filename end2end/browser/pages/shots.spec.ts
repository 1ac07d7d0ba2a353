// Screenshots of every page in artifacts/shots, wide and phone, light and dark, for review by eye.
import { type Page } from "@playwright/test";
import { card, expect, goAndPay, makeKey, openConfirmedWorkspace, openMenu, openWorkspace, pay, signIn, signInByForm, signOut, test } from "../dues.ts";

const sizes = { wide: { width: 1280, height: 900 }, phone: { width: 390, height: 844 }, small: { width: 320, height: 640 } };

async function shoot(page: Page, name: string): Promise<void> {
  for (const [size, viewport] of Object.entries(sizes)) {
    await page.setViewportSize(viewport);
    for (const colorScheme of ["light", "dark"] as const) {
      await page.emulateMedia({ colorScheme });
      await page.screenshot({ path: `artifacts/shots/${name}-${size}-${colorScheme}.png`, fullPage: true });
    }
  }
  await page.setViewportSize(sizes.wide);
}

test("shots", async ({ page, demo }) => {
  test.setTimeout(300_000);
  await page.goto("/no-such-page");
  await shoot(page, "not-found");
  await page.goto("/signup");
  await shoot(page, "signup");
  await page.goto("/membership/enterprise");
  await shoot(page, "enterprise");
  await page.goto("/docs");
  await shoot(page, "docs");
  await page.goto("/docs/security");
  await shoot(page, "docs-security");
  await page.goto("/docs/api");
  await shoot(page, "docs-api");
  await page.goto("/docs/api/usage");
  await shoot(page, "docs-api-usage");
  await page.goto("/docs/search?q=limit");
  await shoot(page, "docs-search");
  await page.goto("/login");
  await shoot(page, "login");
  await page.getByLabel("Email").fill("unknown@nowhere.test");
  await page.getByLabel("Password").fill("not the password");
  await page.getByRole("button", { name: "Sign in" }).click();
  await shoot(page, "login-refused");

  await signInByForm(page, demo.operator);
  await page.goto("/membership");
  await shoot(page, "operator-nowhere");
  const { id } = demo.workspace("pro");
  await page.request.post("/api/v1/enterprise/enterprise-signup", {
    data: { company: "Harbor Works", contactName: "Ada Harbor", email: "ada@harbor.test", useCases: ["sla", "governance"], expectedScale: "2 million players a month", notes: "On our own metal.\nIn two regions." },
  });
  const desk = ["", "?search=nothing+like+it", "/work", "/requests", "/revenue", "/imports", "/imports?code=validation_error&wrong=key&wrong=csv", "/keys", "/webhooks", "/search?q=acme", `/tenants/${id}`, `/tenants/${id}/timeline`, `/tenants/${id}/invoices`, `/tenants/${id}?code=validation_error&wrong=limit&wrong=plan`];
  for (const path of desk) {
    await page.goto(`/operator${path}`);
    await shoot(page, `operator${path.replace(id, "").replace(/\W/g, "-")}`);
  }
  await openMenu(page);
  await shoot(page, "operator-menu");
  await openMenu(page);
  await signOut(page);
  await signInByForm(page, demo.workspace("pro").member);
  await shoot(page, "membership-member");
  await page.goto("/settings/keys");
  await shoot(page, "keys-member");
  await signOut(page);
  await signInByForm(page, demo.workspace("pro").owner);
  await shoot(page, "membership-pro");
  for (const path of ["usage", "usage/ai_tokens", "usage/websocket_connections?range=day", "checkout?plan=team", "checkout?plan=starter", "membership/seats"]) {
    await page.goto(`/${path}`);
    await shoot(page, path.replace(/\W/g, "-"));
  }
  await page.goto("/settings/keys");
  await makeKey(page, "Staging gateway");
  await shoot(page, "keys-fresh");
  await page.getByRole("link", { name: "Revoke Staging gateway" }).click();
  await shoot(page, "keys-revoke");
  for (const path of ["secrets", "secrets?delete=smtp_password", "secrets?replace=smtp_password", "secrets?wrong=key&wrong=value", "audit"]) {
    await page.goto(`/settings/${path}`);
    await shoot(page, path.replace(/\W/g, "-"));
  }
  await page.goto("/settings/webhooks");
  await shoot(page, "webhooks");
  await page.getByLabel("Endpoint URL").fill("http://127.0.0.1:1025/hooks/dues");
  await page.getByRole("button", { name: "Add endpoint" }).click();
  await shoot(page, "webhook-fresh");
  await page.getByRole("button", { name: "Send ping" }).click();
  await expect(async () => {
    await page.reload();
    await expect(page.getByText("Ping not delivered")).toBeVisible({ timeout: 500 });
  }).toPass();
  await page.getByRole("link", { name: "Rotate secret" }).click();
  await shoot(page, "webhook-rotate");
  await page.goto("/settings/webhooks");
  await shoot(page, "webhooks-listed");
  await page.goto("/settings/keys?code=validation_error&wrong=name&wrong=scopes&wrong=expiresAt");
  await shoot(page, "keys-mistakes");
  await signOut(page);

  await openConfirmedWorkspace(page);
  await page.goto("/membership");
  await shoot(page, "membership-free");
  for (const after of ["", "?code=received", "?code=throttled&wait=1800", "?wrong=company&wrong=email&wrong=useCases"]) {
    await page.goto(`/membership/enterprise${after}`);
    await shoot(page, `enterprise-${after.replace(/\W/g, "-")}`);
  }
  await page.goto("/settings/keys");
  await shoot(page, "keys-none");
  await page.goto("/membership?cycle=yearly");
  await shoot(page, "membership-yearly");
  await page.goto("/checkout?plan=pro");
  await shoot(page, "checkout-new");
  await goAndPay(page, "Pro");
  await shoot(page, "pay");
  await pay(page, card.declined);
  await shoot(page, "pay-declined");
  await pay(page, card.pays);
  await shoot(page, "paid");
  await page.goto("/membership");
  await shoot(page, "membership-paid");
  await page.getByRole("button", { name: /invoices at Stripe/ }).click();
  await shoot(page, "portal");
  const toolkit = `${demo.sandboxUrl}/identitytoolkit.googleapis.com/v1`;
  for (const email of ["ada@example.com", "grace.hopper@a-rather-long-name-of-a-company.example.com"]) {
    await page.request.post(`${toolkit}/accounts:signUp?key=any`, { data: { email, password: "s3cret-enough" } });
  }
  await page.goto(demo.sandboxUrl);
  await shoot(page, "sandbox");
});

test("shots of team and invitations", async ({ page, browser, demo }) => {
  test.setTimeout(300_000);
  await page.goto("/password/forgot");
  await shoot(page, "password-forgot");
  await page.goto("/password/0");
  await shoot(page, "password-over");
  await signIn(page, demo.workspace("pro").member);
  await page.goto("/settings/team");
  await shoot(page, "team-member");
  await signOut(page);
  await signIn(page, demo.workspace("pro").owner);
  await page.goto("/settings/team");
  await page.getByLabel("Email").fill("developer@acme.test");
  await page.getByRole("button", { name: "Create invitation link" }).click();
  await shoot(page, "team-invited");
  const link = await page.getByLabel("Invitation link").inputValue();
  await page.getByRole("link", { name: "Done" }).click();
  await shoot(page, "team");
  await page.getByRole("link", { name: /^Remove/ }).first().click();
  await shoot(page, "team-remove");
  await page.goto(link);
  await shoot(page, "invitation-other-address");
  await page.goto("/invitations/0");
  await shoot(page, "invitation-unknown");
  const anonymous = await (await browser.newContext()).newPage();
  await anonymous.goto(link);
  await shoot(anonymous, "invitation");
  await anonymous.getByLabel("Password").fill("a sentence is fine");
  await anonymous.getByRole("button", { name: /^Join/ }).click();
  await shoot(anonymous, "invitation-accepted");
  await anonymous.goto("/settings/team?leave=1");
  await shoot(anonymous, "team-leave");
  await anonymous.getByRole("button", { name: /^Leave/ }).click();
  await shoot(anonymous, "no-workspace");
  await signOut(page);
  await signIn(page, demo.workspace("free").owner);
  await page.goto("/settings/team");
  await shoot(page, "team-full");
});

test("shots of a subscription's life", async ({ page, demo }) => {
  test.setTimeout(300_000);
  await openWorkspace(page);
  for (const path of ["membership/invoices", "settings/billing", "settings/billing/activity"]) {
    await page.goto(`/${path}`);
    await shoot(page, `${path.replace(/\W/g, "-")}-none`);
  }
  await goAndPay(page, "Pro");
  await pay(page, card.pays);
  await page.goto("/membership/cancel");
  await shoot(page, "membership-cancel");
  await page.getByRole("button", { name: "Cancel Pro" }).click();
  await shoot(page, "membership-ending");
  await page.getByRole("button", { name: "Keep Pro" }).click();
  await shoot(page, "membership-kept");
  await page.goto("/membership/invoices");
  await shoot(page, "membership-invoices");
  await page.goto("/settings/billing");
  await shoot(page, "settings-billing");

  // A duplicate subscription, which Dues' pages never create.
  const stripe = `${demo.sandboxUrl}/v1/subscriptions`;
  const headers = { authorization: "Bearer sk_test_demo" };
  const subscription = (await (await page.request.get(`${stripe}?limit=1`, { headers })).json()).data[0];
  const form = {
    customer: subscription.customer,
    "items[0][price]": subscription.items.data[0].price.id,
    default_payment_method: subscription.default_payment_method,
  };
  const made = await page.request.post(stripe, { headers, form });
  if (!made.ok()) throw new Error(await made.text());
  await page.goto("/settings/billing/activity");
  await page.getByRole("button", { name: "Sync with Stripe now" }).click();
  await shoot(page, "settings-billing-activity");
  await expect(async () => {
    await page.goto("/membership");
    await expect(page.getByRole("heading", { name: "refunded" })).toBeVisible({ timeout: 500 });
  }).toPass();
  await shoot(page, "membership-duplicate");
});

test("shots of customers", async ({ page }) => {
  test.setTimeout(300_000);
  await openWorkspace(page);
  await page.goto("/settings/customers");
  await shoot(page, "customers-no-key");
  const keep = async (key: string, value: string) => {
    expect((await page.request.post("/tenant/secrets", { data: { key, value } })).status()).toBe(201);
  };
  await keep("polar_api_key", "not a key");
  await page.goto("/settings/customers");
  await shoot(page, "customers-refused");
  await keep("polar_api_key", `polar_sk_${Date.now()}`);
  await keep("stripe_secret_key", `sk_test_51${Date.now()}`);
  await page.goto("/settings/customers/products");
  await shoot(page, "customers-products-none");
  for (const [name, amount] of [["Pro Plan", 2900], ["Enterprise Plan", 9900]] as const) {
    const price = { amount, currency: "usd", interval: "month" };
    const data = { name, description: "Access to all features, with help within the hour", prices: [price] };
    const made = await page.request.post("/billing/tenant/products", { data });
    const order = { productPriceId: (await made.json()).prices[0].id, successUrl: "https://yourapp.com/success" };
    const begun = await page.request.post("/billing/tenant/checkout", { data: order });
    const { url } = await begun.json();
    const form = { email: `${name.split(" ")[0]}@example.com`, card_number: card.pays, expiry: "12 / 44", cvc: "123", name: "John Doe" };
    expect((await page.request.post(url, { form, maxRedirects: 0 })).status()).toBe(303);
  }
  await page.goto("/settings/customers/products?wrong=name&wrong=price");
  await shoot(page, "customers-products");
  await page.getByRole("link", { name: /^Checkout link/ }).first().click();
  await shoot(page, "customers-sell");
  await page.getByLabel("Success URL").fill("https://yourapp.com/success");
  await page.getByRole("button", { name: "Create checkout link" }).click();
  await shoot(page, "customers-link");
  await page.goto("/settings/customers");
  await shoot(page, "customers");
  await page.goto("/settings/customers/subscriptions");
  await shoot(page, "customers-subscriptions");
  await page.getByRole("link", { name: /^Cancel/ }).first().click();
  await shoot(page, "customers-end");
});
