import { FIREFOX, STATES, expect, expectHeading, hydrated, signIn, test, type Locator, type Page } from "../fixtures";

/** Presses Tab until the focus is there, as a person does who sees where it is. */
async function tabTo(page: Page, target: Locator): Promise<void> {
  for (let presses = 0; presses < 30; presses++) {
    if (await target.evaluate((element) => element === document.activeElement)) return;
    await page.keyboard.press("Tab");
  }
  await expect(target).toBeFocused();
}

test("keys alone sign in, end another session and sign out", async ({ page, anna, anotherBrowser }) => {
  await signIn(await anotherBrowser({ userAgent: FIREFOX }), anna);
  await page.goto("/");
  await expectHeading(page, "Sign in");
  await expect(page.getByRole("textbox", { name: "Username or e-mail" })).toBeFocused();
  await page.keyboard.type(anna.login);
  await page.keyboard.press("Tab");
  await expect(page.getByLabel("Password", { exact: true })).toBeFocused();
  await page.keyboard.type(anna.password);
  await page.keyboard.press("Enter");
  await expectHeading(page, "Signed in as anna");

  await tabTo(page, page.getByRole("link", { name: "Sessions" }));
  await page.keyboard.press("Enter");
  await expectHeading(page, "Your sessions");
  await tabTo(page, page.getByRole("button", { name: /^End session/ }));
  await page.keyboard.press("Space");
  await expect(page.getByRole("status")).toContainText("The session has been ended.");
  await tabTo(page, page.getByRole("link", { name: "Home" }));
  await page.keyboard.press("Enter");
  await expectHeading(page, "Signed in as anna");
  await tabTo(page, page.getByRole("button", { name: "Sign out" }));
  await page.keyboard.press("Enter");
  await expect(page.getByRole("status")).toContainText("You have signed out.");
});

for (const [state, open] of Object.entries(STATES)) {
  test(`${state}: Tab reaches everything that can be used, in the order it is read, and shows where it is`, async ({
    page, server, foreign, anotherBrowser, javaScriptEnabled,
  }) => {
    await open({ page, server, foreign, anotherBrowser });
    if (javaScriptEnabled) await hydrated(page);
    const usable = page.locator("a[href], button, input:not([type=hidden])").filter({ visible: true });
    expect(await usable.count()).toBeGreaterThan(0);
    // From the top, wherever the page has put the focus.
    await page.locator("body").evaluate((body) => {
      body.tabIndex = -1;
      body.focus();
    });
    for (const one of await usable.all()) {
      await page.keyboard.press("Tab");
      await expect(one).toBeFocused();
      await expect(one).not.toHaveCSS("outline-style", "none");
      await expect(one).toHaveCSS("outline-width", "3px");
    }
  });
}
