import {
  ANNA, MALLORY, addAuthenticatorApp, downloadRecoveryCodes, enterCode, enterRecoveryCode, expect, expectHeading,
  expectSignedOut, fillSignIn, readRecoveryCodes, signIn, signOut, startAuthenticatorApp, startSignIn, test,
} from "../fixtures";

test("MFA-22 from the first click to signing in by a code", async ({ page, anna }) => {
  await signIn(page, anna);
  await page.getByRole("link", { name: "MFA Settings" }).click();
  await expectHeading(page, "MFA Settings");
  await expect(page.getByRole("region", { name: "Authenticator app" })).toContainText("Not set up.");
  await page.getByRole("link", { name: "Set up an authenticator app" }).click();
  const app = await startAuthenticatorApp(page);
  await expect(page.getByRole("textbox", { name: "Code", exact: true })).toBeFocused();
  await page.getByRole("textbox", { name: "Name of the device (optional)" }).fill("Blue phone");
  await enterCode(page, await app.code(), "Turn on");

  await expectHeading(page, "Recovery codes");
  await expect(page.getByRole("status")).toContainText("Authenticator app activated.");
  await expect(page.getByText("10 of 10 codes are left.")).toBeVisible();
  expect(new Set(await readRecoveryCodes(page)).size).toBe(10);
  await page.getByRole("button", { name: "I have stored them" }).click();
  await expectHeading(page, "MFA Settings");
  await expect(page.getByRole("status")).toContainText("Your recovery codes are stored.");
  const device = page.getByRole("region", { name: "Authenticator app" }).getByRole("listitem");
  await expect(device.getByRole("heading")).toHaveText("Blue phone");
  await expect(device.getByRole("term").filter({ hasText: "State" }).locator("+ dd")).toHaveText("Active");
  await expect(device.getByRole("term").filter({ hasText: "Last used" }).locator("+ dd")).toHaveText("Never");

  await signOut(page);
  await startSignIn(page, anna);
  await expect(page).toHaveTitle("Confirm your sign-in · Inmor");
  await expect(page.getByRole("textbox", { name: "Code from your authenticator app" })).toBeFocused();
  await enterCode(page, await app.code(), "Sign in");
  await expectHeading(page, "Signed in as anna");
  await expect(page.getByText("password and authenticator app")).toBeVisible();
  await page.getByRole("link", { name: "MFA Settings" }).click();
  await expect(device.getByRole("term").filter({ hasText: "Last used" }).locator("+ dd")).toHaveText(/^20\d\d-.* UTC$/);
});

test("a wrong code is announced at its field, which is emptied; the right one then signs in", async ({
  page, anna,
}) => {
  await signIn(page, anna);
  const app = await addAuthenticatorApp(page);
  await signOut(page);
  await startSignIn(page, anna, "/accounts/sessions/?from=a+link");
  const wrong = app.wrongCode();
  await enterCode(page, wrong, "Sign in");
  await expect(page.getByRole("alert")).toContainText("That code is not right, or was used before.");
  await expect(page).toHaveTitle("Not accepted: Confirm your sign-in · Inmor");
  const field = page.getByRole("textbox", { name: /^Code/ });
  await expect(field).toHaveValue("");
  await expect(field).toBeFocused();
  await expect(field).toHaveAttribute("aria-invalid", "true");
  await expect(field).toHaveAccessibleDescription(/That code is not right/);
  expect(await page.content()).not.toContain(wrong);
  await enterCode(page, await app.code(), "Sign in");
  await expectHeading(page, "Your sessions");
  await expect(page).toHaveURL("/accounts/sessions/?from=a+link");
  await expect(page.getByText("Somebody entered your right password and then a wrong code.")).toBeVisible();
});

test("a code signs in however it is spaced", async ({ page, anna }) => {
  await signIn(page, anna);
  const app = await addAuthenticatorApp(page);
  await signOut(page);
  await startSignIn(page, anna);
  await enterCode(page, (await app.code()).replace(/(...)/, " $1 "), "Sign in");
  await expectHeading(page, "Signed in as anna");
});

test("TOT-07 TOT-03 the code that turned an app on does not sign in, and no code does twice", async ({
  page, anna, anotherBrowser,
}) => {
  await signIn(page, anna);
  const app = await addAuthenticatorApp(page);
  await signOut(page);
  await startSignIn(page, anna);
  await enterCode(page, app.lastCode(), "Sign in");
  await expect(page.getByRole("alert")).toContainText("was used before");
  await enterCode(page, await app.code(), "Sign in");
  await expectHeading(page, "Signed in as anna");
  const other = await anotherBrowser();
  await startSignIn(other, anna);
  await enterCode(other, app.lastCode(), "Sign in");
  await expect(other.getByRole("alert")).toContainText("was used before");
  await expectSignedOut(other);
});

