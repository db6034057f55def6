// The program under test, started for one test with a database of its own.

import { expect } from "@playwright/test";
import { spawn } from "node:child_process";
import { randomInt } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

import { SECRETS, type Person } from "./people";

/** A running program. */
export class Server {
  stdout = "";
  stderr = "";
  private running?: { child: ReturnType<typeof spawn>; ended: Promise<string> };

  private constructor(
    readonly url: string,
    readonly port: number,
    private readonly folder: string,
    private readonly environment: NodeJS.ProcessEnv,
  ) {}

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
    const server = new Server(url, port, folder, environment);
    await server.run({});
    return server;
  }

  /** Starts the program anew with other settings; what it has stored stays. */
  async restart(settings: Record<string, string> = {}): Promise<void> {
    await this.end();
    await this.run(settings);
  }

  /** Writes the settings file, and starts the program anew with it. */
  async configure(text: string): Promise<void> {
    await writeFile(join(this.folder, "inmor-mfa.toml"), text);
    await this.restart();
  }

  private async run(settings: Record<string, string>): Promise<void> {
    const env = { ...this.environment, ...settings };
    const child = spawn(program(), ["serve"], { cwd: this.folder, env, stdio: ["ignore", "pipe", "pipe"] });
    child.stdout.setEncoding("utf8").on("data", (text: string) => (this.stdout += text));
    child.stderr.setEncoding("utf8").on("data", (text: string) => (this.stderr += text));
    const ended = new Promise<string>((resolve) => {
      child.once("error", (error) => resolve(String(error)));
      child.once("close", (code, signal) => resolve(signal ?? `exit ${code}`));
    });
    const ready = async () => {
      if (child.exitCode !== null) throw new Error(`The program ended at once:\n${this.stderr}`);
      return fetch(`http://127.0.0.1:${this.port}/readyz`).then((answer) => answer.status, () => 0);
    };
    try {
      await expect.poll(ready, { intervals: [20, 20, 50, 100], message: "the program gets ready" }).toBe(200);
    } catch (error) {
      child.kill("SIGKILL");
      throw error;
    }
    this.running = { child, ended };
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
    // A command that reads nothing may be gone before this is written.
    child.stdin.on("error", () => {}).end(input);
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

  /** Stops the program for good. It must have kept the secrets to itself. */
  async stop(): Promise<void> {
    await this.end();
    await rm(this.folder, { recursive: true });
    expect(this.stderr, "the log").not.toMatch(/ERROR|panicked/);
    const token = /token=(\S+)/.exec(this.stdout)?.[1];
    for (const secret of token ? [...SECRETS, token] : SECRETS) {
      expect(this.stderr.includes(secret), `the log holds the secret ${secret}`).toBe(false);
    }
  }

  /** Stops the program as a supervisor does. It must end well. */
  private async end(): Promise<void> {
    this.running?.child.kill("SIGTERM");
    expect(await this.running?.ended, `how the program ended after SIGTERM\n${this.stderr}`).toBe("exit 0");
  }
}

function program(): string {
  const name = process.env.INMOR_MFA_BIN;
  if (!name) throw new Error("INMOR_MFA_BIN is not set: it names the program to test");
  return resolve(name);
}

/** A port nobody listens on, below those that systems give to outgoing connections. */
export async function freePort(): Promise<number> {
  const port = randomInt(12_000, 32_000);
  const free = await new Promise<boolean>((resolve) => {
    const probe = createServer().once("error", () => resolve(false));
    probe.listen(port, "127.0.0.1", () => probe.close(() => resolve(true)));
  });
  return free ? port : freePort();
}
