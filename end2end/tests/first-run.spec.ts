import {
  ANNA, MALLORY, NEW_PASSWORD, expect, expectHeading, expectSignedOut, fillSetup, fillSignIn, setUp, test,
} from "../fixtures";

test("the printed link leads to a page that creates the first administrator and signs in", async ({ page, server }) => {
  await page.goto(await server.setupLink());
  await expectHeading(page, "Create the first administrator");
  await expect(page).toHaveTitle("Create the first administrator · Inmor");
  await expect(page.getByRole("textbox", { name: "Username" })).toBeFocused();
  await fillSetup(page, ANNA);
  await expect(page).toHaveURL(/\/\?done=set-up$/);
  await expectHeading(page, "Signed in as anna");
  await expect(page.getByRole("status")).toContainText("Your account is the first administrator.");
  await expect(page.getByText(ANNA.email)).toBeVisible();
  expect(await server.command(["accounts", "list"])).toContain("anna");
});

test("the first administrator signs in with what was chosen", async ({ page, server, anotherBrowser }) => {
  await setUp(page, server, ANNA);
  const other = await anotherBrowser();
  await other.goto("/accounts/login/");
  await fillSignIn(other, ANNA.email, ANNA.password);
  await expectHeading(other, "Signed in as anna");
});

test("an administrator without e-mail address can be created", async ({ page, server }) => {
  await setUp(page, server, { ...ANNA, email: "" });
  await expect(page.getByText("E-mail")).toHaveCount(0);
});

test("a second visit of the used link finds no page, signed in or not", async ({ page, server, anotherBrowser }) => {
  await setUp(page, server, ANNA);
  for (const visitor of [page, await anotherBrowser()]) {
    const answer = await visitor.goto(await server.setupLink());
    expect(answer?.status()).toBe(404);
    await expectHeading(visitor, "Page not found");
    await expect(visitor).toHaveTitle("Page not found · Inmor");
    await expect(visitor.getByText("There is nothing here, or not any more.")).toBeVisible();
    await expect(visitor.getByRole("textbox")).toHaveCount(0);
  }
});

test("of two people with the link open only the first to send it becomes administrator", async ({
  page, server, anotherBrowser,
}) => {
  const late = await anotherBrowser();
  await late.goto(await server.setupLink());
  await setUp(page, server, ANNA);
  await fillSetup(late, MALLORY);
  await expect(late.getByText("There is nothing here, or not any more.")).toBeVisible();
  await expectSignedOut(late);
  expect(await server.command(["accounts", "list"])).not.toContain("mallory");
});

for (const [what, query] of [["with another token", "?token=" + "A".repeat(43)], ["without a token", ""]]) {
  test(`a link ${what} is refused and the page says how to get a fresh one`, async ({ page, server }) => {
    await server.setupLink();
    const answer = await page.goto(`/accounts/setup/${query}`);
    expect(answer?.status()).toBe(403);
    await expect(page.getByRole("alert").getByRole("code")).toHaveText("inmor-mfa setup-link");
    await expect(page.getByRole("textbox")).toHaveCount(0);
    await page.getByRole("link", { name: "Go to the sign-in page" }).click();
    await expectHeading(page, "Sign in");
  });
}

test("a fresh link from the shell works as well as the first", async ({ page, server }) => {
  await page.goto((await server.command(["setup-link"])).trim());
  await fillSetup(page, ANNA);
  await expectHeading(page, "Signed in as anna");
});

for (const [kind, password, reason] of [
  ["short", "only ten c", "Use at least 15 characters."],
  ["common", "password12345678", "among those guessed first"],
  ["own-name", "anna.anna.anna.anna", "built from your name"],
]) {
  test(`LOG-21 a ${kind} password is refused: the page says why and keeps the rest of what was typed`, async ({
    page, server,
  }) => {
    await page.goto(await server.setupLink());
    await fillSetup(page, { ...ANNA, password });
    const alert = page.getByRole("alert");
    await expect(alert).toContainText(reason);
    await expect(page).toHaveTitle("Not accepted: Create the first administrator · Inmor");
    await expect(page.getByRole("textbox", { name: "Username" })).toHaveValue("anna");
    await expect(page.getByRole("textbox", { name: "E-mail (optional)" })).toHaveValue(ANNA.email);
    const field = page.getByLabel("Password", { exact: true });
    await expect(field).toHaveValue("");
    await expect(field).toBeFocused();
    await expect(field).toHaveAttribute("aria-invalid", "true");
    await expect(field).toHaveAccessibleDescription(new RegExp(reason.slice(0, 12)));
    expect(await page.content()).not.toContain(password);

    await field.fill(ANNA.password);
    await page.getByRole("button", { name: "Create administrator" }).click();
    await expectHeading(page, "Signed in as anna");
  });
}

test("a username that cannot be one is announced at its field, which gets the focus", async ({ page, server }) => {
  await page.goto(await server.setupLink());
  await fillSetup(page, { ...ANNA, login: "anna lindqvist", password: NEW_PASSWORD });
  await expect(page.getByRole("alert")).toContainText("without blanks");
  const field = page.getByRole("textbox", { name: "Username" });
  await expect(field).toHaveValue("anna lindqvist");
  await expect(field).toBeFocused();
  await expect(field).toHaveAttribute("aria-invalid", "true");
  await expect(field).toHaveAccessibleDescription(/without blanks/);
  await expect(page.getByText("Not accepted", { exact: true })).toHaveCount(1);
});

test("HTP-19 markup typed as a name comes back as text", async ({ page, server }) => {
  const name = `"><script>document.title="owned"</script><b id=owned>`;
  await page.goto(await server.setupLink());
  await fillSetup(page, { ...ANNA, login: name });
  await expect(page.getByRole("textbox", { name: "Username" })).toHaveValue(name);
  await expect(page.locator("#owned")).toHaveCount(0);
  await expect(page).toHaveTitle(/^Not accepted/);
});

test("while there is no account, every page leads to the sign-in page and none creates one", async ({ page }) => {
  for (const path of ["/", "/accounts/sessions/", "/accounts/password/change/"]) {
    await page.goto(path);
    await expectHeading(page, "Sign in");
  }
  await fillSignIn(page, "admin", "admin");
  await expect(page.getByRole("alert")).toContainText("do not match");
});
