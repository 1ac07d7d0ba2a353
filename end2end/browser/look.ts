// What holds of every page, whoever serves it.
import { AxeBuilder } from "@axe-core/playwright";
import { type Page, expect } from "@playwright/test";

const rules = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];

/** axe finds nothing, in light and in dark; at 320 px nothing has to be scrolled sideways. */
export async function expectSound(page: Page): Promise<void> {
  await expect(page.getByRole("heading", { level: 1 })).toHaveCount(1);
  for (const colorScheme of ["light", "dark"] as const) {
    await page.emulateMedia({ colorScheme });
    const { violations } = await new AxeBuilder({ page }).withTags(rules).analyze();
    const found = violations.map(({ id, help, nodes }) => ({ id, help, at: nodes.map((node) => node.html) }));
    expect(found, `axe, ${colorScheme}, ${page.url()}`).toEqual([]);
  }
  const { width, height } = page.viewportSize() ?? { width: 1280, height: 720 };
  await page.setViewportSize({ width: 320, height: 640 });
  const wide = await page.evaluate(() => {
    const { scrollWidth, clientWidth } = document.documentElement;
    const beyond = (element: Element) => element.getBoundingClientRect().right > clientWidth + 0.5;
    return scrollWidth <= clientWidth
      ? []
      : [...document.querySelectorAll("body *")].filter(beyond).map((element) => element.outerHTML.slice(0, 120));
  });
  expect(wide, `wider than a phone of 320 px: ${page.url()}`).toEqual([]);
  await page.setViewportSize({ width, height });
}