test("a wrong code while setting up keeps the secret and the name that was typed", async ({ page, anna }) => {
  await signIn(page, anna);
  const app = await startAuthenticatorApp(page);
  await page.getByRole("textbox", { name: "Name of the device (optional)" }).fill("Blue phone");
  await enterCode(page, app.wrongCode(), "Turn on");
  await expect(page.getByRole("alert")).toContainText("That code is not right");
  await expect(page).toHaveTitle("Not accepted: Add an authenticator app · Inmor");
  const field = page.getByRole("textbox", { name: "Code", exact: true });
  await expect(field).toBeFocused();
  await expect(field).toHaveValue("");
  await expect(page.getByRole("textbox", { name: "Name of the device (optional)" })).toHaveValue("Blue phone");
  await enterCode(page, await app.code(), "Turn on");
  await expectHeading(page, "Recovery codes");
  await page.goto("/accounts/2fa/");
  await expect(page.getByRole("heading", { name: "Blue phone" })).toBeVisible();
});

test("a name that cannot be one is announced at its field", async ({ page, anna }) => {
  await signIn(page, anna);
  const app = await startAuthenticatorApp(page);
  const field = page.getByRole("textbox", { name: "Name of the device (optional)" });
  await field.fill("x".repeat(65));
  await enterCode(page, await app.code(), "Turn on");
  await expect(page.getByRole("alert")).toContainText("at most 64");
  await expect(field).toBeFocused();
  await expect(field).toHaveAttribute("aria-invalid", "true");
  await field.fill("Blue phone");
  // The refused form has not used the code up.
  await enterCode(page, app.lastCode(), "Turn on");
  await expect(page.getByRole("status")).toContainText("Authenticator app activated.");
});

test("HTP-19 markup typed as a device's name is text on every page that shows it", async ({ page, anna }) => {
  const name = `"><script>document.title="owned"</script><b id=owned>`;
  await signIn(page, anna);
  await addAuthenticatorApp(page, name);
  for (const path of ["/", "/accounts/2fa/", "/accounts/2fa/totp/deactivate/"]) {
    await page.goto(path);
    await expect(page.getByText(name).first()).toBeVisible();
    await expect(page.locator("#owned")).toHaveCount(0);
    await expect(page).toHaveTitle(/ · Inmor$/);
  }
});

test("MFA-11 a fresh secret takes the place of the one before, whose codes are refused", async ({ page, anna }) => {
  await signIn(page, anna);
  const old = await startAuthenticatorApp(page);
  await page.getByRole("button", { name: "Start over with a new secret" }).click();
  await expect(page.getByRole("status")).toContainText("Here is a new secret.");
  const app = await startAuthenticatorApp(page);
  expect(app.secret).not.toBe(old.secret);
  await enterCode(page, await old.code(), "Turn on");
  await expect(page.getByRole("alert")).toContainText("That code is not right");
  await enterCode(page, await app.code(), "Turn on");
  await expectHeading(page, "Recovery codes");
});

test("MFA-10 a secret whose code was never entered asks nobody for a code", async ({ page, anna }) => {
  await signIn(page, anna);
  await startAuthenticatorApp(page);
  await signOut(page);
  await signIn(page, anna);
});

test("TOT-14 after it was set up, no page shows the secret again", async ({ page, anna }) => {
  await signIn(page, anna);
  const app = await addAuthenticatorApp(page);
  for (const path of ["/accounts/2fa/", "/accounts/2fa/totp/activate/", "/accounts/2fa/totp/deactivate/"]) {
    await page.goto(path);
    expect((await page.content()).replace(/\s/g, "")).not.toContain(app.secret);
  }
  expect((await startAuthenticatorApp(page)).secret).not.toBe(app.secret);
});

test("MFA-01 between password and code nobody is signed in, and can start again", async ({ page, anna }) => {
  await signIn(page, anna);
  await addAuthenticatorApp(page);
  await signOut(page);
  await startSignIn(page, anna);
  for (const path of ["/", "/accounts/sessions/", "/accounts/2fa/", "/accounts/2fa/totp/activate/",
    "/accounts/2fa/recovery-codes/", "/accounts/2fa/recovery-codes/download/", "/accounts/reauthenticate/"]) {
    await page.goto(path);
    await expectHeading(page, "Sign in");
  }
  await page.goto("/accounts/2fa/authenticate/");
  await page.getByRole("button", { name: "Start again" }).click();
  await expectHeading(page, "Sign in");
  await page.goto("/accounts/2fa/authenticate/");
  await expectHeading(page, "Sign in");
  await expect(page.getByRole("status")).toContainText("That sign-in has run out.");
});

