// Pages in other languages than English: German, and a pseudo-language from right to left.
import { type Page } from "@playwright/test";
import { expect, openWorkspace, signIn, test } from "../dues.ts";
import { expectSound } from "../look.ts";

test.use({ demoGroup: "languages", settings: { LANGUAGES: "en,de,ar-XB,en-XA" } });

const pages = [
  "/membership?cycle=yearly",
  "/usage/ai_tokens?range=day",
  "/checkout?plan=team",
  "/membership/invoices",
  "/membership/cancel",
  "/membership/seats",
  "/settings/team",
  "/settings/workspace",
  "/settings/keys",
  "/settings/webhooks",
  "/settings/secrets",
  "/settings/audit",
  "/settings/billing",
  "/settings/billing/activity",
  "/settings/account",
];
const desk = ["", "/search?q=acme", "/work", "/requests", "/revenue", "/imports", "/imports?code=validation_error&wrong=key&wrong=csv", "/keys", "/webhooks"];

async function choose(page: Page, language: string): Promise<void> {
  await page.locator("form[action='/rpc/language']").getByRole("button", { name: language, exact: true }).click();
}

test("the language is chosen at the foot of a page, before and after signing in", async ({ page, demo }) => {
  await page.goto("/login");
  await expect(page.locator("html")).toHaveAttribute("lang", "en");
  await choose(page, "Deutsch");
  await expect(page.locator("html")).toHaveAttribute("lang", "de");
  await expect(page.getByRole("button", { name: "Anmelden" })).toBeVisible();
  await signIn(page, demo.workspace("pro").owner);
  await page.goto("/membership");
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Acme Robotics nutzt den Tarif Pro.");
  await expect(page.locator("form[action='/rpc/language'] [aria-pressed='true']")).toHaveText("Deutsch");
});

test.describe("in a German browser", () => {
  test.use({ locale: "de-DE" });

  test("every page of a workspace is German and sound", async ({ page, demo }) => {
    test.setTimeout(240_000);
    await signIn(page, demo.workspace("pro").owner);
    for (const path of pages) {
      await page.goto(path);
      await expect(page.locator("html")).toHaveAttribute("lang", "de");
      await expectSound(page);
    }
  });

  test("every page of the desk is German and sound", async ({ page, demo }) => {
    test.setTimeout(240_000);
    await signIn(page, demo.operator);
    for (const path of desk) {
      await page.goto(`/operator${path}`);
      await expect(page.locator("html")).toHaveAttribute("lang", "de");
      await expectSound(page);
    }
  });
});

test("pages of a language with long words are sound, also on a phone", async ({ page, demo }) => {
  test.setTimeout(240_000);
  await signIn(page, demo.workspace("pro").owner);
  await page.goto("/usage");
  await page.context().addCookies([{ name: "language", value: "en-XA", url: page.url() }]);
  for (const path of pages) {
    await page.goto(path);
    await expect(page.locator("html")).toHaveAttribute("lang", "en-XA");
    await expectSound(page);
  }
});

test("pages from right to left are sound, and begin at the right", async ({ page }) => {
  test.setTimeout(240_000);
  await openWorkspace(page);
  await page.goto("/usage");
  await page.context().addCookies([{ name: "language", value: "ar-XB", url: page.url() }]);
  for (const path of ["/membership", "/usage", "/settings/team", "/checkout?plan=pro"]) {
    await page.goto(path);
    await expect(page.locator("html")).toHaveAttribute("dir", "rtl");
    const { left, right } = await page.evaluate(() => {
      const box = (selector: string) => document.querySelector(selector)!.getBoundingClientRect();
      return { left: box("main .body").left, right: box("main .side").left };
    });
    expect(right, `the margin is at the right of ${path}`).toBeGreaterThan(left);
    await expectSound(page);
  }
});
