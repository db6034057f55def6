import { STATES, expectAccessible, hydrated, test } from "../fixtures";

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
