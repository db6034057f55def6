import { CHROMIUM } from "../browser";
import { expect, expectHeading, signIn, test } from "../fixtures";

// A browser that keeps whole pages to go back to, as people's do. Playwright's default is to forbid it.
test.use({
  launchOptions: async ({ launchOptions }, use) =>
    use({ ...launchOptions, executablePath: CHROMIUM, ignoreDefaultArgs: ["--disable-back-forward-cache"] }),
});

test("SES-08 after signing out the back button shows nothing private, even where browsers keep pages", async ({
  page, anna,
}) => {
  await signIn(page, anna);
  await expect(page.getByText(anna.email)).toBeVisible();
  await page.getByRole("button", { name: "Sign out" }).click();
  await expect(page.getByRole("status")).toContainText("You have signed out.");
  await page.goBack({ waitUntil: "commit" });
  await expectHeading(page, "Sign in");
  await expect(page.getByText(anna.email)).toHaveCount(0);
});
