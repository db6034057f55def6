import { Authenticator, KINDS, keepsPasskeys, withoutFillingIn } from "../authenticator";
import {
  addKey, enterRecoveryCode, expect, expectHeading, hydrated, readRecoveryCodes, signIn, signOut, startSignIn, test,
  type Page, type Route,
} from "../fixtures";

const ADD = "/accounts/2fa/webauthn/add/";
const LIST = "/accounts/2fa/webauthn/";

async function press(page: Page, button: string): Promise<void> {
  await page.getByRole("button", { name: button }).click();
}

/** Presses a button that asks for a key, and is then on the page of this heading. */
async function useKey(page: Page, button: string, heading: string): Promise<void> {
  await hydrated(page);
  await press(page, button);
  await expectHeading(page, heading);
}

const HOME = "Signed in as anna";

for (const kind of Object.keys(KINDS)) {
  test(`WA-34 ${kind} is added, used in each way it can be, renamed and removed`, async ({ page, anna, server }) => {
    await signIn(page, anna);
    await Authenticator.plugIn(page, kind);
    await withoutFillingIn(page);
    const passkey = keepsPasskeys(kind);
    await addKey(page, "Blue key", passkey);
    await expectHeading(page, "Recovery codes");
    await expect(page.getByRole("status")).toContainText("Security key added.");
    await page.goto(LIST);
    await expect(page.getByText(passkey ? "Passkey: signs in by itself" : "Security key: second step")).toBeVisible();
    const place = kind === "a password manager" ? "Synced: may be on several devices" : "Bound to one device";
    await expect(page.getByText(place)).toBeVisible();

    await signOut(page);
    if (passkey) {
      await page.goto("/accounts/login/");
      await useKey(page, "Sign in with a passkey", HOME);
      await signOut(page);
    }
    await startSignIn(page, anna);
    await useKey(page, "Use a security key or passkey", HOME);

    await server.restart({ REAUTHENTICATION_TIMEOUT: "1" });
    await expect.poll(async () => (await page.request.get(ADD)).url()).toContain("/accounts/reauthenticate/");
    await page.goto("/accounts/reauthenticate/?next=/accounts/2fa/");
    await useKey(page, "Use a security key or passkey", "MFA Settings");
    await server.restart();

    await page.goto("/accounts/reauthenticate/?next=/accounts/2fa/webauthn/");
    await useKey(page, "Use a security key or passkey", "Security keys and passkeys");
    await page.getByRole("link", { name: "Rename Blue key" }).click();
    await page.getByRole("textbox", { name: "New name" }).fill("Red key");
    await page.getByRole("button", { name: "Rename" }).click();
    await expect(page.getByRole("status")).toContainText("Security key renamed.");
    await page.getByRole("link", { name: "Remove Red key" }).click();
    await expect(page.getByText("This is your only factor.")).toBeVisible();
    await page.getByRole("button", { name: "Remove" }).click();
    await expect(page.getByRole("status")).toContainText("Security key removed.");
    await signOut(page);
    await signIn(page, anna);
  });
}

test("WA-34 a passkey signs in from the field for the name, without a click", async ({ page, anna }) => {
  await signIn(page, anna);
  const key = await Authenticator.plugIn(page, "a computer with a fingerprint reader");
  await addKey(page, "Laptop", true);
  await expectHeading(page, "Recovery codes");
  await key.setVerified(false);
  await signOut(page);
  // known again while no page asks
  await page.goto("/healthz");
  await key.setVerified(true);
  await page.goto("/accounts/login/");
  await expectHeading(page, HOME);
});

test("WA-34 a passkey for the field that comes late does not take the place of the one a person asked for", async ({
  page,
}) => {
  await page.addInitScript(() => {
    const seen: string[] = [];
    Object.assign(window, { seen });
    navigator.credentials.get = (options) => {
      seen.push(options?.mediation ?? "asked for");
      return new Promise((_, reject) => {
        options?.signal?.addEventListener("abort", () => {
          seen.push("ended");
          reject(new DOMException("", "AbortError"));
        });
      });
    };
  });
  const seen = () => page.evaluate(() => (window as unknown as { seen: string[] }).seen);
  const held: Route[] = [];
  await page.route("/api/webauthn/authentication/start", (route) => void held.push(route), { times: 1 });
  await page.goto("/accounts/login/");
  await hydrated(page);
  await expect.poll(() => held.length).toBe(1);
  await press(page, "Sign in with a passkey");
  await expect.poll(seen).toEqual(["asked for"]);
  const answered = page.waitForResponse("/api/webauthn/authentication/start");
  await held[0]?.continue();
  await (await answered).finished();
  // once around: what the page does with the answer is done
  await page.evaluate(async () => void (await (await fetch("/healthz")).text()));
  expect(await seen()).toEqual(["asked for"]);
});

