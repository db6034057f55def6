import { FIREFOX, expect, expectHeading, signIn, test, type Locator, type Page } from "../fixtures";

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
  await tabTo(page, page.getByRole("button", { name: /^End session of / }));
  await page.keyboard.press("Space");
  await expect(page.getByRole("status")).toContainText("The session has been ended.");
  await tabTo(page, page.getByRole("link", { name: "Home" }));
  await page.keyboard.press("Enter");
  await expectHeading(page, "Signed in as anna");
  await tabTo(page, page.getByRole("button", { name: "Sign out" }));
  await page.keyboard.press("Enter");
  await expect(page.getByRole("status")).toContainText("You have signed out.");
});
