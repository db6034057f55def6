import { expect, expectHeading, fillSignIn } from "../fixtures";
import { expectAdmin, test } from "../gate";

test("GAT-07 a password opens a deep link of a site that asks for no more, by buttons alone where scripts are off", async ({
  page, anna, guard, javaScriptEnabled,
}) => {
  const site = await guard([{ path: "/", require: "session" }]);
  await page.goto(`${site.url}/admin/auth/user/?q=x`);
  await expectHeading(page, "Sign in");
  await fillSignIn(page, anna.login, anna.password);
  if (!javaScriptEnabled) {
    await expectHeading(page, `On to ${site.host}`);
    await page.getByRole("button", { name: "Continue" }).click();
  }
  await expectAdmin(page, `${site.url}/admin/auth/user/?q=x`, "anna");
});
