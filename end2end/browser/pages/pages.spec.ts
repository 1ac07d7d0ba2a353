// Every page passes the checks of look.ts, keeps the console clean and has strict headers.
import { card, expect, goAndPay, makeKey, openConfirmedWorkspace, openMenu, openWorkspace, pay, signIn, test } from "../dues.ts";
import { expectSound } from "../look.ts";

const publicPages = [
  "/login",
  "/login?code=session_over",
  "/signup",
  "/docs/security",
  "/docs/bounds",
  "/membership/enterprise",
  "/membership/enterprise?code=received",
  "/membership/enterprise?code=validation_error&wrong=company&wrong=email&wrong=useCases&wrong=notes",
];
for (const path of publicPages) {
  test(`${path} is sound`, async ({ page }) => {
    await page.goto(path);
    await expectSound(page);
  });
}

const signedIn = {
  "/membership": "free",
  "/membership?cycle=yearly": "free",
  "/checkout?plan=pro": "free",
  "/checkout?plan=business&cycle=yearly": "free",
  "/usage": "pro",
  "/usage/ai_tokens": "pro",
  "/usage/websocket_connections?range=day": "pro",
  "/usage/projects?range=year": "free",
  "/usage/team_members": "free",
  "/membership?": "pro",
  "/checkout?plan=team": "pro",
  "/checkout?plan=starter": "pro",
  "/checkout?plan=nope": "free",
  "/checkout?plan=enterprise": "free",
  "/membership/enterprise": "free",
  "/settings/account": "pro",
  "/settings/account?code=validation_error&wrong=current&wrong=password": "pro",
  "/confirm?next=/settings/keys": "pro",
  "/form-refused?back=/settings/keys": "pro",
  "/settings/keys": "pro",
  "/settings/secrets": "pro",
  "/settings/secrets?": "free",
  "/settings/secrets?delete=smtp_password": "pro",
  "/settings/secrets?replace=smtp_password": "pro",
  "/settings/secrets?code=validation_error&wrong=key&wrong=value": "pro",
  "/settings/audit": "pro",
  "/settings/workspace": "pro",
  "/settings/workspace?code=validation_error&wrong=name&wrong=workspace": "free",
  "/settings/audit?action=secret.used": "pro",
  "/settings/audit?from=soon&to=later": "free",
  "/settings/keys?code=validation_error&wrong=name&wrong=scopes&wrong=expiresAt": "pro",
};
for (const [path, plan] of Object.entries(signedIn)) {
  test(`${path} on ${plan} is sound`, async ({ page, demo }) => {
    await signIn(page, demo.workspace(plan).owner);
    await page.goto(path);
    await expectSound(page);
  });
}

test("a member's pages are sound", async ({ page, demo }) => {
  await signIn(page, demo.workspace("pro").member);
  for (const path of ["/membership", "/checkout?plan=team", "/settings/keys", "/settings/secrets", "/settings/audit"]) {
    await page.goto(path);
    await expectSound(page);
  }
});

test("the pages of creating and revoking a key are sound", async ({ page }) => {
  await openConfirmedWorkspace(page);
  await page.goto("/settings/keys");
  await expectSound(page);
  await makeKey(page, "A name as long as a gateway in a far away region may well have");
  await expectSound(page);
  await page.getByRole("link", { name: /^Revoke/ }).click();
  await expect(page.getByRole("alert")).toBeFocused();
  await expectSound(page);
  await page.getByRole("button", { name: /^Revoke/ }).click();
  await expectSound(page);
});

test("the login page with an error is sound, and the error has the focus", async ({ page }) => {
  await page.goto("/login");
  await page.getByLabel("Email").fill("unknown@nowhere.test");
  await page.getByLabel("Password").fill("not the password");
  await page.getByRole("button", { name: "Sign in" }).click();
  await expect(page.getByRole("alert")).toBeFocused();
  await expectSound(page);
});

