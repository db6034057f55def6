import {
  CEREMONY, ANNA, MALLORY, SESSION, WRONG_PASSWORD, expect, expectHeading, expectRefused, expectSignedOut, fillSignIn,
  sessionCookie, signIn, test,
} from "../fixtures";

test("the right password leads home", async ({ page, anna }) => {
  await page.goto("/");
  await expectHeading(page, "Sign in");
  await expect(page.getByRole("textbox", { name: "Username or e-mail" })).toBeFocused();
  await fillSignIn(page, anna.login, anna.password);
  await expectHeading(page, "Signed in as anna");
  await expect(page).toHaveURL("/");
  await expect(page.getByText("Only this browser is signed in.")).toBeVisible();
});

test("LOG-08 the e-mail address signs in too, whatever its capitals", async ({ page, anna }) => {
  await page.goto("/accounts/login/");
  await fillSignIn(page, anna.email.toUpperCase(), anna.password);
  await expectHeading(page, "Signed in as anna");
});

test("a wrong password and an unknown name get the same answer, which keeps the name", async ({ page, anna }) => {
  const answers = [];
  for (const name of [anna.login, "nobody"]) {
    await page.goto("/accounts/login/");
    await fillSignIn(page, name, WRONG_PASSWORD);
    const alert = page.getByRole("alert");
    await expect(alert).toContainText("do not match");
    await expect(alert).toBeFocused();
    await expect(page).toHaveTitle("Not accepted: Sign in · Inmor");
    await expect(page.getByRole("textbox", { name: "Username or e-mail" })).toHaveValue(name);
    await expect(page.getByLabel("Password", { exact: true })).toHaveValue("");
    answers.push(await page.getByRole("main").ariaSnapshot());
  }
  expect(answers[0].replace("anna", "nobody")).toBe(answers[1]);
});

test("after a wrong try the right password still signs in, and the wrong try is told", async ({ page, anna }) => {
  await page.goto("/accounts/login/");
  await fillSignIn(page, anna.login, WRONG_PASSWORD);
  await expect(page.getByRole("alert")).toBeVisible();
  await page.getByLabel("Password", { exact: true }).fill(anna.password);
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
  await expectHeading(page, "Signed in as anna");
  await expect(page.getByText("1 wrong try to sign in to your account")).toBeVisible();
});

test("a disabled account gets the answer of a wrong password", async ({ page, server, anna }) => {
  await signIn(page, anna);
  await server.command(["accounts", "disable", anna.login]);
  await expectSignedOut(page);
  await fillSignIn(page, anna.login, anna.password);
  await expect(page.getByRole("alert")).toContainText("do not match");
});

test("the page that was asked for comes after signing in, also after a wrong try", async ({ page, anna }) => {
  await page.goto("/accounts/sessions/?from=a+link");
  await expectHeading(page, "Sign in");
  await fillSignIn(page, anna.login, WRONG_PASSWORD);
  await expect(page.getByRole("alert")).toBeVisible();
  await fillSignIn(page, anna.login, anna.password);
  await expectHeading(page, "Your sessions");
  await expect(page).toHaveURL("/accounts/sessions/?from=a+link");
});

test("HTP-06 a next that leads elsewhere leads home", async ({ page, anna }) => {
  for (const next of [
    "https://evil.example/", "//evil.example", "/\\evil.example", "/\t/evil.example", "/%5cevil.example",
    "javascript:alert(1)", "/accounts/login/?next=//evil.example", `/${"a".repeat(10_000)}`,
  ]) {
    await page.context().clearCookies();
    await page.goto(`/accounts/login/?next=${encodeURIComponent(next)}`);
    await fillSignIn(page, anna.login, anna.password);
    await expectHeading(page, "Signed in as anna");
    await expect(page, next).toHaveURL("/");
  }
});

test("SES-08 signing out tells the browser to forget, and going back asks to sign in", async ({
  page, anna,
}) => {
  await signIn(page, anna);
  await expect(page.getByText(anna.email)).toBeVisible();
  const answer = page.waitForResponse((response) => response.url().endsWith("/accounts/logout/"));
  await page.getByRole("button", { name: "Sign out" }).click();
  await expect(page.getByRole("status")).toContainText("You have signed out.");
  expect(await (await answer).headerValue("clear-site-data")).toBe('"cache", "storage"');
  expect(await sessionCookie(page)).toBeUndefined();
  await page.goBack();
  await expectHeading(page, "Sign in");
  await expect(page.getByText(anna.email)).toHaveCount(0);
});

