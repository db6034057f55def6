import { Authenticator } from "../authenticator";
import {
  SECRETS, addAuthenticatorApp, addKey, enterCode, expect, expectHeading, fillSignIn, hydrated, signIn, signOut,
  type Page, type Person,
} from "../fixtures";
import { expectAdmin, test } from "../gate";

const DEEP = "/admin/auth/user/?q=x";

/** Signs in, adds a key, and signs out. */
async function withKey(page: Page, person: Person, passkey: boolean): Promise<void> {
  await signIn(page, person);
  await Authenticator.plugIn(page, passkey ? "a USB key with a PIN" : "a USB key that is touched");
  await addKey(page, "Blue key", passkey);
  await expect(page.getByRole("status")).toContainText("Security key added.");
}

/** What a script of the open page gets there. */
async function fetched(page: Page, url: string): Promise<number> {
  return page.evaluate(async (url) => (await fetch(url)).status, url);
}

async function press(page: Page, button: string): Promise<void> {
  await hydrated(page);
  await page.getByRole("button", { name: button }).click();
}

test("GAT-07 GAT-14 a passkey leads from a deep link to exactly that page, and no address or log has the ticket", async ({
  page, anna, guard, server,
}) => {
  const site = await guard([]);
  await withKey(page, anna, true);
  await signOut(page);
  const addresses: string[] = [];
  const tickets: string[] = [];
  page.on("framenavigated", (frame) => addresses.push(frame.url()));
  page.on("request", (request) => {
    addresses.push(request.url(), request.headers().referer ?? "");
    const ticket = new URLSearchParams(request.postData() ?? "").get("ticket");
    if (ticket) tickets.push(ticket);
  });
  await page.goto(site.url + DEEP);
  await expectHeading(page, "Sign in");
  expect(new URL(page.url()).origin).toBe(server.url);
  await press(page, "Sign in with a passkey");
  await expectAdmin(page, site.url + DEEP, "anna");
  await expect(page.locator("#searchbar")).toHaveValue("x");

  expect(tickets).toHaveLength(1);
  expect(addresses).toContain(site.url + DEEP);
  expect(addresses.filter((address) => address.includes(tickets[0]))).toEqual([]);
  expect(await site.asked()).toContain("POST /.inmor-mfa/accept/ ");
  expect(await site.asked()).not.toContain(tickets[0]);
  SECRETS.push(tickets[0]);

  await page.getByRole("link", { name: "Groups" }).first().click();
  await expectAdmin(page, `${site.url}/admin/auth/group/`, "anna");
  expect(tickets).toHaveLength(1);
});

test("GAT-12 whoever signed in with a code shows the key where a rule asks for it, and comes back to that page", async ({
  page, anna, guard,
}) => {
  const site = await guard([{ path: "/admin/auth/user/add/", require: "phishing_resistant" }]);
  await withKey(page, anna, false);
  const app = await addAuthenticatorApp(page);
  await signOut(page);
  await page.goto(`${site.url}/admin/auth/user/`);
  await fillSignIn(page, anna.login, anna.password);
  await expectHeading(page, "Confirm your sign-in");
  await enterCode(page, await app.code(), "Sign in");
  await expectAdmin(page, `${site.url}/admin/auth/user/`, "anna");
  await page.getByRole("link", { name: "Add user" }).click();
  await expectHeading(page, "Confirm that it is you");
  await press(page, "Use a security key or passkey");
  await expectAdmin(page, `${site.url}/admin/auth/user/add/`, "anna");
});

test("GAT-12 where a rule asks for a fresh factor an old one has to be shown again, and the page is the same after", async ({
  page, anna, guard,
}) => {
  const path = "/admin/auth/group/add/";
  const site = await guard([{ path, fresh: 3600 }]);
  await withKey(page, anna, true);
  await page.goto(site.url + path);
  await expectAdmin(page, site.url + path, "anna");

  await site.rule([{ path, fresh: 1 }]);
  await expect.poll(() => fetched(page, site.url + path)).toBe(401);
  await page.goto(site.url + path);
  await expectHeading(page, "Confirm that it is you");
  // As long as a person takes, on however slow a machine.
  await site.rule([{ path, fresh: 3600 }]);
  await press(page, "Use a security key or passkey");
  await expectAdmin(page, site.url + path, "anna");
});

test("GAT-02 GAT-08 after signing out of the program the site's next page is the sign-in page, and scripts get 401", async ({
  page, anna, guard, context,
}) => {
  const site = await guard([{ path: "/", require: "session" }]);
  await signIn(page, anna);
  const tab = await context.newPage();
  await tab.goto(`${site.url}/admin/`);
  await expectAdmin(tab, `${site.url}/admin/`, "anna");
  expect(await fetched(tab, `${site.url}/admin/`)).toBe(200);
  const before = await context.cookies(site.url);
  await signOut(page);
  expect(await fetched(tab, `${site.url}/admin/`)).toBe(401);
  expect(await context.cookies(site.url), "the browser still has what it had").toEqual(before);
  await tab.reload();
  await expectHeading(tab, "Sign in");
});

test("a page for a role stays shut until the account is given it, and then opens in the same session", async ({
  page, anna, guard, server,
}) => {
  const users = "/admin/auth/user/";
  const site = await guard([{ path: "/", require: "session" }, { path: users, require: "session", roles: ["superuser"] }]);
  await signIn(page, anna);
  await page.goto(`${site.url}/admin/`);
  await expectAdmin(page, `${site.url}/admin/`, "anna");
  const denied = await page.goto(site.url + users);
  expect(denied?.status()).toBe(403);
  await expect(page.getByText("Your account has not the role that this part of the site asks for.")).toBeVisible();
  await expect(page.locator("#user-tools")).toHaveCount(0);
  // The page has its style on the site's host, too.
  expect((await page.locator("svg.mark").boundingBox())?.width).toBeLessThan(60);
  const before = await page.context().cookies(site.url);

  await server.command(["accounts", "grant", anna.login, "superuser"]);
  await page.reload();
  await expectAdmin(page, site.url + users, "anna");
  const session = (cookies: typeof before) => cookies.find(({ name }) => name === "__Host-inmor-site")?.value;
  expect(session(await page.context().cookies(site.url))).toBe(session(before));
  expect(session(before)).toBeDefined();
});
