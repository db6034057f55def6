// Security keys and passkeys: Chromium's virtual authenticators, one for each kind that people have.

import type { CDPSession, Page } from "@playwright/test";

interface Options {
  protocol: "ctap2" | "u2f";
  transport: "usb" | "nfc" | "internal" | "hybrid";
  hasResidentKey: boolean;
  hasUserVerification: boolean;
  isUserVerified: boolean;
  defaultBackupEligibility?: boolean;
  defaultBackupState?: boolean;
}

const VERIFYING = { protocol: "ctap2", hasResidentKey: true, hasUserVerification: true, isUserVerified: true } as const;
const TOUCH_ONLY = { hasResidentKey: false, hasUserVerification: false, isUserVerified: false } as const;

/** Authenticators by what people call them, and whether a passkey can be on them. */
export const KINDS: Record<string, Options> = {
  "a USB key with a PIN": { ...VERIFYING, transport: "usb" },
  "an NFC key with a PIN": { ...VERIFYING, transport: "nfc" },
  "a computer with a fingerprint reader": { ...VERIFYING, transport: "internal" },
  "a password manager": {
    ...VERIFYING, transport: "internal", defaultBackupEligibility: true, defaultBackupState: true,
  },
  "a phone beside the computer": { ...VERIFYING, transport: "hybrid" },
  "a USB key that is touched": { ...TOUCH_ONLY, protocol: "ctap2", transport: "usb" },
  "an NFC key that is touched": { ...TOUCH_ONLY, protocol: "ctap2", transport: "nfc" },
  "an old U2F key": { ...TOUCH_ONLY, protocol: "u2f", transport: "usb" },
};

/** From the next page on, the browser offers no passkeys in a field; authenticators inside a computer would answer
 *  there without a click, before a test presses the button. */
export async function withoutFillingIn(page: Page): Promise<void> {
  await page.addInitScript(() => {
    PublicKeyCredential.isConditionalMediationAvailable = async () => false;
  });
}

/** Whether an authenticator keeps passkeys. */
export function keepsPasskeys(kind: string): boolean {
  return KINDS[kind]?.hasResidentKey ?? false;
}

/** The authenticator that is plugged into a page's browser. */
export class Authenticator {
  private constructor(private readonly session: CDPSession, private readonly id: string) {}

  static async plugIn(page: Page, kind: string): Promise<Authenticator> {
    const options = KINDS[kind];
    if (!options) throw new Error(`There is no ${kind}.`);
    const session = await page.context().newCDPSession(page);
    await session.send("WebAuthn.enable");
    const added = await session.send("WebAuthn.addVirtualAuthenticator", {
      options: { ...options, automaticPresenceSimulation: true },
    });
    return new Authenticator(session, added.authenticatorId);
  }

  /** Takes it out. */
  async unplug(): Promise<void> {
    await this.session.send("WebAuthn.removeVirtualAuthenticator", { authenticatorId: this.id });
  }

  /** Forgets all that was made on it. */
  async wipe(): Promise<void> {
    await this.session.send("WebAuthn.clearCredentials", { authenticatorId: this.id });
  }

  /** Whether it recognises its owner. */
  async setVerified(verified: boolean): Promise<void> {
    await this.session.send("WebAuthn.setUserVerified", { authenticatorId: this.id, isUserVerified: verified });
  }
}
