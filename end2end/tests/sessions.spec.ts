import {
  FIREFOX, MALLORY, expect, expectHeading, expectRefused, expectSignedOut, sessionCookie, signIn, test,
} from "../fixtures";

const IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) " +
  "Version/18.1 Mobile/15E148 Safari/604.1";

test("the list says browser, system, address, time and way of every session, and marks this one", async ({
  page, anna, anotherBrowser,
}) => {
  await signIn(await anotherBrowser({ userAgent: FIREFOX }), anna);
  await signIn(page, anna);
  await expect(page.getByText("2 browsers are signed in.")).toBeVisible();
  await page.getByRole("link", { name: "Sessions" }).click();
  await expectHeading(page, "Your sessions");
  const sessions = page.getByRole("listitem");
  await expect(sessions).toHaveCount(2);
  await expect(sessions.first().getByRole("heading")).toHaveText("Chrome on Linux This session");
  await expect(sessions.last().getByRole("heading")).toHaveText("Firefox on Windows");
  for (const session of await sessions.all()) {
    const fact = (name: string) => session.getByRole("term").filter({ hasText: new RegExp(`^${name}$`) }).locator("+ dd");
    await expect(fact("Address")).toHaveText("127.0.0.1");
    await expect(fact("Signed in")).toHaveText(/^20\d\d-\d\d-\d\d \d\d:\d\d UTC$/);
    await expect(fact("Signed in with")).toHaveText("password");
    await expect(fact("Last used")).toHaveText(/^20\d\d-\d\d-\d\d \d\d:\d\d UTC$/);
  }
});

test("SES-16 the list holds no session's token", async ({ page, anna, anotherBrowser }) => {
  const other = await anotherBrowser({ userAgent: FIREFOX });
  await signIn(other, anna);
  await signIn(page, anna);
  await page.goto("/accounts/sessions/");
  const source = await page.content();
  for (const { value } of [...await page.context().cookies(), ...await other.context().cookies()]) {
    expect(source).not.toContain(value);
  }
});

test("a session that is ended from another browser has to sign in again, and only that one", async ({
  page, anna, anotherBrowser,
}) => {
  const other = await anotherBrowser({ userAgent: FIREFOX });
  const third = await anotherBrowser({ userAgent: IPHONE });
  for (const browser of [other, third, page]) await signIn(browser, anna);
  await page.goto("/accounts/sessions/");
  await page.getByRole("button", { name: /^End session of Firefox on Windows, 127\.0\.0\.1, signed in 20/ }).click();
  await expect(page.getByRole("status")).toContainText("The session has been ended.");
  await expect(page.getByRole("listitem")).toHaveCount(2);
  await expect(page.getByText("Firefox on Windows")).toHaveCount(0);

  await other.getByRole("link", { name: "Sessions" }).click();
  await expectHeading(other, "Sign in");
  await third.reload();
  await expectHeading(third, "Signed in as anna");
});

test("SES-10 ending all other sessions ends them at once and gives this one a new token", async ({
  page, anna, anotherBrowser,
}) => {
  const others = [];
  for (let count = 0; count < 4; count++) {
    others.push(await anotherBrowser({ userAgent: FIREFOX }));
    await signIn(others[count], anna);
  }
  await signIn(page, anna);
  await page.goto("/accounts/sessions/");
  await expect(page.getByRole("listitem")).toHaveCount(5);
  const before = await sessionCookie(page);
  await page.getByRole("button", { name: "End all other sessions" }).click();
  await expect(page.getByRole("status")).toContainText("All other sessions have been ended.");
  await expect(page.getByRole("listitem")).toHaveCount(1);
  await expect(page.getByRole("listitem")).toContainText("This session");
  for (const other of others) await expectSignedOut(other);
  await page.goto("/");
  await expectHeading(page, "Signed in as anna");
  await expectRefused(page, before);
});

test("where no other session lives there is nothing to end but this one", async ({ page, anna }) => {
  await signIn(page, anna);
  await page.goto("/accounts/sessions/");
  await expect(page.getByRole("listitem")).toHaveCount(1);
  await expect(page.getByRole("button", { name: /^End/ })).toHaveCount(0);
  await page.getByRole("listitem").getByRole("button", { name: "Sign out" }).click();
  await expect(page.getByRole("status")).toContainText("You have signed out.");
  await expectSignedOut(page);
});

test("ending a session that has ended meanwhile says so and shows the list as it is", async ({
  page, anna, anotherBrowser,
}) => {
  const other = await anotherBrowser({ userAgent: FIREFOX });
  await signIn(other, anna);
  await signIn(page, anna);
  await page.goto("/accounts/sessions/");
  await other.getByRole("button", { name: "Sign out" }).click();
  await expectHeading(other, "Sign in");
  await page.getByRole("button", { name: /^End session of Firefox on Windows, 127\.0\.0\.1, signed in 20/ }).click();
  await expect(page.getByRole("alert")).toContainText("There is nothing here, or not any more.");
  await expect(page.getByRole("listitem")).toHaveCount(1);
});

test("nobody sees the sessions of somebody else", async ({ page, server, anna, anotherBrowser }) => {
  const mallory = await anotherBrowser({ userAgent: FIREFOX });
  await signIn(mallory, await server.administrator(MALLORY));
  await signIn(page, anna);
  for (const browser of [page, mallory]) {
    await browser.goto("/accounts/sessions/");
    await expect(browser.getByRole("listitem")).toHaveCount(1);
    await expect(browser.getByRole("listitem")).toContainText("This session");
  }
});
