import { ANNA, AuthenticatorApp, enterCode, expect, scanQrCode, signIn, test } from "../fixtures";

for (const colorScheme of ["light", "dark"] as const) {
  for (const width of [320, 1280]) {
    test(`TOT-13 QR code, link and text say the same, ${colorScheme} at ${width} px`, async ({ page, anna }) => {
      await page.emulateMedia({ colorScheme });
      await page.setViewportSize({ width, height: 800 });
      await signIn(page, anna);
      await page.goto("/accounts/2fa/totp/activate/");
      const app = new AuthenticatorApp(await scanQrCode(page));
      await page.getByText("Cannot scan it?").click();
      const link = page.getByRole("link", { name: "open it in your authenticator app" });
      await expect(link).toHaveAttribute("href", app.uri);
      await expect(page.getByText(/^([A-Z2-7]{4} ?){8}$/)).toHaveText(app.secret.replace(/.{4}(?=.)/g, "$& "));
      expect(app.totp).toMatchObject({
        issuer: "Inmor Admin", label: ANNA.login, algorithm: "SHA1", digits: 6, period: 30,
      });
      expect(app.totp.secret.bytes).toHaveLength(20);
      await enterCode(page, await app.code(), "Turn on");
      await expect(page.getByRole("status")).toContainText("Authenticator app activated.");
    });
  }
}

test("TOT-13 an issuer and a name with colon, slash, percent and foreign letters are read as they are", async ({
  page, server,
}) => {
  await server.restart({ MFA_TOTP_ISSUER: "Åland / 100% Admin" });
  const person = await server.administrator({ ...ANNA, login: "anna+ops@example.org" });
  await signIn(page, person);
  await page.goto("/accounts/2fa/totp/activate/");
  const app = new AuthenticatorApp(await scanQrCode(page));
  expect(app.totp).toMatchObject({ issuer: "Åland / 100% Admin", label: "anna+ops@example.org" });
  await enterCode(page, await app.code(), "Turn on");
  await expect(page.getByRole("status")).toContainText("Authenticator app activated.");
});
