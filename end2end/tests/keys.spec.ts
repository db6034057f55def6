import { Authenticator } from "../authenticator";
import {
  addKey, enterRecoveryCode, expect, expectHeading, readRecoveryCodes, signIn, startSignIn, test,
} from "../fixtures";

test.describe("with a key that was added where scripts run", () => {
  test("without scripts its owner is told, signs in by recovery code, renames and removes it", async ({
    page, anna, anotherBrowser, javaScriptEnabled,
  }) => {
    const scripted = await anotherBrowser({ javaScriptEnabled: true });
    await signIn(scripted, anna);
    await Authenticator.plugIn(scripted, "a USB key with a PIN");
    await addKey(scripted, "Blue key", true);
    await expectHeading(scripted, "Recovery codes");
    const codes = await readRecoveryCodes(scripted);

    await startSignIn(page, anna);
    const off = page.getByText("Security keys need JavaScript");
    if (javaScriptEnabled === false) await expect(off).toBeVisible();
    else await expect(off).toHaveCount(0);
    await enterRecoveryCode(page, codes[0] ?? "");
    await expectHeading(page, "MFA Settings");
    await page.goto("/accounts/2fa/webauthn/add/");
    const add = page.getByText("Adding a key needs JavaScript");
    if (javaScriptEnabled === false) await expect(add).toBeVisible();
    else await expect(add).toHaveCount(0);
    await page.goto("/accounts/2fa/webauthn/");
    await page.getByRole("link", { name: "Rename Blue key" }).click();
    await page.getByRole("textbox", { name: "New name" }).fill("Red key");
    await page.getByRole("button", { name: "Rename" }).click();
    await expect(page.getByRole("status")).toContainText("Security key renamed.");
    await page.getByRole("link", { name: "Remove Red key" }).click();
    await page.getByRole("button", { name: "Remove" }).click();
    await expect(page.getByRole("status")).toContainText("Security key removed.");
  });
});
