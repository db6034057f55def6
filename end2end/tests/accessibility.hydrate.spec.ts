import AxeBuilder from "@axe-core/playwright";

import { STATES, expect, hydrated, test } from "../fixtures";

for (const [state, open] of Object.entries(STATES)) {
  test(`${state}: axe finds nothing, light or dark, wide or narrow`, async ({
    page, server, foreign, anotherBrowser,
  }) => {
    await open({ page, server, foreign, anotherBrowser });
    await hydrated(page);
    const axe = new AxeBuilder({ page }).options({ rules: { "target-size": { enabled: true } } });
    for (const colorScheme of ["light", "dark"] as const) {
      // Without motion: no color is on its way to another while axe looks.
      await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
      for (const width of [320, 1280]) {
        await page.setViewportSize({ width, height: 800 });
        // Also what axe cannot decide: nothing is left to be looked at by eye.
        const { violations, incomplete } = await axe.analyze();
        const found = [...violations, ...incomplete].flatMap(({ id, nodes }) =>
          nodes.map(({ html, failureSummary }) => `${id}: ${html} ${failureSummary}`));
        expect(found, `${colorScheme}, ${width} px`).toEqual([]);
      }
    }
  });
}