test("SES-08 the cookie of a session that was signed out opens nothing", async ({ page, anna }) => {
  await signIn(page, anna);
  const cookie = await sessionCookie(page);
  await page.getByRole("button", { name: "Sign out" }).click();
  await expectHeading(page, "Sign in");
  await expectRefused(page, cookie);
});

test("who comes to sign out by a link is asked first", async ({ page, anna }) => {
  await page.goto("/accounts/logout/");
  await expectHeading(page, "Sign in");
  await signIn(page, anna);
  await page.goto("/accounts/logout/");
  await expectHeading(page, "Sign out?");
  await page.getByRole("link", { name: "Stay signed in" }).click();
  await expectHeading(page, "Signed in as anna");
  await page.goto("/accounts/logout/");
  await page.getByRole("button", { name: "Sign out" }).click();
  await expect(page.getByRole("status")).toContainText("You have signed out.");
  await expectSignedOut(page);
});

test("SES-01 SES-02 a planted session cookie is never adopted, and every sign-in has a fresh one", async ({
  page, anna,
}) => {
  const planted = "A".repeat(43);
  await page.context().addCookies([
    { name: SESSION, value: planted, domain: "localhost", path: "/", secure: true, httpOnly: true, sameSite: "Lax" },
  ]);
  const first = await sessionCookie(page);
  await signIn(page, anna);
  const second = await sessionCookie(page);
  await page.getByRole("button", { name: "Sign out" }).click();
  await signIn(page, anna);
  const third = await sessionCookie(page);
  expect(first?.value).toBe(planted);
  expect(new Set([first?.value, second?.value, third?.value]).size).toBe(3);
  for (const old of [first, second]) await expectRefused(page, old);
});

test("SES-03 every cookie is bound to the host, secure and out of reach of scripts", async ({ page, anna }) => {
  await signIn(page, anna);
  const cookies = await page.context().cookies();
  const names = cookies.map(({ name }) => name).filter((name) => name !== CEREMONY);
  expect(names.sort()).toEqual(["__Host-device", SESSION]);
  for (const cookie of cookies) {
    expect(cookie).toMatchObject({ domain: "localhost", path: "/", secure: true, httpOnly: true, sameSite: "Lax" });
  }
});

test("who is signed in and comes to the sign-in page goes on to the page that was asked for", async ({
  page, anna,
}) => {
  await signIn(page, anna);
  await page.goto("/accounts/login/?next=/accounts/sessions/");
  await expectHeading(page, "Your sessions");
  await page.goto("/accounts/login/?next=//evil.example");
  await expectHeading(page, "Signed in as anna");
});

test("signing in as somebody else in the same browser ends the first session", async ({
  page, context, server, anna,
}) => {
  const leftOpen = await context.newPage();
  await leftOpen.goto("/accounts/login/");
  await signIn(page, anna);
  const first = await sessionCookie(page);
  const mallory = await server.administrator(MALLORY);
  await fillSignIn(leftOpen, mallory.login, mallory.password);
  await expectHeading(leftOpen, "Signed in as mallory");
  await page.reload();
  await expectHeading(page, "Signed in as mallory");
  await expectRefused(page, first);
});

test.describe("on a host with siblings", () => {
  test.use({ host: "mfa.example.localhost" });

  test("SES-23 cookies that a sibling host plants are ignored", async ({ page, server, foreign, anotherBrowser }) => {
    // Mallory has a session of her own, whose token her page on a sibling host gives to others.
    const mallory = await anotherBrowser();
    await signIn(mallory, await server.administrator(MALLORY));
    const token = (await sessionCookie(mallory))?.value;
    const names = [SESSION, "__host-session", "session", "__Secure-session", ` ${SESSION}`];
    const planted = [...names.map((name) => `${name}=${token}`), `=${SESSION}=${token}`];
    const attributes = ["; Domain=example.localhost; Path=/", "; Domain=example.localhost; Path=/; Secure"];
    const cookies = planted.flatMap((cookie) => attributes.map((rest) => cookie + rest));
    await page.goto(foreign.page("evil.example.localhost", "<h1>Hello</h1>", cookies));
    await expectHeading(page, "Hello");
    const sent = page.waitForRequest((request) => request.url() === `${server.url}/`);
    await page.goto("/");
    expect(await (await sent).headerValue("cookie")).toContain(`session=${token}`);
    await expectHeading(page, "Sign in");

    await signIn(page, await server.administrator(ANNA));
    await page.goto("/accounts/sessions/");
    await expect(page.getByRole("listitem")).toHaveCount(1);
  });
});