test("WA-34 a key that does not verify its user is refused as a passkey in words, and added as a security key", async ({
  page, anna,
}) => {
  await signIn(page, anna);
  const key = await Authenticator.plugIn(page, "a computer with a fingerprint reader");
  await key.setVerified(false);
  await addKey(page, "Laptop", true);
  await expect(page.getByRole("alert")).toContainText("Try again.");
  await key.setVerified(true);
  await page.getByRole("button", { name: "Add it" }).click();
  await expectHeading(page, "Recovery codes");
});

test("WA-34 a device that has a key of the account already says so", async ({ page, anna }) => {
  await signIn(page, anna);
  await Authenticator.plugIn(page, "a USB key with a PIN");
  await addKey(page, "Blue key", true);
  await expectHeading(page, "Recovery codes");
  await addKey(page, "Blue key again", true);
  await expect(page.getByRole("alert")).toContainText("That device has a key of this account already.");
});

test("WA-34 after giving up, or with a device that has no key, the second try and the other ways work", async ({
  page, anna,
}) => {
  await signIn(page, anna);
  const key = await Authenticator.plugIn(page, "a USB key that is touched");
  await addKey(page, "Blue key", false);
  await expectHeading(page, "Recovery codes");
  const codes = await readRecoveryCodes(page);
  await signOut(page);
  await startSignIn(page, anna);
  await hydrated(page);
  await page.evaluate(() => {
    const get = navigator.credentials.get.bind(navigator.credentials);
    let first = true;
    navigator.credentials.get = (options) => {
      if (!first) return get(options);
      first = false;
      return Promise.reject(new DOMException("The person gave up.", "NotAllowedError"));
    };
  });
  await press(page, "Use a security key or passkey");
  await expect(page.getByRole("alert")).toContainText("That was cancelled, or took too long. Try again.");
  await press(page, "Use a security key or passkey");
  await expectHeading(page, HOME);
  await signOut(page);

  await key.wipe();
  await startSignIn(page, anna);
  await page.evaluate(() => {
    navigator.credentials.get = () => Promise.reject(new DOMException("No such key.", "NotAllowedError"));
  });
  await hydrated(page);
  await press(page, "Use a security key or passkey");
  await expect(page.getByRole("alert")).toContainText("Try again.");
  await enterRecoveryCode(page, codes[0] ?? "");
  await expectHeading(page, "MFA Settings");
});

for (const [what, script, words] of [
  ["a browser without WebAuthn", "delete window.PublicKeyCredential", "This browser does not know security keys"],
  [
    "a page without a secure context", "Object.defineProperty(window, 'isSecureContext', { value: false })",
    "Keys need an address that begins with https, or localhost.",
  ],
] as const) {
  test(`WA-34 ${what} says so and offers the other ways`, async ({ page, anna, anotherBrowser }) => {
    await signIn(page, anna);
    await Authenticator.plugIn(page, "a USB key with a PIN");
    await addKey(page, "Blue key", true);
    await expectHeading(page, "Recovery codes");
    const codes = await readRecoveryCodes(page);
    const other = await anotherBrowser();
    await other.addInitScript(script);
    await startSignIn(other, anna);
    await expect(other.getByRole("alert")).toContainText(words);
    await enterRecoveryCode(other, codes[0] ?? "");
    await expectHeading(other, "MFA Settings");
    await other.goto(ADD);
    await expect(other.getByRole("alert")).toContainText(words);
  });
}

test("after a key was renamed or removed the password manager is told", async ({ page, anna }) => {
  await page.addInitScript(() => {
    const told: [string, unknown][] = [];
    Object.assign(window, { told });
    for (const name of ["signalAllAcceptedCredentials", "signalCurrentUserDetails"]) {
      Object.assign(PublicKeyCredential, { [name]: async (what: unknown) => void told.push([name, what]) });
    }
  });
  const told = () => page.evaluate(() => (window as unknown as { told: [string, Record<string, unknown>][] }).told);
  await signIn(page, anna);
  await Authenticator.plugIn(page, "a password manager");
  await addKey(page, "Blue key", true);
  await expectHeading(page, "Recovery codes");
  await page.goto(LIST);
  await page.getByRole("link", { name: "Rename Blue key" }).click();
  await page.getByRole("textbox", { name: "New name" }).fill("Red key");
  await page.getByRole("button", { name: "Rename" }).click();
  await expect.poll(async () => (await told()).length).toBe(2);
  const [accepted, user] = await told();
  expect(accepted?.[1]).toMatchObject({ rpId: "localhost", allAcceptedCredentialIds: [expect.any(String)] });
  expect(user?.[1]).toMatchObject({ name: "anna", displayName: "anna" });
  await page.getByRole("link", { name: "Remove Red key" }).click();
  await page.getByRole("button", { name: "Remove" }).click();
  await expect.poll(async () => (await told())[0]?.[1].allAcceptedCredentialIds).toEqual([]);
});
