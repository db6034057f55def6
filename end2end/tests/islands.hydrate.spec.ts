import {
  ANNA, NEW_PASSWORD, PAGES, STATES, expect, expectHeading, fillSetup, hydrated, setUp, signIn, test,
} from "../fixtures";

for (const [state, label] of [
  ["sign-in", "Password"], ["sign-in, refused", "Password"], ["first run", "Password"],
  ["password change", "Current password"], ["password change", "New password"],
]) {
  test(`HTP-03 ${state}: Show makes what was typed as "${label}" readable, and Hide hides it`, async ({
    page, server, foreign, anotherBrowser,
  }) => {
    await STATES[state]({ page, server, foreign, anotherBrowser });
    const field = page.getByLabel(label, { exact: true });
    await field.fill(NEW_PASSWORD);
    await expect(field).toHaveAttribute("type", "password");
    await page.getByRole("button", { name: `Show ${label.toLowerCase()}` }).click();
    await expect(field).toHaveAttribute("type", "text");
    await expect(page.getByRole("textbox", { name: label, exact: true })).toHaveValue(NEW_PASSWORD);
    await page.getByRole("button", { name: `Hide ${label.toLowerCase()}` }).click();
    await expect(field).toHaveAttribute("type", "password");
    await expect(field).toHaveValue(NEW_PASSWORD);
  });
}

test("a password that is shown signs in as well", async ({ page, anna }) => {
  await page.goto("/accounts/login/");
  await page.getByRole("textbox", { name: "Username or e-mail" }).fill(anna.login);
  await page.getByRole("button", { name: "Show password" }).click();
  await page.getByRole("textbox", { name: "Password", exact: true }).fill(anna.password);
  await page.getByRole("textbox", { name: "Password", exact: true }).press("Enter");
  await expectHeading(page, "Signed in as anna");
});

test("while a new password is typed, the page counts the characters that are missing", async ({ page, server }) => {
  await page.goto(await server.setupLink());
  await hydrated(page);
  const field = page.getByLabel("Password", { exact: true });
  await field.pressSequentially("seven lan");
  await expect(page.getByText("6 more characters")).toBeVisible();
  await field.pressSequentially("terns");
  await expect(page.getByText("1 more character", { exact: true })).toBeVisible();
  await field.press("s");
  await expect(page.getByText("Long enough")).toBeVisible();
  await field.fill("🦊".repeat(14));
  await expect(page.getByText("1 more character", { exact: true })).toBeVisible();
  await field.fill("");
  await expect(page.getByText(/more character|Long enough/)).toHaveCount(0);
  await expect(field).toHaveAccessibleDescription("15 characters or more");
});

test("what was typed before the WASM arrived is kept, counted and sent", async ({ page, server }) => {
  let arrive = () => {};
  const arrived = new Promise<void>((resolve) => (arrive = resolve));
  await page.route("**/*.wasm", async (route) => {
    await arrived;
    await route.continue();
  });
  await page.goto(await server.setupLink());
  const field = page.getByLabel("Password", { exact: true });
  await page.getByRole("textbox", { name: "Username" }).fill(ANNA.login);
  await field.fill("seven lan");
  await expect(page.getByRole("button", { name: "Show password" })).toHaveCount(0);
  arrive();
  await expect(page.getByText("6 more characters")).toBeVisible();
  await expect(field).toHaveValue("seven lan");
  await expect(page.getByRole("textbox", { name: "Username" })).toHaveValue(ANNA.login);
  await fillSetup(page, ANNA);
  await expectHeading(page, "Signed in as anna");
});

test("HTP-03 every page is loaded and used with islands live, and the policy has nothing to stop", async ({
  page, server, foreign, anotherBrowser, watch,
}) => {
  for (const name of ["first run, password refused", "first run, link not valid", "not found", "not allowed"]) {
    await STATES[name]({ page, server, foreign, anotherBrowser });
    await hydrated(page);
  }
  await setUp(page, server, ANNA);
  for (const path of PAGES) {
    await page.goto(path);
    await hydrated(page);
  }
  await page.goto("/accounts/logout/");
  await page.getByRole("button", { name: "Sign out" }).click();
  await hydrated(page);
  await signIn(page, ANNA);
  expect(watch.problems()).toEqual([]);
});

test("HTP-03 a script or style smuggled into a page does not run, and the policy says so", async ({ page, watch }) => {
  const owned = "document.title = 'owned'";
  await page.route("**/accounts/login/", async (route) => {
    const answer = await route.fetch();
    const smuggled = `<script>${owned}</script><img src="data:," alt="" onerror="${owned}" style="width: 9px"></main>`;
    await route.fulfill({ response: answer, body: (await answer.text()).replace("</main>", smuggled) });
  });
  await page.goto("/accounts/login/");
  await hydrated(page);
  for (const directive of ["script-src-elem", "script-src-attr", "style-src-attr"]) {
    await watch.provoked(new RegExp(`Policy violated: ${directive}`));
  }
  await watch.provoked(/Content Security Policy/);
  await expect(page).toHaveTitle("Sign in · Inmor");
});
