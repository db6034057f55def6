import {
  NEW_PASSWORD, addAuthenticatorApp, enterCode, expect, expectHeading, readRecoveryCodes, signIn,
  startAuthenticatorApp, test, type Fixtures, type Page,
} from "../fixtures";

/** Lets the session of the page need a confirmation, at the next request and until the program is started anew. */
async function lapse(page: Page, server: Fixtures["server"]): Promise<void> {
  await server.restart({ REAUTHENTICATION_TIMEOUT: "1" });
  const asked = async () => (await page.request.get("/accounts/2fa/totp/activate/")).url();
  await expect.poll(asked).toContain("/accounts/reauthenticate/");
}

test("SUD-08 a form sent after the confirmation lapsed asks for the password, then keeps what was typed", async ({
  page, server, anna,
}) => {
  await signIn(page, anna);
  const app = await startAuthenticatorApp(page);
  await page.getByRole("textbox", { name: "Name of the device (optional)" }).fill("Blue & red phone");
  await lapse(page, server);
  await enterCode(page, await app.code(), "Turn on");
  await expectHeading(page, "Confirm that it is you");
  await expect(page.getByText("What you are about to do: Add an authenticator app")).toBeVisible();
  expect(page.url()).not.toContain(app.lastCode());
  await server.restart();
  await page.getByLabel("Password", { exact: true }).fill(NEW_PASSWORD);
  await page.getByRole("button", { name: "Confirm" }).click();
  await expect(page.getByRole("alert")).toContainText("That is not your current password.");
  await page.getByLabel("Password", { exact: true }).fill(anna.password);
  await page.getByRole("button", { name: "Confirm" }).click();
  await expectHeading(page, "Add an authenticator app");
  await expect(page.getByRole("textbox", { name: "Name of the device (optional)" })).toHaveValue("Blue & red phone");
  // It was not done before the confirmation: the code is still good.
  await enterCode(page, app.lastCode(), "Turn on");
  await expectHeading(page, "Recovery codes");
  await page.goto("/accounts/2fa/");
  await expect(page.getByRole("heading", { level: 3 })).toHaveText(["Blue & red phone"]);
});

test("SUD-04 who has a factor is asked for it, not for the password, and told what for", async ({
  page, server, anna,
}) => {
  await signIn(page, anna);
  const app = await addAuthenticatorApp(page, "Blue phone");
  const codes = await readRecoveryCodes(page);
  await page.goto("/accounts/2fa/");
  await lapse(page, server);
  await page.getByRole("link", { name: "Deactivate Blue phone" }).click();
  await expectHeading(page, "Confirm that it is you");
  await expect(page.getByText("Deactivate authenticator app “Blue phone”")).toBeVisible();
  await expect(page.getByLabel("Password", { exact: true })).toHaveCount(0);
  await page.getByRole("link", { name: "Cancel" }).click();
  await expectHeading(page, "MFA Settings");
  await page.getByRole("link", { name: "View recovery codes" }).click();
  await expectHeading(page, "Confirm that it is you");
  await expect(page.getByText("See your recovery codes")).toBeVisible();
  await server.restart();
  await page.goto("/accounts/reauthenticate/?next=/accounts/2fa/recovery-codes/");
  await enterCode(page, await app.code(), "Confirm");
  await expectHeading(page, "Recovery codes");
  expect(await readRecoveryCodes(page)).toEqual(codes);
});
