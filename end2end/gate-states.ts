// The pages of the login gate, in every state.

import { expect, type Page } from "@playwright/test";

import type { Fixtures } from "./fixtures";
import { ANNA, expectHeading, signIn } from "./people";
import { settings, type Rule } from "./rules";
import type { Server } from "./server";

type Visit = Pick<Fixtures, "server"> & { page: Page };

/** A name as long as some have, and rules of every kind. */
const HOST = "administration.internal.example.org:8443";
const RULES: Rule[] = [
  { path: "/static/", require: "nothing" },
  { path: "/reports/", require: "session" },
  { path: "/users/", require: "phishing_resistant", fresh: 300, roles: ["staff", "superuser"] },
  { path: "/a-very-long-name-of-a-folder-with-hyphens/and_another_with_underscores_and_without_a_break/" },
];

/** Puts a question to the gate, as nginx does. */
async function ask(server: Server, url: string, status: number): Promise<void> {
  const headers = { "X-Original-URL": url, "X-Original-Method": "GET", Accept: "text/html" };
  expect((await fetch(`http://127.0.0.1:${server.port}/authz/nginx`, { headers })).status, url).toBe(status);
}

/** Signs in, and is sent on to a site with one rule. Nobody gets farther than the program, so there is no site. */
async function goOn({ page, server }: Visit, rule: Rule, more: Record<string, string> = {}): Promise<string> {
  const host = `admin.localhost:${server.port}`;
  await server.configure(settings(host, [rule]));
  await signIn(page, await server.administrator(ANNA));
  const query = new URLSearchParams({ to: `http://${host}/`, browser: "0".repeat(64), ...more });
  await page.goto(`/authz/hand-over/?${query}`);
  return host;
}

export const GATE_STATES: Record<string, (visit: Visit) => Promise<void>> = {
  "guarded sites, none": async ({ page, server }) => {
    await signIn(page, await server.administrator(ANNA));
    await page.goto("/admin/gate/");
    await expect(page.getByText("No site is behind the login gate.")).toBeVisible();
  },
  "guarded sites, with decisions": async ({ page, server }) => {
    await server.configure(settings(HOST, RULES));
    await ask(server, `http://${HOST}/static/logo.svg`, 200);
    await ask(server, `http://${HOST}${RULES[3]?.path}?q=x`, 401);
    await ask(server, "http://somebody.example.org/", 403);
    await ask(server, "this is no address", 403);
    await server.administrator(ANNA);
    await server.command(["accounts", "grant", ANNA.login, "superuser"]);
    await signIn(page, ANNA);
    await page.getByRole("link", { name: "Guarded sites" }).click();
    await expectHeading(page, "Guarded sites");
    await expect(page.getByRole("listitem")).toHaveCount(4);
  },
  "on to a site, button not pressed": async (visit) => {
    // Nor by a script.
    await visit.page.addInitScript(() => {
      HTMLFormElement.prototype.submit = () => {};
    });
    const host = await goOn(visit, { path: "/", require: "session" });
    await expectHeading(visit.page, `On to ${host}`);
  },
  "on to a site, not the role": async (visit) => {
    await goOn(visit, { path: "/", require: "session", roles: ["superuser"] });
    await expect(visit.page.getByText("Your account has not the role")).toBeVisible();
  },
  "on to a site, no key": async (visit) => {
    await goOn(visit, { path: "/", require: "phishing_resistant" });
    await expect(visit.page.getByText("asks for a security key or a passkey")).toBeVisible();
  },
  "on to a site, there is none": async ({ page }) => {
    await page.goto("/authz/hand-over/?to=http%3A%2F%2Fsomebody.example.org%2F&browser=0");
    await expect(page.getByText("That address is no site of this login gate.")).toBeVisible();
  },
};
