// Checks that every page has to pass, those of Dues and those of the sandbox.
import { type Page, expect } from "@playwright/test";
import type axe from "axe-core";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { mayHaveIsland } from "./islands.ts";

const rules = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
const axeSource = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/**
 * axe reports no violations in light mode, and no low contrast in dark mode, where only colours differ. At 320 and
 * 375 px nothing overflows horizontally, and every figure fits its place. Only pages with an island have a script.
 */
export async function expectSound(page: Page): Promise<void> {
  await expect(page.getByRole("heading", { level: 1 })).toHaveCount(1);
  await page.evaluate(axeSource);
  await page.emulateMedia({ colorScheme: "light" });
  await expectNoViolation(page, "light", { type: "tag", values: rules });
  await page.emulateMedia({ colorScheme: "dark" });
  await expectNoViolation(page, "dark", { type: "rule", values: ["color-contrast"] });
  const { width, height } = page.viewportSize() ?? { width: 1280, height: 720 };
  for (const phone of [320, 375]) {
    await page.setViewportSize({ width: phone, height: 640 });
    const { wide, scripts } = await page.evaluate(() => {
      const { scrollWidth, clientWidth } = document.documentElement;
      const beyond = (element: Element) => element.getBoundingClientRect().right > clientWidth + 0.5;
      const cramped = [...document.querySelectorAll(".facts dd")].filter((fact) => fact.scrollWidth > fact.clientWidth);
      const outside = scrollWidth <= clientWidth ? [] : [...document.querySelectorAll("body *")].filter(beyond);
      const wide = [...outside, ...cramped].map((element) => element.outerHTML.slice(0, 120));
      return { wide, scripts: document.querySelectorAll("script[src]").length };
    });
    expect(wide, `wider than its place on a phone of ${phone} px: ${page.url()}`).toEqual([]);
    if (!mayHaveIsland(page.url())) expect(scripts, `scripts of ${page.url()}`).toBe(0);
  }
  await page.setViewportSize({ width, height });
}

// Runs axe within the page, which has no frames, and fetches no more than the violations from there.
async function expectNoViolation(page: Page, scheme: string, runOnly: axe.RunOnly): Promise<void> {
  const { found, passed } = await page.evaluate(async (runOnly) => {
    const { axe: { run } } = window as unknown as { axe: typeof axe };
    const { violations, passes } = await run(document, { runOnly, resultTypes: ["violations"] });
    const found = violations.map(({ id, help, nodes }) => ({ id, help, at: nodes.map((node) => node.html) }));
    return { found, passed: passes.length };
  }, runOnly);
  expect(found, `axe, ${scheme}, ${page.url()}`).toEqual([]);
  expect(passed, "axe looked at something").toBeGreaterThan(0);
}
