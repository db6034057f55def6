import {
  addAuthenticatorApp, downloadRecoveryCodes, enterRecoveryCode, expect, expectHeading, fillSignIn, readRecoveryCodes,
  startSignIn, test,
} from "../fixtures";

test("MFA-09 where a factor is required, who has none can only add one; then everything opens", async ({
  page, server, anna, anotherBrowser,
}) => {
  await server.restart({ MFA_REQUIRED: "true" });
  await page.goto("/accounts/sessions/");
  await fillSignIn(page, anna.login, anna.password);
  for (const path of ["/", "/accounts/sessions/", "/accounts/password/change/", "/accounts/2fa/recovery-codes/",
    "/accounts/2fa/recovery-codes/generate/", "/accounts/2fa/totp/deactivate/"]) {
    await page.goto(path);
    await expectHeading(page, "MFA Settings");
    await expect(page.getByText("This site asks for a second factor. Add one to go on.")).toBeVisible();
  }
  await addAuthenticatorApp(page, "Blue phone");
  await expectHeading(page, "Recovery codes");
  const [code] = await readRecoveryCodes(page);
  await page.goto("/accounts/sessions/");
  await expectHeading(page, "Your sessions");
  await page.goto("/accounts/2fa/totp/deactivate/");
  await expect(page.getByText("so the last one cannot be removed")).toBeVisible();
  await expect(page.getByRole("button", { name: "Deactivate" })).toHaveCount(0);
  const other = await anotherBrowser();
  await startSignIn(other, anna);
  await enterRecoveryCode(other, code);
  await expectHeading(other, "MFA Settings");
});

test("recovery codes shown once are downloaded out of the page, gone on the second look, and sign in", async ({
  page, server, anna, anotherBrowser,
}) => {
  await server.restart({ MFA_RECOVERY_CODES_SHOW_ONCE: "true" });
  const path = "/accounts/login/";
  await page.goto(path);
  await fillSignIn(page, anna.login, anna.password);
  await addAuthenticatorApp(page);
  await expect(page.getByText("You see these codes now and never again.")).toBeVisible();
  const codes = await readRecoveryCodes(page);
  expect(codes).toHaveLength(10);
  const file = await downloadRecoveryCodes(page);
  expect(file.url).toMatch(/^data:text\/plain;charset=utf-8,/);
  expect(file.codes).toEqual(codes);
  expect(file.text).toContain("Recovery codes of anna at http://localhost");
  // It left the page as it was.
  expect(await readRecoveryCodes(page)).toEqual(codes);
  await page.goto("/accounts/2fa/recovery-codes/");
  await expect(page.getByText("Your codes were shown once")).toBeVisible();
  expect(await readRecoveryCodes(page)).toEqual([]);
  expect(await page.content()).not.toContain(codes[0]);
  const other = await anotherBrowser();
  await startSignIn(other, anna);
  await enterRecoveryCode(other, codes[9]);
  await expectHeading(other, "MFA Settings");
});
