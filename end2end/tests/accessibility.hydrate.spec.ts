import AxeBuilder from "@axe-core/playwright";

import { STATES, expect, hydrated, test, type Page } from "../fixtures";

for (const [state, open] of Object.entries(STATES)) {
  test(`${state}: axe finds nothing, light or dark, wide or narrow`, async ({ page, server, foreign, anotherBrowser }) => {
    await open({ page, server, foreign, anotherBrowser });
    await hydrated(page);
    for (const colorScheme of ["light", "dark"] as const) {
      await page.emulateMedia({ colorScheme });
      for (const width of [320, 1280]) {
        await page.setViewportSize({ width, height: 800 });
        await expectAccessible(page, `${colorScheme}, ${width} px`);
      }
    }
  });
}

/** Asks axe about the open page, at the strictest. */
async function expectAccessible(page: Page, what: string): Promise<void> {
  const { violations } = await new AxeBuilder({ page }).options({ rules: { "target-size": { enabled: true } } }).analyze();
  const found = violations.flatMap(({ id, nodes }) => nodes.map((node) => `${id}: ${node.html} ${node.failureSummary}`));
  expect(found, what).toEqual([]);
}
