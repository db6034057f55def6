// Every page, and every state it can be in.

import { expect, type Page } from "@playwright/test";

import { Authenticator } from "./authenticator";
import type { Fixtures } from "./fixtures";
import { GATE_STATES } from "./gate-states";
import {
  ANNA, FIREFOX, NEW_PASSWORD, WRONG_PASSWORD, changePassword, expectHeading, fillSetup, fillSignIn, setUp, signIn,
  signOut,
} from "./people";
import {
  addAuthenticatorApp, addKey, enterCode, enterRecoveryCode, readRecoveryCodes, startAuthenticatorApp, startSignIn,
  type AuthenticatorApp,
} from "./second-factor";

/** The path of every page. */
export const PAGES = [
  "/", "/accounts/setup/", "/accounts/login/", "/accounts/logout/", "/accounts/password/change/", "/accounts/sessions/",
  "/accounts/reauthenticate/", "/accounts/2fa/", "/accounts/2fa/authenticate/", "/accounts/2fa/totp/activate/",
  "/accounts/2fa/totp/deactivate/", "/accounts/2fa/recovery-codes/", "/accounts/2fa/recovery-codes/generate/",
  "/accounts/2fa/webauthn/", "/accounts/2fa/webauthn/add/", "/admin/gate/", "/nothing/here/",
];

type Visit = Pick<Fixtures, "server" | "foreign" | "anotherBrowser"> & { page: Page };

/** Signs in, adds an authenticator app, and is on the page of the recovery codes. */
async function withOneApp({ page, server }: Visit, settings: Record<string, string> = {}): Promise<AuthenticatorApp> {
  if (Object.keys(settings).length > 0) await server.restart(settings);
  await signIn(page, await server.administrator(ANNA));
  return addAuthenticatorApp(page, "phone");
}

/** Uses a recovery code of a set so small that few are left, and is on the settings page. */
async function withFewCodes(visit: Visit, made: number): Promise<void> {
  await withOneApp(visit, { MFA_RECOVERY_CODE_COUNT: String(made) });
  const [code] = await readRecoveryCodes(visit.page);
  await signOut(visit.page);
  await startSignIn(visit.page, ANNA);
  await enterRecoveryCode(visit.page, code);
  await expect(visit.page.getByRole("status")).toContainText("You have signed in with a recovery code.");
}

/**
 * Adds a passkey and, when asked, a security key with the longest name in a browser with scripts, and is on the
 * settings page of another.
 */
