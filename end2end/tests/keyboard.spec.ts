import {
  AuthenticatorApp, FIREFOX, expect, expectHeading, hydrated, signIn, test, type Locator, type Page, type Person,
} from "../fixtures";

/** Presses Tab until the focus is there, as a person does who sees where it is. */
async function tabTo(page: Page, target: Locator): Promise<void> {
  for (let presses = 0; presses < 30; presses++) {
    if (await target.evaluate((element) => element === document.activeElement)) return;
    await page.keyboard.press("Tab");
  }
  await expect(target).toBeFocused();
}

/** Types name and password where the open page puts the focus, and sends them. */
async function typeSignIn(page: Page, person: Person): Promise<void> {
  await expectHeading(page, "Sign in");
  await expect(page.getByRole("textbox", { name: "Username or e-mail" })).toBeFocused();
  await page.keyboard.type(person.login);
  await page.keyboard.press("Tab");
  await expect(page.getByLabel("Password", { exact: true })).toBeFocused();
  await page.keyboard.type(person.password);
  await page.keyboard.press("Enter");
}

/** Types a code where the focus is, and sends it: scripts do that with the last digit. */
async function typeCode(page: Page, code: string, scripts: boolean | undefined): Promise<void> {
  await expect(page.getByRole("textbox", { name: /^Code/ })).toBeFocused();
  if (scripts) await hydrated(page);
  await page.keyboard.type(code);
  if (!scripts) await page.keyboard.press("Enter");
}

test("keys alone sign in, end another session and sign out", async ({ page, anna, anotherBrowser }) => {
  await signIn(await anotherBrowser({ userAgent: FIREFOX }), anna);
  await page.goto("/");
  await typeSignIn(page, anna);
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

test("keys alone set up an authenticator app, and sign in by its code", async ({ page, anna, javaScriptEnabled }) => {
  await page.goto("/");
  await typeSignIn(page, anna);
  await expectHeading(page, "Signed in as anna");
  await tabTo(page, page.getByRole("link", { name: "MFA Settings" }));
  await page.keyboard.press("Enter");
  await expectHeading(page, "MFA Settings");
  await tabTo(page, page.getByRole("link", { name: "Set up an authenticator app" }));
  await page.keyboard.press("Enter");

  await expectHeading(page, "Add an authenticator app");
  await tabTo(page, page.getByText("Cannot scan it?"));
  await page.keyboard.press("Space");
  const link = page.getByRole("link", { name: "open it in your authenticator app" });
  await tabTo(page, link);
  const app = new AuthenticatorApp(await link.getAttribute("href") ?? "");
  await tabTo(page, page.getByRole("textbox", { name: "Name of the device (optional)" }));
  await page.keyboard.type("Blue phone");
  await page.keyboard.press("Tab");
  await typeCode(page, await app.code(), javaScriptEnabled);
  await expectHeading(page, "Recovery codes");
  await expect(page.getByRole("status")).toContainText("Authenticator app activated.");
  await tabTo(page, page.getByRole("button", { name: "I have stored them" }));
  await page.keyboard.press("Space");
  await expectHeading(page, "MFA Settings");
  await expect(page.getByRole("status")).toContainText("Your recovery codes are stored.");
  await expect(page.getByRole("heading", { level: 3 })).toHaveText(["Blue phone"]);

  await tabTo(page, page.getByRole("link", { name: "Home" }));
  await page.keyboard.press("Enter");
  await expectHeading(page, "Signed in as anna");
  await tabTo(page, page.getByRole("button", { name: "Sign out" }));
  await page.keyboard.press("Enter");
  await expect(page.getByRole("status")).toContainText("You have signed out.");
  await typeSignIn(page, anna);
  await expectHeading(page, "Confirm your sign-in");
  await typeCode(page, await app.code(), javaScriptEnabled);
  await expectHeading(page, "Signed in as anna");
  await expect(page.getByText("password and authenticator app")).toBeVisible();
});
