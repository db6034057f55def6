// Every page, and every state it can be in.

import { expect, type Page } from "@playwright/test";

import type { Fixtures } from "./fixtures";
import {
  ANNA, FIREFOX, NEW_PASSWORD, WRONG_PASSWORD, changePassword, expectHeading, fillSetup, fillSignIn, setUp, signIn,
} from "./people";
import {
  addAuthenticatorApp, enterCode, enterRecoveryCode, startAuthenticatorApp, startSignIn,
} from "./second-factor";

/** The path of every page. */
export const PAGES = [
  "/", "/accounts/setup/", "/accounts/login/", "/accounts/logout/", "/accounts/password/change/", "/accounts/sessions/",
  "/nothing/here/",
];

type Visit = Pick<Fixtures, "server" | "foreign" | "anotherBrowser"> & { page: Page };

/** Ways to each page and state, by name. Each begins with a fresh server and browser. */
export const STATES: Record<string, (visit: Visit) => Promise<void>> = {
  "first run": async ({ page, server }) => {
    await page.goto(await server.setupLink());
    await expectHeading(page, "Create the first administrator");
  },
  "first run, password refused": async ({ page, server }) => {
    await page.goto(await server.setupLink());
    await fillSetup(page, { ...ANNA, password: "password12345678" });
    await expect(page.getByRole("alert")).toContainText("guessed first");
  },
  "first run, link not valid": async ({ page }) => {
    await page.goto("/accounts/setup/?token=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA");
    await expect(page.getByRole("alert")).toContainText("not valid any more");
  },
  "first run, over": async ({ page, server }) => {
    const link = await server.setupLink();
    await server.administrator(ANNA);
    await page.goto(link);
    await expectHeading(page, "Page not found");
  },
  "sign-in": async ({ page }) => {
    await page.goto("/accounts/login/");
    await expectHeading(page, "Sign in");
  },
  "sign-in, refused": async ({ page }) => {
    await page.goto("/accounts/login/");
    await fillSignIn(page, ANNA.login, WRONG_PASSWORD);
    await expect(page.getByRole("alert")).toContainText("do not match");
  },
  "sign-in, after signing out": async ({ page, server }) => {
    await signIn(page, await server.administrator(ANNA));
    await page.getByRole("button", { name: "Sign out" }).click();
    await expect(page.getByRole("status")).toContainText("signed out");
  },
  "home": async ({ page, server }) => {
    await signIn(page, await server.administrator(ANNA));
  },
  "home, first visit": async ({ page, server }) => {
    await setUp(page, server, ANNA);
    await expect(page.getByRole("status")).toContainText("Welcome");
  },
  "home, after wrong tries": async ({ page, server, anotherBrowser }) => {
    const anna = await server.administrator(ANNA);
    const stranger = await anotherBrowser();
    await stranger.goto("/accounts/login/");
    await fillSignIn(stranger, anna.login, WRONG_PASSWORD);
    await expect(stranger.getByRole("alert")).toBeVisible();
    await signIn(page, anna);
    await expect(page.getByText("1 wrong try to sign in")).toBeVisible();
  },
  "sessions": async ({ page, server, anotherBrowser }) => {
    const anna = await server.administrator(ANNA);
    await signIn(await anotherBrowser({ userAgent: FIREFOX }), anna);
    await signIn(page, anna);
    await page.getByRole("link", { name: "Sessions" }).click();
    await expect(page.getByRole("listitem")).toHaveCount(2);
  },
  "sessions, others ended": async (visit) => {
    const { page } = visit;
    await STATES["sessions"](visit);
    await page.getByRole("button", { name: "End all other sessions" }).click();
    await expect(page.getByRole("status")).toContainText("All other sessions");
  },
  "password change": async ({ page, server }) => {
    await signIn(page, await server.administrator(ANNA));
    await page.getByRole("link", { name: "Change password" }).click();
    await expectHeading(page, "Change password");
  },
  "password change, current one wrong": async ({ page, server }) => {
    await signIn(page, await server.administrator(ANNA));
    await changePassword(page, WRONG_PASSWORD, NEW_PASSWORD);
    await expect(page.getByRole("alert")).toContainText("not your current password");
  },
  "password change, new one refused": async ({ page, server }) => {
    await signIn(page, await server.administrator(ANNA));
    await changePassword(page, ANNA.password, "too short");
    await expect(page.getByRole("alert")).toContainText("at least 15 characters");
  },
  "MFA settings, nothing set up": async ({ page, server }) => {
    await signIn(page, await server.administrator(ANNA));
    await page.getByRole("link", { name: "MFA Settings" }).click();
    await expect(page.getByText("Not set up.")).toBeVisible();
  },
  "authenticator app, being set up": async ({ page, server }) => {
    await signIn(page, await server.administrator(ANNA));
    await startAuthenticatorApp(page);
    await page.getByText("Cannot scan it?").click();
    await expect(page.getByRole("link", { name: "open it in your authenticator app" })).toBeVisible();
  },
  "authenticator app, code refused": async ({ page, server }) => {
    await signIn(page, await server.administrator(ANNA));
    const app = await startAuthenticatorApp(page);
    await enterCode(page, app.wrongCode(), "Turn on");
    await expect(page.getByRole("alert")).toContainText("not right");
  },
  "recovery codes, new": async ({ page, server }) => {
    await signIn(page, await server.administrator(ANNA));
    await addAuthenticatorApp(page, "phone");
    await expectHeading(page, "Recovery codes");
  },
  "MFA settings, one app": async (visit) => {
    await STATES["recovery codes, new"](visit);
    await visit.page.goto("/accounts/2fa/");
    await expect(visit.page.getByRole("heading", { name: "phone" })).toBeVisible();
  },
  "authenticator app, to be deactivated": async (visit) => {
    await STATES["recovery codes, new"](visit);
    await visit.page.goto("/accounts/2fa/totp/deactivate/");
    await expect(visit.page.getByText("This is your only factor")).toBeVisible();
  },
  "recovery codes, to be replaced": async (visit) => {
    await STATES["recovery codes, new"](visit);
    await visit.page.getByRole("link", { name: "Make a new set" }).click();
    await expectHeading(visit.page, "Make a new set of recovery codes?");
  },
  "confirm who it is, password": async ({ page, server }) => {
    await signIn(page, await server.administrator(ANNA));
    await page.goto("/accounts/reauthenticate/?next=/accounts/password/change/");
    await expect(page.getByText("Change your password")).toBeVisible();
  },
  "confirm who it is, code": async (visit) => {
    await STATES["recovery codes, new"](visit);
    await visit.page.goto("/accounts/reauthenticate/?next=/accounts/2fa/totp/deactivate/");
    await expect(visit.page.getByText("Deactivate an authenticator app")).toBeVisible();
  },
  "second step": async (visit) => {
    await STATES["recovery codes, new"](visit);
    await visit.page.goto("/accounts/logout/");
    await visit.page.getByRole("button", { name: "Sign out" }).click();
    await startSignIn(visit.page, ANNA);
    await visit.page.getByText("Use a recovery code").click();
  },
  "second step, code refused": async (visit) => {
    await STATES["second step"](visit);
    await enterRecoveryCode(visit.page, "0000-0000-0000-0000-0000-0000");
    await expect(visit.page.getByRole("alert")).toContainText("not right");
  },
  "sign out": async ({ page, server }) => {
    await signIn(page, await server.administrator(ANNA));
    await page.goto("/accounts/logout/");
    await expectHeading(page, "Sign out?");
  },
  "not found": async ({ page }) => {
    await page.goto("/nothing/here/");
    await expectHeading(page, "Page not found");
  },
  "not allowed": async ({ page, server, foreign }) => {
    const form = `<form method="post" action="${server.url}/accounts/login/"><button>Go</button></form>`;
    await page.goto(foreign.page("127.0.0.1", form));
    await page.getByRole("button", { name: "Go" }).click();
    await expectHeading(page, "Not allowed");
  },
};
