// What every browser test stands on: a server of its own with a database of its own, a watch over
// everything its browsers complain about, and the words for what a person does on the pages.

import AxeBuilder from "@axe-core/playwright";
import {
  test as base, expect, type BrowserContext, type BrowserContextOptions, type Cookie, type Locator,
  type Page,
} from "@playwright/test";
import { spawn } from "node:child_process";
import { randomInt } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { createServer as createListener, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve as absolute } from "node:path";

export { expect, type Locator, type Page };

// People

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
const SECRETS = [ANNA.password, MALLORY.password, NEW_PASSWORD, WRONG_PASSWORD];

// The server

/** A running program. */
export class Server {
  stdout = "";
  stderr = "";
  private readonly ended: Promise<string>;

  private constructor(
    readonly url: string,
    readonly port: number,
    private readonly child: ReturnType<typeof spawn>,
    private readonly folder: string,
    private readonly environment: NodeJS.ProcessEnv,
  ) {
    child.stdout?.setEncoding("utf8").on("data", (text: string) => (this.stdout += text));
    child.stderr?.setEncoding("utf8").on("data", (text: string) => (this.stderr += text));
    this.ended = new Promise((resolve) => {
      child.once("error", (error) => resolve(String(error)));
      child.once("close", (code, signal) => resolve(signal ?? `exit ${code}`));
    });
  }

  /** Starts the program on a free port and waits until it is ready. */
  static async start(host: string): Promise<Server> {
    const folder = await mkdtemp(join(tmpdir(), "inmor-mfa-"));
    const port = await freePort();
    const url = `http://${host}:${port}`;
    const environment = {
      PATH: process.env.PATH,
      NO_COLOR: "1",
      PUBLIC_URL: url,
      LISTEN: `127.0.0.1:${port}`,
      DATABASE_URL: `sqlite://${join(folder, "test.sqlite3")}`,
      // Everything is logged, so that a secret among it is found.
      LOG_FILTER: "debug",
    };
    const child = spawn(program(), ["serve"], { cwd: folder, env: environment, stdio: ["ignore", "pipe", "pipe"] });
    const server = new Server(url, port, child, folder, environment);
    const ready = async () => {
      if (child.exitCode !== null) throw new Error(`The program ended at once:\n${server.stderr}`);
      return fetch(`http://127.0.0.1:${port}/readyz`).then((answer) => answer.status, () => 0);
    };
    try {
      await expect.poll(ready, { intervals: [20, 20, 50, 100], message: "the program gets ready" }).toBe(200);
    } catch (error) {
      child.kill("SIGKILL");
      throw error;
    }
    return server;
  }

  /** The one-time first-run link that the program has printed. */
  async setupLink(): Promise<string> {
    const link = /^http\S+\/accounts\/setup\/\?token=\S+$/m;
    await expect.poll(() => this.stdout, { message: "a first-run link is printed" }).toMatch(link);
    return link.exec(this.stdout)?.[0] ?? "";
  }

  /** Runs another command of the program against the same database, and answers what it prints. */
  async command(words: string[], input = ""): Promise<string> {
    const child = spawn(program(), words, { cwd: this.folder, env: this.environment, stdio: "pipe" });
    let [output, errors] = ["", ""];
    child.stdout.setEncoding("utf8").on("data", (text: string) => (output += text));
    child.stderr.setEncoding("utf8").on("data", (text: string) => (errors += text));
    child.stdin.end(input);
    const code = await new Promise((resolve) => child.once("close", resolve));
    if (code !== 0) throw new Error(`inmor-mfa ${words.join(" ")}: exit ${code}\n${errors}`);
    return output;
  }

  /** Makes an administrator at the shell. */
  async administrator(person: Person): Promise<Person> {
    await this.command(
      ["accounts", "create", person.login, "--email", person.email, "--password-stdin"], `${person.password}\n`);
    return person;
  }

  /** Stops the program as a supervisor does. It must end well and have kept the secrets to itself. */
  async stop(): Promise<void> {
    this.child.kill("SIGTERM");
    const ended = await this.ended;
    await rm(this.folder, { recursive: true });
    expect(ended, `how the program ended after SIGTERM\n${this.stderr}`).toBe("exit 0");
    expect(this.stderr, "the log").not.toMatch(/ERROR|panicked/);
    const token = /token=(\S+)/.exec(this.stdout)?.[1];
    for (const secret of token ? [...SECRETS, token] : SECRETS) {
      expect(this.stderr.includes(secret), `the log holds the secret ${secret}`).toBe(false);
    }
  }
}

function program(): string {
  const name = process.env.INMOR_MFA_BIN;
  if (!name) throw new Error("INMOR_MFA_BIN is not set: it names the program to test");
  return absolute(name);
}

/** A port nobody listens on, below those that systems give to outgoing connections. */
async function freePort(): Promise<number> {
  const port = randomInt(12_000, 32_000);
  const free = await new Promise<boolean>((resolve) => {
    const probe = createListener().once("error", () => resolve(false));
    probe.listen(port, "127.0.0.1", () => probe.close(() => resolve(true)));
  });
  return free ? port : freePort();
}

// Somebody else's site

/** A site on another port, which serves whatever pages a test gives it. */
export class ForeignSite {
  private readonly pages = new Map<string, { body: string; cookies: string[] }>();
  private readonly server = createServer((request: IncomingMessage, answer: ServerResponse) => {
    const page = this.pages.get(request.url ?? "");
    answer.setHeader("Set-Cookie", page?.cookies ?? []);
    answer.writeHead(page ? 200 : 404, { "Content-Type": "text/html; charset=utf-8" });
    // An icon of its own, lest the browser ask for one.
    answer.end(`<!DOCTYPE html><link rel="icon" href="data:,">${page?.body ?? ""}`);
  });