test("MFA-13 after five wrong codes the password is asked for again", async ({ page, anna }) => {
  await signIn(page, anna);
  const app = await addAuthenticatorApp(page);
  await signOut(page);
  await startSignIn(page, anna);
  for (let tries = 1; tries <= 5; tries++) {
    const answered = page.waitForEvent("load");
    await enterCode(page, app.wrongCode(), "Sign in");
    await answered;
  }
  await page.goto("/accounts/2fa/authenticate/");
  await expectHeading(page, "Sign in");
});

test("a recovery code signs in once, and the page after it says how many are left", async ({ page, anna }) => {
  await signIn(page, anna);
  await addAuthenticatorApp(page);
  const [code] = await readRecoveryCodes(page);
  await signOut(page);
  await startSignIn(page, anna);
  await enterRecoveryCode(page, ` ${code.toLowerCase().replaceAll("-", " ")} `);
  await expectHeading(page, "MFA Settings");
  await expect(page.getByRole("status")).toContainText("You have signed in with a recovery code.");
  await expect(page.getByText("9 of 10 codes are left.")).toBeVisible();
  await expect(page.getByText("A recovery code was used. 9 are left.")).toBeVisible();
  await page.getByRole("link", { name: "View recovery codes" }).click();
  await expectHeading(page, "Recovery codes");
  const left = await readRecoveryCodes(page);
  expect(left).toHaveLength(9);
  expect(left).not.toContain(code);

  await signOut(page);
  await startSignIn(page, anna);
  await enterRecoveryCode(page, code);
  await expect(page.getByRole("alert")).toContainText("was used before");
  expect(await page.content()).not.toContain(code);
});

test("REC-10 a recovery code without the password, or that of somebody else, opens nothing", async ({
  page, server, anna, anotherBrowser,
}) => {
  const other = await anotherBrowser();
  const mallory = await server.administrator(MALLORY);
  await signIn(other, mallory);
  await addAuthenticatorApp(other);
  const [code] = await readRecoveryCodes(other);
  await signIn(page, anna);
  await addAuthenticatorApp(page);
  await signOut(page);
  await page.goto("/accounts/login/");
  await fillSignIn(page, mallory.login, code);
  await expect(page.getByRole("alert")).toContainText("do not match");
  await startSignIn(page, anna);
  await enterRecoveryCode(page, code);
  await expect(page.getByRole("alert")).toContainText("That code is not right");
});

test("the recovery codes are downloaded as a text file of this site", async ({ page, anna }) => {
  await signIn(page, anna);
  await addAuthenticatorApp(page);
  const shown = await readRecoveryCodes(page);
  const { url, text, codes } = await downloadRecoveryCodes(page);
  expect(codes).toEqual(shown);
  expect(text).toContain("Recovery codes of anna at http://localhost");
  const answer = await page.request.get(url);
  expect(answer.headers()).toMatchObject({
    "content-type": "text/plain; charset=utf-8",
    "content-disposition": 'attachment; filename="recovery-codes.txt"',
    "cache-control": "no-store",
  });
  expect(await answer.text()).toBe(text);
});

test("REC-05 a new set of recovery codes ends the old one", async ({ page, anna, anotherBrowser }) => {
  await signIn(page, anna);
  await addAuthenticatorApp(page);
  const old = await readRecoveryCodes(page);
  await page.getByRole("link", { name: "Make a new set" }).click();
  await expectHeading(page, "Make recovery codes?");
  await expect(page.getByText("The 10 codes that are left of the old set will not work any more.")).toBeVisible();
  await page.getByRole("button", { name: "Make a new set" }).click();
  await expectHeading(page, "Recovery codes");
  await expect(page.getByRole("status")).toContainText("A new set of recovery codes has been generated.");
  const fresh = await readRecoveryCodes(page);
  expect(new Set([...old, ...fresh]).size).toBe(20);
  const other = await anotherBrowser();
  await startSignIn(other, anna);
  await enterRecoveryCode(other, old[0]);
  await expect(other.getByRole("alert")).toContainText("That code is not right");
  await enterRecoveryCode(other, fresh[0]);
  await expectHeading(other, "MFA Settings");
});

