// A site behind the login gate: a real Django admin, which believes the real nginx in front of it, which asks the
// program about every request by the configuration that the program prints.

import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

import { expect, test as base, type Page } from "./fixtures";
import { settings, type Rule } from "./rules";
import { freePort, type Server } from "./server";

const NGINX = (folder: string) => `
daemon off;
master_process off;
pid ${folder}/pid;
events {}
http {
  access_log ${folder}/access.log;
  client_body_temp_path ${folder}/temporary;
  proxy_temp_path ${folder}/temporary;
  fastcgi_temp_path ${folder}/temporary;
  uwsgi_temp_path ${folder}/temporary;
  scgi_temp_path ${folder}/temporary;
  include ${folder}/site.conf;
}
`;

/** A running site, and the proxy in front of it. */
export class Site {
  /** Of the site as browsers see it. */
  readonly url: string;
  /** What the proxy complained about. */
  complaints = "";
  private readonly running: ChildProcess[] = [];

  private constructor(
    private readonly server: Server,
    private readonly folder: string,
    readonly port: number,
  ) {
    this.url = `http://${this.host}`;
  }

  /** Starts a site, tells the program of it, and waits until all is ready. */
  static async start(server: Server, rules: Rule[]): Promise<Site> {
    const site = new Site(server, await mkdtemp(join(tmpdir(), "inmor-mfa-site-")), await freePort());
    const upstream = await freePort();
    await site.rule(rules);
    const snippet = await server.command(
      ["gate", "snippet", "nginx", site.host, "--upstream", `http://127.0.0.1:${upstream}`]);
    await mkdir(join(site.folder, "temporary"));
    await writeFile(join(site.folder, "site.conf"), snippet);
    await writeFile(join(site.folder, "nginx.conf"), NGINX(site.folder));
    try {
      await site.run(upstream, python(), ["-I", resolve(__dirname, "site.py"), site.folder, String(upstream)]);
      await site.run(site.port, "nginx", ["-e", "stderr", "-p", site.folder, "-c", join(site.folder, "nginx.conf")]);
    } catch (error) {
      await site.end();
      throw error;
    }
    return site;
  }

  get host(): string {
    return `admin.localhost:${this.port}`;
  }

  /** Gives the site other rules; what Django's pages are made of stays open to everybody. */
  async rule(rules: Rule[]): Promise<void> {
    await this.server.configure(settings(this.host, [{ path: "/static/", require: "nothing" }, ...rules]));
  }

  /** The addresses that the proxy was asked for, with where each was linked from. */
  async asked(): Promise<string> {
    return readFile(join(this.folder, "access.log"), "utf8");
  }

  /** Stops it for good. The proxy must have had nothing to complain about. */
  async stop(): Promise<void> {
    await this.end();
    expect(this.complaints, "what nginx complained about").toBe("");
  }

  /** Starts a program and waits until it listens at a port. */
  private async run(port: number, program: string, words: string[]): Promise<void> {
    // nginx is where only root looks.
    const env = { ...process.env, PATH: `${process.env.PATH}:/usr/sbin` };
    const child = spawn(program, words, { cwd: this.folder, env, stdio: ["ignore", "ignore", "pipe"] });
    this.running.push(child);
    let [errors, ended] = ["", false];
    const end = (what: unknown) => {
      errors += what;
      ended = true;
    };
    child.once("error", end).once("exit", end);
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      errors += text;
      if (program === "nginx") this.complaints += text;
    });
    const listens = async () => {
      if (ended) throw new Error(`${program} ended at once: ${errors}`);
      return new Promise((done) => {
        const probe = connect(port, "127.0.0.1", () => probe.end(() => done(true))).once("error", () => done(false));
      });
    };
    await expect.poll(listens, { intervals: [50], timeout: 30_000, message: `${program} listens` }).toBe(true);
  }

  private async end(): Promise<void> {
    // The proxy first: it would complain, too.
    for (const child of this.running.splice(0).reverse()) {
      const closed = new Promise((done) => child.once("close", done));
      if (child.pid === undefined || !child.kill("SIGTERM")) continue;
      await closed;
    }
    await rm(this.folder, { recursive: true });
  }
}

/** The interpreter that has Django. */
function python(): string {
  const made = spawnSync(resolve(__dirname, "../.ci/django"), { encoding: "utf8" });
  if (made.status !== 0) throw new Error(`.ci/django: ${made.error ?? made.stderr}`);
  return made.stdout.trim();
}

/** Tests that put a site behind the gate. */
export const test = base.extend<{ guard: (rules: Rule[]) => Promise<Site> }>({
  guard: async ({ server, watch, context }, use) => {
    const sites: Site[] = [];
    await use(async (rules) => {
      const site = await Site.start(server, rules);
      watch.allow(site.port);
      sites.push(site);
      return site;
    });
    // A page that still loads something would complain that its site has gone.
    for (const page of context.pages()) await page.close();
    for (const site of sites) await site.stop();
  },
});

/** The open page is Django's, at this very address, and knows the account by name. */
export async function expectAdmin(page: Page, url: string, name: string): Promise<void> {
  await expect(page).toHaveURL(url);
  await expect(page.locator("#user-tools")).toContainText(`Welcome, ${name}.`, { ignoreCase: true });
}
