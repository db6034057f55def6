import {
  FIREFOX, NEW_PASSWORD, WRONG_PASSWORD, changePassword, expect, expectHeading, expectRefused, expectSignedOut,
  fillSignIn, sessionCookie, signIn, test,
} from "../fixtures";

test("a changed password signs in, the old one does not, and all other sessions have ended", async ({
  page, anna, anotherBrowser,
}) => {
  const other = await anotherBrowser({ userAgent: FIREFOX });
  await signIn(other, anna);
  await signIn(page, anna);
  await changePassword(page, anna.password, NEW_PASSWORD);
  const said = page.getByRole("status");
  await expect(said).toContainText("Your password was changed. All other sessions have been ended.");
  await expectHeading(page, "Signed in as anna");
  await expect(page.getByText("Only this browser is signed in.")).toBeVisible();

  await expectSignedOut(other);
  await fillSignIn(other, anna.login, anna.password);
  await expect(other.getByRole("alert")).toContainText("do not match");
  await fillSignIn(other, anna.login, NEW_PASSWORD);
  await expectHeading(other, "Signed in as anna");
});

test("the session that changed the password goes on under a new token", async ({ page, anna }) => {
  await signIn(page, anna);
  const before = await sessionCookie(page);
  await changePassword(page, anna.password, NEW_PASSWORD);
  await expect(page.getByRole("status")).toBeVisible();
  await expectRefused(page, before);
});

test("a wrong current password is announced at its field, and nothing changes", async ({
  page, anna, anotherBrowser,
}) => {
  const other = await anotherBrowser({ userAgent: FIREFOX });
  await signIn(other, anna);
  await signIn(page, anna);
  await changePassword(page, WRONG_PASSWORD, NEW_PASSWORD);
  await expect(page.getByRole("alert")).toContainText("That is not your current password.");
  await expect(page).toHaveTitle("Not accepted: Change password · Inmor");
  const field = page.getByLabel("Current password", { exact: true });
  await expect(field).toBeFocused();
  await expect(field).toHaveAttribute("aria-invalid", "true");
  await expect(field).toHaveAccessibleDescription(/not your current password/);
  await expect(field).toHaveValue("");
  await expect(page.getByLabel("New password", { exact: true })).toHaveValue("");

  await other.reload();
  await expectHeading(other, "Signed in as anna");
  await page.context().clearCookies();
  await signIn(page, anna);
});

for (const [kind, password, reason] of [
  ["short", "only ten c", "Use at least 15 characters."],
  ["common", "qwertyuiopasdfgh", "among those guessed first"],
  ["own-name", "anna.lindqvist@example.org", "built from your name"],
  ["same", "seven lanterns over the harbour", "the password you have now"],
]) {
  test(`LOG-21 a ${kind} new password is refused at its field, and the old one stays`, async ({
    page, anna, anotherBrowser,
  }) => {
    await signIn(page, anna);
    await changePassword(page, anna.password, password);
    await expect(page.getByRole("alert")).toContainText(reason);
    const field = page.getByLabel("New password", { exact: true });
    await expect(field).toBeFocused();
    await expect(field).toHaveAttribute("aria-invalid", "true");
    await expect(field).toHaveAccessibleDescription(new RegExp(`${reason.slice(0, 12)}.*15 characters or more`));
    await expect(page.getByText("Not accepted", { exact: true })).toHaveCount(1);
    await signIn(await anotherBrowser(), anna);
  });
}

test("a long phrase with blanks at its ends and letters of any script is kept as it is", async ({ page, anna }) => {
  const phrase = "  Åtta träd växer på ön 三匹の子豚 🦊 ";
  await signIn(page, anna);
  await changePassword(page, anna.password, phrase);
  await expect(page.getByRole("status")).toContainText("Your password was changed.");
  await page.getByRole("button", { name: "Sign out" }).click();
  await fillSignIn(page, anna.login, phrase.trim());
  await expect(page.getByRole("alert")).toContainText("do not match");
  await fillSignIn(page, anna.login, phrase);
  await expectHeading(page, "Signed in as anna");
});

test("changing the password asks who is not signed in to do that first, then comes back", async ({ page, anna }) => {
  await page.goto("/accounts/password/change/");
  await expectHeading(page, "Sign in");
  await fillSignIn(page, anna.login, anna.password);
  await expectHeading(page, "Change password");
});

test("a form that is sent after its session has ended changes nothing and leads to signing in", async ({
  page, anna, anotherBrowser,
}) => {
  await signIn(page, anna);
  await page.goto("/accounts/password/change/");
  const other = await anotherBrowser({ userAgent: FIREFOX });
  await signIn(other, anna);
  await other.goto("/accounts/sessions/");
  await other.getByRole("button", { name: "End all other sessions" }).click();
  await expect(other.getByRole("status")).toBeVisible();
  await page.getByLabel("Current password", { exact: true }).fill(anna.password);
  await page.getByLabel("New password", { exact: true }).fill(NEW_PASSWORD);
  await page.getByRole("button", { name: "Change password" }).click();
  await expectHeading(page, "Sign in");
  await fillSignIn(page, anna.login, anna.password);
  await expectHeading(page, "Change password");
});
