// Checks that every page has to pass, those of Dues and those of the sandbox.
import { AxeBuilder } from "@axe-core/playwright";
import { type Page, expect } from "@playwright/test";

const rules = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];

/**
 * axe reports no violations in light mode, and no low contrast in dark mode, where only colours differ. At 320 and 375 px
 * nothing overflows horizontally, and every figure fits its place.
 */
export async function expectSound(page: Page): Promise<void> {
  await expect(page.getByRole("heading", { level: 1 })).toHaveCount(1);
  await page.emulateMedia({ colorScheme: "light" });
  await expectNoViolation(page, "light", (axe) => axe.withTags(rules));
  await page.emulateMedia({ colorScheme: "dark" });
  await expectNoViolation(page, "dark", (axe) => axe.withRules("color-contrast"));
  const { width, height } = page.viewportSize() ?? { width: 1280, height: 720 };
  for (const phone of [320, 375]) {
    await page.setViewportSize({ width: phone, height: 640 });
    const wide = await page.evaluate(() => {
      const { scrollWidth, clientWidth } = document.documentElement;
      const beyond = (element: Element) => element.getBoundingClientRect().right > clientWidth + 0.5;
      const cramped = [...document.querySelectorAll(".facts dd")].filter((fact) => fact.scrollWidth > fact.clientWidth);
      const outside = scrollWidth <= clientWidth ? [] : [...document.querySelectorAll("body *")].filter(beyond);
      return [...outside, ...cramped].map((element) => element.outerHTML.slice(0, 120));
    });
    expect(wide, `wider than its place on a phone of ${phone} px: ${page.url()}`).toEqual([]);
  }
  await page.setViewportSize({ width, height });
}

async function expectNoViolation(page: Page, scheme: string, choose: (axe: AxeBuilder) => AxeBuilder): Promise<void> {
  const { violations, passes } = await choose(new AxeBuilder({ page })).analyze();
  const found = violations.map(({ id, help, nodes }) => ({ id, help, at: nodes.map((node) => node.html) }));
  expect(found, `axe, ${scheme}, ${page.url()}`).toEqual([]);
  expect(passes.length, "axe looked at something").toBeGreaterThan(0);
}
