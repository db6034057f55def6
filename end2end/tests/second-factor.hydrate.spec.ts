import {
  addAuthenticatorApp, enterCode, expect, expectHeading, hydrated, readRecoveryCodes, signIn, startAuthenticatorApp,
  startSignIn, test,
} from "../fixtures";

test("the form is sent with the sixth digit, and not before; the page says so beforehand", async ({
  page, anna, anotherBrowser,
}) => {
  await signIn(page, anna);
  const app = await addAuthenticatorApp(page);
  const other = await anotherBrowser();
  await startSignIn(other, anna);
  await hydrated(other);
  const field = other.getByRole("textbox", { name: /^Code/ });
  await expect(field).toHaveAccessibleDescription("Sent by itself with the last digit");
  const code = await app.code();
  await field.pressSequentially(code.slice(0, 5));
  await expect(field).toHaveValue(code.slice(0, 5));
  await expectHeading(other, "Confirm your sign-in");
  await field.press(code[5]);
  await expectHeading(other, "Signed in as anna");
});

test("who presses Enter after the last digit by habit is signed in all the same", async ({
  page, anna, anotherBrowser,
}) => {
  await signIn(page, anna);
  const app = await addAuthenticatorApp(page);
  const other = await anotherBrowser();
  await startSignIn(other, anna);
  await hydrated(other);
  await other.getByRole("textbox", { name: /^Code/ }).focus();
  await other.keyboard.type(await app.code());
  await other.keyboard.press("Enter");
  await expectHeading(other, "Signed in as anna");
});

test("the buttons copy the secret key and the recovery codes, and say that they did", async ({
  page, context, anna,
}) => {
  await context.grantPermissions(["clipboard-read", "clipboard-write"]);
  const clipboard = () => page.evaluate(() => navigator.clipboard.readText());
  await signIn(page, anna);
  const app = await startAuthenticatorApp(page);
  await page.getByText("Cannot scan it?").click();
  await page.getByRole("button", { name: "Copy secret key" }).click();
  await expect(page.getByText("Copied", { exact: true })).toBeVisible();
  expect(await clipboard()).toBe(app.secret);
  await enterCode(page, await app.code(), "Turn on");
  await expectHeading(page, "Recovery codes");
  await page.getByRole("button", { name: "Copy recovery codes" }).click();
  await expect(page.getByText("Copied", { exact: true })).toBeVisible();
  expect(await clipboard()).toBe((await readRecoveryCodes(page)).join("\n"));
  await expect(page.getByRole("button", { name: "Print" })).toBeVisible();
});

test.describe("without scripts", () => {
  test.use({ javaScriptEnabled: false });

  test("what needs them is not there", async ({ page, anna }) => {
    await signIn(page, anna);
    const app = await startAuthenticatorApp(page);
    await page.getByText("Cannot scan it?").click();
    await expect(page.getByRole("link", { name: "open it in your authenticator app" })).toBeVisible();
    await expect(page.getByRole("button", { name: "Copy" })).toHaveCount(0);
    await expect(page.getByText("Sent by itself")).toBeHidden();
    await page.getByRole("textbox", { name: "Code", exact: true }).fill(await app.code());
    await page.getByRole("button", { name: "Turn on" }).click();
    await expectHeading(page, "Recovery codes");
    await expect(page.getByRole("link", { name: "Download" })).toBeVisible();
    await expect(page.getByRole("button", { name: /Copy|Print/ })).toHaveCount(0);
  });
});
