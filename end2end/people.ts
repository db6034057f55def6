// People, and the words for what they do on the pages. Things are found by role and label.

import { expect, type Cookie, type Page } from "@playwright/test";

import type { Server } from "./server";

export interface Person {
  login: string;
  email: string;
  password: string;
}

export const ANNA: Person = {
  login: "anna", email: "anna.lindqvist@example.org", password: "seven lanterns over the harbour",
};
export const MALLORY: Person = {
  login: "mallory", email: "mallory@example.org", password: "borrowed umbrella, cold tea",
};
export const NEW_PASSWORD = "a quieter kettle by the window";
export const WRONG_PASSWORD = "this was never the password";
/** Nothing of these may appear in a log. What a test learns on a page is added. */
export const SECRETS = [ANNA.password, MALLORY.password, NEW_PASSWORD, WRONG_PASSWORD];

export const FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:145.0) Gecko/20100101 Firefox/145.0";

/** Fills in the sign-in form of the open page and sends it. */
export async function fillSignIn(page: Page, login: string, password: string): Promise<void> {
  await page.getByRole("textbox", { name: "Username or e-mail" }).fill(login);
  await page.getByLabel("Password", { exact: true }).fill(password);
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
}

/** Signs in, and is home. */
export async function signIn(page: Page, person: Person): Promise<void> {
  await page.goto("/accounts/login/");
  await fillSignIn(page, person.login, person.password);
  await expect(page.getByRole("heading", { name: `Signed in as ${person.login}` })).toBeVisible();
}

/** Signs out, from wherever the page is. */
export async function signOut(page: Page): Promise<void> {
  await page.goto("/accounts/logout/");
  await page.getByRole("button", { name: "Sign out" }).click();
  await expect(page.getByRole("status")).toContainText("You have signed out.");
}

/** Fills in the form that changes the password, and sends it. */
export async function changePassword(page: Page, current: string, wanted: string): Promise<void> {
  await page.goto("/accounts/password/change/");
  await page.getByLabel("Current password", { exact: true }).fill(current);
  await page.getByLabel("New password", { exact: true }).fill(wanted);
  await page.getByRole("button", { name: "Change password" }).click();
}

/** Fills in the first-run form of the open page and sends it. */
export async function fillSetup(page: Page, person: Person): Promise<void> {
  await page.getByRole("textbox", { name: "Username" }).fill(person.login);
  await page.getByRole("textbox", { name: "E-mail (optional)" }).fill(person.email);
  await page.getByLabel("Password", { exact: true }).fill(person.password);
  await page.getByRole("button", { name: "Create administrator" }).click();
}

/** Opens the first-run link, creates the first administrator through the page, and is home. */
export async function setUp(page: Page, server: Server, person: Person): Promise<void> {
  await page.goto(await server.setupLink());
  await fillSetup(page, person);
  await expect(page.getByRole("heading", { name: `Signed in as ${person.login}` })).toBeVisible();
}

/** Waits until every island of the open page is live: then it shows what is of no use before. */
export async function hydrated(page: Page): Promise<void> {
  await expect(page.locator("leptos-island [hidden]")).toHaveCount(0);
}

/** The open page has this heading of first level. */
export async function expectHeading(page: Page, name: string): Promise<void> {
  await expect(page.getByRole("heading", { level: 1, name, exact: true })).toBeVisible();
}

/** Whoever the page belongs to is not signed in. */
export async function expectSignedOut(page: Page): Promise<void> {
  await page.goto("/");
  await expectHeading(page, "Sign in");
}

export const SESSION = "__Host-session";
/** Given to a browser that is asked for a passkey before anybody is known. */
export const CEREMONY = "__Host-ceremony";

/** The session cookie that the page's browser holds. */
export async function sessionCookie(page: Page): Promise<Cookie | undefined> {
  return (await page.context().cookies()).find(({ name }) => name === SESSION);
}

/** A session cookie sent by the page's browser opens nothing. */
export async function expectRefused(page: Page, cookie: Cookie | undefined): Promise<void> {
  if (!cookie) throw new Error("There is no session cookie.");
  await page.context().clearCookies();
  await page.context().addCookies([cookie]);
  const request = page.waitForRequest((request) => new URL(request.url()).pathname === "/");
  await expectSignedOut(page);
  // beside that of the sign-in page, which asks for passkeys
  const sent = (await (await request).headerValue("cookie")) ?? "";
  expect(sent.split("; ").filter((pair) => !pair.startsWith(CEREMONY))).toEqual([`${SESSION}=${cookie.value}`]);
}