async function withKeys({ page, server, anotherBrowser }: Visit, both = false): Promise<void> {
  const scripted = await anotherBrowser({ javaScriptEnabled: true });
  await signIn(scripted, await server.administrator(ANNA));
  await Authenticator.plugIn(scripted, "a password manager");
  await addKey(scripted, "Laptop", true);
  await expectHeading(scripted, "Recovery codes");
  const [code] = await readRecoveryCodes(scripted);
  if (both) {
    await Authenticator.plugIn(scripted, "a USB key that is touched");
    await addKey(scripted, "w".repeat(64), false);
    await expectHeading(scripted, "Security keys and passkeys");
  }
  await startSignIn(page, ANNA);
  await enterRecoveryCode(page, code);
  await expectHeading(page, "MFA Settings");
}

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
  "recovery codes, new": async (visit) => {
    await withOneApp(visit);
    await expectHeading(visit.page, "Recovery codes");
  },
  "MFA settings, one app": async (visit) => {
    await STATES["recovery codes, new"](visit);
    await visit.page.goto("/accounts/2fa/");
    await expect(visit.page.getByRole("heading", { name: "phone" })).toBeVisible();
  },
  "MFA settings, one has to be added": async ({ page, server }) => {
    await server.restart({ MFA_REQUIRED: "true" });
    await server.administrator(ANNA);
    await page.goto("/accounts/login/");
    await fillSignIn(page, ANNA.login, ANNA.password);
    await expect(page.getByText("Add one to go on.")).toBeVisible();
  },
  "MFA settings, several apps": async (visit) => {
    await withOneApp(visit);
    await addAuthenticatorApp(visit.page, "the tablet that lies in the second drawer of the desk at home");
    await expect(visit.page.getByRole("heading", { level: 3 })).toHaveCount(2);
  },
  "MFA settings, no recovery codes": async (visit) => {
    await withOneApp(visit, { MFA_SUPPORTED_TYPES: "totp" });
    await visit.server.restart();
    await visit.page.goto("/accounts/2fa/");
    await expect(visit.page.getByRole("link", { name: "Make recovery codes" })).toBeVisible();
  },
  "MFA settings, few recovery codes left": async (visit) => {
    await withFewCodes(visit, 4);
  },
  "authenticator app, to be deactivated": async (visit) => {
    await STATES["recovery codes, new"](visit);
    await visit.page.goto("/accounts/2fa/totp/deactivate/");
    await expect(visit.page.getByText("This is your only factor")).toBeVisible();
  },
  "authenticator app, one of several to be deactivated": async (visit) => {
    await STATES["MFA settings, several apps"](visit);
    await visit.page.goto("/accounts/2fa/totp/deactivate/");
    await expect(visit.page.getByRole("group", { name: "Which one?" })).toBeVisible();
  },
  "authenticator app, must not be deactivated": async (visit) => {
    await withOneApp(visit);
    await visit.server.restart({ MFA_REQUIRED: "true" });
    await visit.page.goto("/accounts/2fa/totp/deactivate/");
    await expect(visit.page.getByText("the last one cannot be removed")).toBeVisible();
  },
  "authenticator app, deactivated": async (visit) => {
    await STATES["authenticator app, to be deactivated"](visit);
    await visit.page.getByRole("button", { name: "Deactivate" }).click();
    await expect(visit.page.getByRole("status")).toContainText("Authenticator app deactivated.");
  },
  "recovery codes, stored": async (visit) => {
    await STATES["recovery codes, new"](visit);
    await visit.page.getByRole("button", { name: "I have stored them" }).click();
    await visit.page.getByRole("link", { name: "View recovery codes" }).click();
    await expectHeading(visit.page, "Recovery codes");
  },
  "recovery codes, shown once": async (visit) => {
    await withOneApp(visit, { MFA_RECOVERY_CODES_SHOW_ONCE: "true" });
    await expect(visit.page.getByText("You see these codes now and never again.")).toBeVisible();
  },
  "recovery codes, shown before": async (visit) => {
    await STATES["recovery codes, shown once"](visit);
    await visit.page.goto("/accounts/2fa/recovery-codes/");
    await expect(visit.page.getByText("Your codes were shown once")).toBeVisible();
  },
  "recovery codes, few left": async (visit) => {
    await withFewCodes(visit, 4);
    await visit.page.getByRole("link", { name: "View recovery codes" }).click();
    await expect(visit.page.getByText("before you run out")).toBeVisible();
  },
  "recovery codes, all used": async (visit) => {
    await withFewCodes(visit, 1);
    await visit.page.getByRole("link", { name: "View recovery codes" }).click();
    await expect(visit.page.getByText("All codes are used.")).toBeVisible();
  },
  "recovery codes, to be made": async (visit) => {
    await STATES["MFA settings, no recovery codes"](visit);
    await visit.page.getByRole("link", { name: "Make recovery codes" }).click();
    await expect(visit.page.getByText("You have no recovery codes yet.")).toBeVisible();
  },
  "recovery codes, to be replaced": async (visit) => {
    await STATES["recovery codes, new"](visit);
    await visit.page.getByRole("link", { name: "Make a new set" }).click();
    await expectHeading(visit.page, "Make recovery codes?");
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
  "confirm who it is, code refused": async (visit) => {
    const app = await withOneApp(visit);
    await visit.page.goto("/accounts/reauthenticate/?next=/accounts/2fa/recovery-codes/");
    await enterCode(visit.page, app.wrongCode(), "Confirm");
    await expect(visit.page.getByRole("alert")).toContainText("not right");
  },
  "second step": async (visit) => {
    await STATES["recovery codes, new"](visit);
    await signOut(visit.page);
    await startSignIn(visit.page, ANNA);
  },
  "second step, clock of the phone is off": async (visit) => {
    const app = await withOneApp(visit);
    await signOut(visit.page);
    await startSignIn(visit.page, ANNA);
    await enterCode(visit.page, app.totp.generate({ timestamp: Date.now() + 5 * 60_000 }), "Sign in");
    await expect(visit.page.getByRole("alert")).toContainText("clock");
  },
  "second step, recovery code": async (visit) => {
    await STATES["second step"](visit);
    await visit.page.getByText("Use a recovery code").click();
    await expect(visit.page.getByRole("textbox", { name: "Recovery code" })).toBeVisible();
  },
  "second step, recovery code refused": async (visit) => {
    await STATES["second step"](visit);
    await enterRecoveryCode(visit.page, "0000-0000-0000-0000-0000-0000");
    await expect(visit.page.getByRole("alert")).toContainText("not right");
  },
  "second step, recovery code alone": async (visit) => {
    await STATES["second step"](visit);
    await visit.server.restart({ MFA_SUPPORTED_TYPES: "recovery_codes" });
    await visit.page.goto("/accounts/2fa/authenticate/");
    await expect(visit.page.getByRole("textbox", { name: "Recovery code" })).toBeFocused();
  },
  "second step, no way left": async (visit) => {
    await STATES["second step"](visit);
    await visit.server.restart({ MFA_SUPPORTED_TYPES: "webauthn" });
    await visit.page.goto("/accounts/2fa/authenticate/");
    await expect(visit.page.getByRole("alert")).toContainText("No way of confirming is left");
  },
  "sign-in, without passkeys": async ({ page, server }) => {
    await server.restart({ MFA_PASSKEY_LOGIN_ENABLED: "false" });
    await page.goto("/accounts/login/");
    await expect(page.getByRole("button", { name: "Sign in with a passkey" })).toHaveCount(0);
  },
  "keys, none": async ({ page, server }) => {
    await signIn(page, await server.administrator(ANNA));
    await page.goto("/accounts/2fa/webauthn/");
    await expect(page.getByText("None yet.")).toBeVisible();
  },
  "keys, one of each kind": async (visit) => {
    await withKeys(visit, true);
    await visit.page.goto("/accounts/2fa/webauthn/");
    await expect(visit.page.getByRole("listitem")).toHaveCount(2);
  },
  "MFA settings, keys": async (visit) => {
    await withKeys(visit, true);
    await visit.page.goto("/accounts/2fa/");
    await expect(visit.page.getByRole("heading", { name: "Laptop" })).toBeVisible();
  },
  "key, to be added": async ({ page, server }) => {
    await signIn(page, await server.administrator(ANNA));
    await page.goto("/accounts/2fa/webauthn/add/");
    await expectHeading(page, "Add a security key or passkey");
  },
  "key, to be renamed": async (visit) => {
    await STATES["keys, one of each kind"](visit);
    await visit.page.getByRole("link", { name: "Rename www" }).click();
    await expectHeading(visit.page, "Rename a key");
  },
  "key, new name refused": async (visit) => {
    await STATES["key, to be renamed"](visit);
    await visit.page.getByRole("textbox", { name: "New name" }).fill("w".repeat(65));
    await visit.page.getByRole("button", { name: "Rename" }).click();
    await expect(visit.page.getByRole("alert")).toContainText("at most 64");
  },
  "key, to be removed": async (visit) => {
    await withKeys(visit);
    await visit.page.goto("/accounts/2fa/webauthn/");
    await visit.page.getByRole("link", { name: "Remove Laptop" }).click();
    await expect(visit.page.getByText("This is your only factor.")).toBeVisible();
  },
  "key, must not be removed": async (visit) => {
    await STATES["key, to be removed"](visit);
    await visit.server.restart({ MFA_REQUIRED: "true" });
    await visit.page.reload();
    await expect(visit.page.getByText("the last one cannot be removed")).toBeVisible();
  },
  "key, removed": async (visit) => {
    await STATES["key, to be removed"](visit);
    await visit.page.getByRole("button", { name: "Remove" }).click();
    await expect(visit.page.getByRole("status")).toContainText("Security key removed.");
  },
  "second step, key": async (visit) => {
    await withKeys(visit);
    await signOut(visit.page);
    await startSignIn(visit.page, ANNA);
  },
  "second step, key and app": async (visit) => {
    await withKeys(visit);
    await addAuthenticatorApp(visit.page);
    await signOut(visit.page);
    await startSignIn(visit.page, ANNA);
  },
  "confirm who it is, key": async (visit) => {
    await withKeys(visit);
    await visit.page.goto("/accounts/reauthenticate/?next=/accounts/2fa/webauthn/add/");
    await expectHeading(visit.page, "Confirm that it is you");
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
  ...GATE_STATES,
};
