// Second factors, as people use them: an app on a phone, a sheet of codes.

import { expect, test, type Page } from "@playwright/test";
import jsQR from "jsqr";
import { readFile } from "node:fs/promises";
import * as OTPAuth from "otpauth";
import { PNG } from "pngjs";

import { SECRETS, fillSignIn, hydrated, type Person } from "./people";

/** Seconds of a time step. */
const PERIOD = 30;
/** Seconds that a code needs at most from here into the program. */
const UNDER_WAY = 10;

/** An authenticator app. Shares no line with the program: its codes come from another implementation. */
export class AuthenticatorApp {
  readonly totp: OTPAuth.TOTP;
  /** The latest time step whose code was given away. */
  private given = -1;

  /** Takes what a QR code says. */
  constructor(readonly uri: string) {
    const parsed = OTPAuth.URI.parse(uri);
    if (!(parsed instanceof OTPAuth.TOTP)) throw new Error(`This is not for time-based codes: ${uri}`);
    this.totp = parsed;
    SECRETS.push(this.secret);
  }

  /** The secret in base32. */
  get secret(): string {
    return this.totp.secret.base32;
  }

  /**
   * A code that was not given away before. The program takes the codes of the time step before this one, of this
   * one and of the next, each step once and in their order: the earliest is taken that is certain to arrive in
   * time. So two codes are to be had at once, often three; who needs more waits for the clock, as people do.
   */
  async code(): Promise<string> {
    const earliest = () => Math.max(this.given + 1, Math.floor((Date.now() / 1000 + UNDER_WAY) / PERIOD) - 1);
    const next = () => Math.floor(Date.now() / 1000 / PERIOD) + 1;
    if (earliest() > next()) {
      test.slow();
      await expect.poll(() => earliest() <= next(), { timeout: 2 * PERIOD * 1000, intervals: [500] }).toBe(true);
    }
    this.given = earliest();
    return this.at(this.given);
  }

  /** The code that was given away last. */
  lastCode(): string {
    return this.at(this.given);
  }

  /** A code of no time step within an hour. */
  wrongCode(): string {
    const now = Math.floor(Date.now() / 1000 / PERIOD);
    const right = new Set(Array.from({ length: 241 }, (_, index) => this.at(now - 120 + index)));
    const wrong = Array.from({ length: 1000 }, (_, index) => String(index * 997).padStart(6, "0"));
    return wrong.find((code) => !right.has(code)) ?? "";
  }

  private at(step: number): string {
    return this.totp.generate({ timestamp: step * PERIOD * 1000 });
  }
}

/** What a camera reads from the QR code on the open page. */
export async function scanQrCode(page: Page): Promise<string> {
  const picture = PNG.sync.read(await page.getByRole("img", { name: "QR code" }).screenshot());
  const found = jsQR(new Uint8ClampedArray(picture.data), picture.width, picture.height, {
    // An image as most cameras want it: dark on light.
    inversionAttempts: "dontInvert",
  });
  if (!found) throw new Error("There is no QR code to be read.");
  return found.data;
}

/** Types a code into the field of the open page, and sends it: scripts do that with the last digit. */
export async function enterCode(page: Page, code: string, button: string): Promise<void> {
  const scripts = test.info().project.use.javaScriptEnabled !== false;
  if (scripts) await hydrated(page);
  await page.getByRole("textbox", { name: /^Code/ }).fill(code);
  if (!scripts) await page.getByRole("button", { name: button }).click();
}

/** Goes to set up an authenticator app, and takes the secret off the page. */
export async function startAuthenticatorApp(page: Page): Promise<AuthenticatorApp> {
  await page.goto("/accounts/2fa/totp/activate/");
  return new AuthenticatorApp(await scanQrCode(page));
}

/** Whoever is signed in sets up an authenticator app, and is on the page after that. */
export async function addAuthenticatorApp(page: Page, name = ""): Promise<AuthenticatorApp> {
  const app = await startAuthenticatorApp(page);
  await page.getByRole("textbox", { name: "Name of the device (optional)" }).fill(name);
  await enterCode(page, await app.code(), "Turn on");
  await expect(page.getByRole("status")).toContainText("Authenticator app activated.");
  return app;
}

/** Whoever is signed in adds the security key or passkey that is plugged in. */
export async function addKey(page: Page, name: string, passkey: boolean): Promise<void> {
  await page.goto("/accounts/2fa/webauthn/add/");
  await hydrated(page);
  await page.getByRole("textbox", { name: "Name" }).fill(name);
  await page.getByRole("radio", { name: passkey ? "Passkey" : "Security key" }).check();
  await page.getByRole("button", { name: "Add it" }).click();
}

/** The recovery codes on the open page. */
export async function readRecoveryCodes(page: Page): Promise<string[]> {
  const codes = await page.getByRole("listitem").filter({ hasText: /^[0-9A-Z]{4}(-[0-9A-Z]{4}){5}$/ }).allInnerTexts();
  SECRETS.push(...codes);
  return codes;
}

/** Follows the link that downloads the recovery codes of the open page, and answers where to and what arrives. */
export async function downloadRecoveryCodes(page: Page): Promise<{ url: string; text: string; codes: string[] }> {
  const started = page.waitForEvent("download");
  await page.getByRole("link", { name: "Download" }).click();
  const download = await started;
  expect(download.suggestedFilename()).toBe("recovery-codes.txt");
  const text = await readFile(await download.path(), "utf8");
  return { url: download.url(), text, codes: text.match(/^[0-9A-Z-]{29}$/gm) ?? [] };
}

/** Enters name and password, and is asked for the second factor. */
export async function startSignIn(page: Page, person: Person, path = "/accounts/login/"): Promise<void> {
  await page.goto(path);
  await fillSignIn(page, person.login, person.password);
  await expect(page.getByRole("heading", { level: 1, name: "Confirm your sign-in" })).toBeVisible();
}

/** Types a recovery code on the open page, where an authenticator app is asked for first, and sends it. */
export async function enterRecoveryCode(page: Page, code: string): Promise<void> {
  const field = page.getByRole("textbox", { name: "Recovery code" });
  // after a wrong one it is open
  if (!(await field.isVisible())) await page.getByText("Use a recovery code").click();
  await field.fill(code);
  await field.press("Enter");
}