test("every page of a payment is sound", async ({ page, demo }) => {
  await openWorkspace(page);
  await goAndPay(page, "Pro");
  await expectSound(page);
  await pay(page, card.declined);
  await expect(page.getByRole("alert")).toBeVisible();
  await expectSound(page);
  await pay(page, card.authenticates);
  await expect(page.getByRole("button", { name: /Complete/ })).toBeVisible();
  await expectSound(page);
  await page.getByRole("button", { name: /Complete/ }).click();
  await expect(page).toHaveURL(/membership-paid/);
  await expectSound(page);
  await page.goto("/checkout?plan=team");
  await page.getByRole("button", { name: /Confirm at Stripe/ }).click();
  await expect(page).toHaveURL(/\/portal\//);
  await expectSound(page);
  await page.goto("/membership");
  await expectSound(page);
  await page.getByRole("button", { name: /invoices at Stripe/ }).click();
  await expect(page).toHaveURL(/\/portal\//);
  await expectSound(page);
  await page.goto(demo.sandboxUrl);
  await expectSound(page);
});

test("an unknown path shows a 404 page with a link back", async ({ page }) => {
  const answer = await page.goto("/no-such-page");
  expect(answer?.status()).toBe(404);
  await expectSound(page);
  await expect(page.getByRole("main").getByRole("link").first()).toBeVisible();
});

test("the usage page shows a meter with figures for each limit", async ({ page, demo }) => {
  await signIn(page, demo.workspace("pro").owner);
  await page.goto("/settings/team");
  await page.getByRole("link", { name: "Usage", exact: true }).click();
  await expect(page).toHaveURL(/\/usage$/);
  await expect(page.getByRole("main")).toContainText("WebSocket connection");
  await expect(page.getByRole("main")).toContainText(/\d of 100/);
});

test("the chosen theme persists", async ({ page }) => {
  const root = page.locator("html");
  await page.goto("/login");
  await expect(root).not.toHaveAttribute("data-theme");
  await page.getByRole("button", { name: "Dark" }).click();
  await expect(root).toHaveAttribute("data-theme", "dark");
  await expect(page).toHaveURL(/\/login$/);
  await page.goto("/signup");
  await expect(root).toHaveAttribute("data-theme", "dark");
  await expect(page.getByRole("button", { name: "Dark" })).toHaveAttribute("aria-pressed", "true");
  await page.getByRole("button", { name: "System" }).click();
  await expect(root).not.toHaveAttribute("data-theme");
});

test("prices change with the billing cycle without a page load", async ({ page }) => {
  await openWorkspace(page);
  const pro = page.getByRole("listitem").filter({ has: page.getByRole("heading", { name: "Pro" }) });
  const cycles = page.getByRole("navigation", { name: "Billing cycle" });
  // A click before hydration follows the link. In that case the block is retried.
  await expect(async () => {
    await page.goto("/membership");
    await page.waitForLoadState("networkidle");
    await expect(pro.getByText("$29.00", { exact: true })).toBeVisible();
    await cycles.getByRole("link", { name: "Yearly" }).click();
    await expect(pro.getByText("$290.00", { exact: true })).toBeVisible();
    expect(page.url()).toMatch(/\/membership$/);
  }).toPass();
  await expect(pro.getByText("$29.00", { exact: true })).toBeHidden();
  await expect(cycles.getByRole("link", { name: "Yearly" })).toHaveAttribute("aria-current", "true");
  await pro.getByRole("link", { name: "Review Pro" }).click();
  await expect(page.getByRole("region", { name: "Order summary" })).toContainText("$290.00");
});

test("the account menu closes on Escape and on a click outside", { tag: "@island" }, async ({ page, demo, javaScriptEnabled }) => {
  await signIn(page, demo.workspace("pro").owner);
  for (const path of ["/membership", "/settings/audit"]) {
    await page.goto(path);
    const signOutButton = page.getByRole("button", { name: "Sign out", exact: true });
    await expect(signOutButton).toBeHidden();
    await openMenu(page);
    await expect(signOutButton).toBeInViewport({ ratio: 1 });
    // Without JavaScript, axe does not finish on a page with an open popover.
    if (javaScriptEnabled) await expectSound(page);
    await signOutButton.focus();
    await page.keyboard.press("Escape");
    await expect(signOutButton).toBeHidden();
    await expect(page.getByRole("button", { name: /account: /i })).toBeFocused();
    await openMenu(page);
    await page.getByRole("heading", { level: 1 }).click();
    await expect(signOutButton).toBeHidden();
  }
});

test("on a phone, the table of all plans begins at the current plan", { tag: "@island" }, async ({ page, demo }) => {
  await page.setViewportSize({ width: 375, height: 720 });
  await signIn(page, demo.workspace("pro").owner);
  await page.goto("/membership");
  const table = page.getByRole("region", { name: /plans/ }).filter({ has: page.locator("table.compare") }).last();
  await expect(page.getByText("Scroll sideways to see all plans.")).toBeVisible();
  const before = await table.evaluate((region) => region.scrollLeft);
  expect(before).toBeGreaterThan(0);
  const [column, place] = [await table.locator("thead .now").boundingBox(), await table.boundingBox()];
  expect(column!.x).toBeGreaterThanOrEqual(place!.x);
  expect(column!.x + column!.width).toBeLessThanOrEqual(place!.x + place!.width);
  await table.focus();
  await page.keyboard.press("ArrowRight");
  await expect.poll(() => table.evaluate((region) => region.scrollLeft)).toBeGreaterThan(before);
});

test("the way to the cancellation is beside the facts", async ({ page, demo }) => {
  await signIn(page, demo.workspace("pro").owner);
  await page.goto("/membership");
  const cancel = page.getByRole("link", { name: "Cancel plan" });
  expect((await cancel.boundingBox())!.y).toBeLessThan(1000);
  await cancel.click();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Cancel Pro?");
});

test("a page without an island loads no script", async ({ page }) => {
  await page.goto("/login");
  await expect(page.locator("script[src]")).toHaveCount(0);
});

test("the skip link is the first focusable element", async ({ page, demo }) => {
  await signIn(page, demo.workspace("free").owner);
  await page.goto("/membership");
  await page.keyboard.press("Tab");
  await expect(page.getByRole("link", { name: "Skip to content" })).toBeFocused();
  await page.keyboard.press("Enter");
  await expect(page.getByRole("main")).toBeFocused();
});

test("pages have strict security headers", async ({ page, demo }) => {
  const first = (await page.goto("/login"))?.headers() ?? {};
  const second = (await page.goto("/login"))?.headers() ?? {};
  const policy = first["content-security-policy"] ?? "";
  expect(policy).toContain("frame-ancestors 'none'");
  expect(policy).toContain("default-src 'none'");
  expect(policy).not.toContain("'unsafe-inline'");
  expect(policy).not.toContain("'unsafe-eval'");
  expect(policy).toContain(demo.sandboxUrl);
  expect(second["content-security-policy"]).not.toBe(policy);
  expect(first["x-content-type-options"]).toBe("nosniff");
  expect(first["referrer-policy"]).toBeTruthy();
});