  async start(): Promise<void> {
    await new Promise<void>((resolve) => this.server.listen(0, "127.0.0.1", resolve));
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  /** Puts a page onto the site and answers its address under a host name. */
  page(host: string, body: string, cookies: string[] = []): string {
    const name = `/${this.pages.size}`;
    this.pages.set(name, { body, cookies });
    return `http://${host}:${this.port}${name}`;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }
}

// The watch

/** Notes what browsers complain about, and every request that leaves the site. */
export class Watch {
  private readonly complaints: { text: string; address: string }[] = [];
  private readonly visited = new Set<string>();
  private readonly ports = new Set<string>();

  constructor(private readonly scripts: boolean) {}

  /** Lets pages of this port be visited. */
  allow(port: number): void {
    this.ports.add(String(port));
  }

  async follow(context: BrowserContext): Promise<void> {
    await context.addInitScript(() => {
      document.addEventListener("securitypolicyviolation", (event) => {
        console.error(`Policy violated: ${event.effectiveDirective} by ${event.blockedURI} ${event.sample}`);
      });
    });
    context.on("console", (message) => {
      if (message.type() === "error" || message.type() === "warning") {
        this.complaints.push({ text: message.text(), address: message.location().url });
      }
    });
    context.on("weberror", (error) => this.complaints.push({ text: String(error.error()), address: "" }));
    context.on("request", (request) => {
      const { protocol, hostname, port } = new URL(request.url());
      if (request.isNavigationRequest()) this.visited.add(request.url());
      const own = this.ports.has(port) && (hostname === "127.0.0.1" || /(^|\.)localhost$/.test(hostname));
      if (!own && !["data:", "about:"].includes(protocol)) {
        this.complaints.push({ text: "a request leaves the site", address: request.url() });
      }
    });
  }

  /** What was complained about, without what has to be. */
  problems(): string[] {
    return this.complaints
      // The status of a page that was visited.
      .filter(({ text, address }) => !(/^Failed to load resource: .* status of [45]/.test(text) && this.visited.has(address)))
      // Where scripts are off, what is loaded for them is not used.
      .filter(({ text }) => this.scripts || !/^The resource \S+\.wasm was preloaded .* but not used/.test(text))
      .map(({ text, address }) => `${text} (${address})`);
  }

  /** Waits for complaints that a test provokes, and takes them off the list. */
  async provoked(text: RegExp): Promise<void> {
    await expect.poll(() => this.problems().join("\n")).toMatch(text);
    const others = this.complaints.filter((complaint) => !text.test(complaint.text));
    this.complaints.splice(0, this.complaints.length, ...others);
  }
}

// The fixtures

interface Fixtures {
  /** The host name under which browsers reach the server. */
  host: string;
  server: Server;
  watch: Watch;
  foreign: ForeignSite;
  /** An administrator, made at the shell, signed in nowhere. */
  anna: Person;
  /** Opens a page in a browser of its own, with its own cookies. */
  anotherBrowser: (options?: BrowserContextOptions) => Promise<Page>;
}

export const test = base.extend<Fixtures>({
  host: ["localhost", { option: true }],
  server: async ({ host }, use) => {
    const server = await Server.start(host);
    await use(server);
    await server.stop();
  },
  baseURL: async ({ server }, use) => use(server.url),
  watch: [
    async ({ server, javaScriptEnabled }, use) => {
      const watch = new Watch(javaScriptEnabled !== false);
      watch.allow(server.port);
      await use(watch);
      expect(watch.problems(), "what browsers complained about").toEqual([]);
    },
    { auto: true },
  ],
  context: async ({ context, watch }, use) => {
    await watch.follow(context);
    await use(context);
  },
  anotherBrowser: async ({ browser, baseURL, watch }, use) => {
    const contexts: BrowserContext[] = [];
    await use(async (options) => {
      const context = await browser.newContext({ baseURL, ...options });
      contexts.push(context);
      await watch.follow(context);
      return context.newPage();
    });
    for (const context of contexts) await context.close();
  },
  foreign: async ({ watch }, use) => {
    const site = new ForeignSite();
    await site.start();
    watch.allow(site.port);
    await use(site);
    await site.stop();
  },
  anna: async ({ server }, use) => use(await server.administrator(ANNA)),
});

// What a person does

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

/** Waits until every island of the open page is live. */
export async function hydrated(page: Page): Promise<void> {
  for (const field of await page.locator("input[type=password]").all()) {
    await expect(page.locator(`button[aria-controls=${await field.getAttribute("name")}]`)).toBeVisible();
  }
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
  expect(await (await request).headerValue("cookie")).toBe(`${SESSION}=${cookie.value}`);
}

// Every page, and every state it can be in

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
    await expect(page.getByText("There is nothing")).toBeVisible();
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

/** Asks axe about the open page, at the strictest. */
export async function expectAccessible(page: Page, what: string): Promise<void> {
  const { violations } = await new AxeBuilder({ page }).options({ rules: { "target-size": { enabled: true } } }).analyze();
  const found = violations.flatMap(({ id, nodes }) => nodes.map((node) => `${id}: ${node.html} ${node.failureSummary}`));
  expect(found, what).toEqual([]);
}