test("TOT-16 after deactivating, which warns what goes with it, the password alone signs in", async ({
  page, anna,
}) => {
  await signIn(page, anna);
  const app = await addAuthenticatorApp(page, "Blue phone");
  await page.goto("/accounts/2fa/");
  await page.getByRole("link", { name: "Deactivate Blue phone" }).click();
  await expectHeading(page, "Deactivate authenticator app?");
  await expect(page.getByText("This is your only factor. Your recovery codes go with it")).toBeVisible();
  await expect(page.getByText("Codes of “Blue phone”")).toBeVisible();
  await page.getByRole("link", { name: "Keep it" }).click();
  await expect(page.getByRole("heading", { name: "Blue phone" })).toBeVisible();
  await page.getByRole("link", { name: "Deactivate Blue phone" }).click();
  await page.getByRole("button", { name: "Deactivate" }).click();
  await expectHeading(page, "MFA Settings");
  await expect(page.getByRole("status")).toContainText("Authenticator app deactivated.");
  await expect(page.getByRole("region", { name: "Authenticator app" })).toContainText("Not set up.");
  await expect(page.getByRole("region", { name: "Recovery codes" })).toContainText("They come with your first factor");

  await signOut(page);
  await signIn(page, anna);
  const again = await addAuthenticatorApp(page);
  expect(again.secret).not.toBe(app.secret);
  await signOut(page);
  await startSignIn(page, anna);
  await enterCode(page, await app.code(), "Sign in");
  await expect(page.getByRole("alert")).toContainText("That code is not right");
});

test("of two apps each signs in, and the one that was chosen is deactivated", async ({
  page, anna, anotherBrowser,
}) => {
  await signIn(page, anna);
  const blue = await addAuthenticatorApp(page, "Blue phone");
  const red = await addAuthenticatorApp(page, "Red phone");
  await expectHeading(page, "MFA Settings");
  await page.goto("/accounts/2fa/totp/deactivate/");
  await expect(page.getByText("This is your only factor.")).toHaveCount(0);
  await page.getByRole("radio", { name: /^Blue phone/ }).check();
  await page.getByRole("button", { name: "Deactivate" }).click();
  await expect(page.getByRole("status")).toContainText("Authenticator app deactivated.");
  await expect(page.getByRole("heading", { level: 3 })).toHaveText(["Red phone"]);
  await expect(page.getByText("10 of 10 codes are left.")).toBeVisible();
  const other = await anotherBrowser();
  await startSignIn(other, anna);
  await enterCode(other, await blue.code(), "Sign in");
  await expect(other.getByRole("alert")).toContainText("That code is not right");
  await enterCode(other, await red.code(), "Sign in");
  await expectHeading(other, "Signed in as anna");
});

test("adding a factor and removing it end all other sessions", async ({ page, anna, anotherBrowser }) => {
  const other = await anotherBrowser();
  await signIn(other, anna);
  await signIn(page, anna);
  const app = await addAuthenticatorApp(page);
  await expectSignedOut(other);
  await startSignIn(other, anna);
  await enterCode(other, await app.code(), "Sign in");
  await expectHeading(other, "Signed in as anna");
  await page.goto("/accounts/2fa/totp/deactivate/");
  await page.getByRole("button", { name: "Deactivate" }).click();
  await expect(page.getByRole("status")).toContainText("Authenticator app deactivated.");
  await expectSignedOut(other);
});

test("the next page tells what happened since its owner last looked, until that is put aside", async ({
  page, anna,
}) => {
  await signIn(page, anna);
  await addAuthenticatorApp(page, "Blue phone");
  await page.goto("/");
  const notice = page.getByRole("heading", { name: "Since you last looked" });
  const line = page.getByRole("paragraph").filter({ hasText: "Authenticator app “Blue phone” was added to your account." });
  await expect(notice).toBeVisible();
  await expect(line).toContainText(/20\d\d-\d\d-\d\d \d\d:\d\d UTC, from 127\.0\.0\.1/);
  await page.goto("/accounts/sessions/");
  await expect(line).toBeVisible();
  await page.getByRole("button", { name: "I know about this" }).click();
  await expectHeading(page, "Your sessions");
  await expect(notice).toHaveCount(0);
  await page.goto("/");
  await expectHeading(page, "Signed in as anna");
  await expect(notice).toHaveCount(0);
});

test("the shell's reset takes the factor away at once, and the owner is told", async ({ page, server, anna }) => {
  await signIn(page, anna);
  await addAuthenticatorApp(page);
  await server.command(["accounts", "reset-mfa", ANNA.login, "--yes"]);
  await expectSignedOut(page);
  await signIn(page, anna);
  await expect(page.getByText("An operator has removed all factors")).toBeVisible();
});
