import { ANNA, PAGES, STATES, addAuthenticatorApp, expect, expectHeading, hydrated, signIn, test } from "../fixtures";

for (const [state, open] of Object.entries(STATES)) {
  test(`${state}: nothing is cut off at 320 px or 200 % zoom, and keys reach everything and show where`, async ({
    page, server, foreign, anotherBrowser, javaScriptEnabled,
  }) => {
    await open({ page, server, foreign, anotherBrowser });
    if (javaScriptEnabled) await hydrated(page);
    // A browser window of 1280 px has 640 at 200 % and 320 at 400 %.
    for (const width of [320, 640, 1280]) {
      await page.setViewportSize({ width, height: 600 });
      expect(await page.locator("body").evaluate(outside), `at ${width} px`).toEqual([]);
    }
    const usable = page.locator("a[href], button:enabled, summary, input:not([type=hidden])").filter({ visible: true });
    expect(await usable.count()).toBeGreaterThan(0);
    // From the top, wherever the page has put the focus.
    await page.locator("body").evaluate((body) => {
      body.tabIndex = -1;
      body.focus();
    });
    // In the order in which they are read.
    for (const one of await usable.all()) {
      // Tab finds a group of radio buttons, arrows find the others in it.
      const beside = await one.evaluate((element) => element.matches("[type=radio]") &&
        element.getAttribute("name") === document.activeElement?.getAttribute("name"));
      await page.keyboard.press(beside ? "ArrowDown" : "Tab");
      await expect(one).toBeFocused();
      await expect(one).not.toHaveCSS("outline-style", "none");
      await expect(one).toHaveCSS("outline-width", "3px");
    }
  });
}

/** What stands out of the window sideways, or has more in it than it shows. */
function outside(body: HTMLElement): string[] {
  const { scrollWidth, clientWidth } = document.documentElement;
  const found = scrollWidth > clientWidth ? [`the page is ${scrollWidth} wide in ${clientWidth}`] : [];
  for (const element of body.querySelectorAll<HTMLElement>("*:not(.unseen, svg *)")) {
    const { left, right, width } = element.getBoundingClientRect();
    const name = `${element.tagName.toLowerCase()} "${element.innerText?.slice(0, 40)}"`;
    if (width > 0 && (left < 0 || right > clientWidth)) found.push(`${name} reaches from ${left} to ${right}`);
    const hidden = element.clientWidth > 0 && !element.matches("input") ? element.scrollWidth - element.clientWidth : 0;
    if (hidden > 0) found.push(`${name} hides ${hidden} px`);
  }
  return found;
}

test("the longest name and address that an account can have fit at 320 px", async ({ page, server }) => {
  const long = { ...ANNA, login: "w".repeat(150), email: `${"m".repeat(190)}@example.org` };
  await page.setViewportSize({ width: 320, height: 600 });
  await signIn(page, await server.administrator(long));
  expect(await page.locator("body").evaluate(outside)).toEqual([]);
});

test("the longest name that a device can have fits at 320 px", async ({ page, anna }) => {
  await page.setViewportSize({ width: 320, height: 600 });
  await signIn(page, anna);
  await addAuthenticatorApp(page, "w".repeat(64));
  for (const path of ["/", "/accounts/2fa/", "/accounts/2fa/totp/deactivate/",
    "/accounts/reauthenticate/?next=/accounts/2fa/totp/deactivate/"]) {
    await page.goto(path);
    expect(await page.locator("body").evaluate(outside), path).toEqual([]);
  }
});

test("an address where there is nothing says so, as 404, with a way home", async ({ page, anna }) => {
  for (const path of ["/nothing", "/nothing/here/", "/accounts/", "/pkg/none.js", "/.env", "/accounts/login/x"]) {
    const answer = await page.goto(path);
    expect(answer?.status(), path).toBe(404);
    await expectHeading(page, "Page not found");
    await expect(page).toHaveTitle("Page not found · Inmor");
  }
  await page.getByRole("link", { name: "Go to the home page" }).click();
  await expectHeading(page, "Sign in");
  await signIn(page, anna);
});

test("an error page tells the number under which the log has the request", async ({ page, server }) => {
  const answer = await page.goto("/nothing/here/");
  const id = await answer?.headerValue("x-request-id");
  expect(id).toMatch(/^[0-9a-f]{16}$/);
  await expect(page.getByText(`Error 404, request ${id}`)).toBeVisible();
  await expect.poll(() => server.stderr).toContain(id);
});

test("a path without its last slash leads to the page, for ever and with its query", async ({
  page, request, anna,
}) => {
  for (const path of PAGES.filter((path) => path.startsWith("/accounts/"))) {
    const answer = await request.get(`${path.slice(0, -1)}?a=b%20c&d=%2F`, { maxRedirects: 0 });
    expect([answer.status(), answer.headers().location]).toEqual([308, `${path}?a=b%20c&d=%2F`]);
  }
  await page.goto("/accounts/login?next=/accounts/sessions/");
  await expect(page).toHaveURL("/accounts/login/?next=/accounts/sessions/");
  await signIn(page, anna);
  await page.goto("/accounts/sessions");
  await expectHeading(page, "Your sessions");
});
