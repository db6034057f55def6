// What browsers complain about while a test runs.

import { expect, type BrowserContext } from "@playwright/test";

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
    const refused = /^Failed to load resource: .* status of [45]/;
    const unused = /^The resource \S+\.wasm was preloaded .* not used/;
    return this.complaints
      // The status of a page that was visited.
      .filter(({ text, address }) => !(refused.test(text) && this.visited.has(address)))
      // Where scripts are off, what is loaded for them is not used.
      .filter(({ text }) => this.scripts || !unused.test(text))
      .map(({ text, address }) => `${text} (${address})`);
  }

  /** Waits for complaints that a test provokes, and takes them off the list. */
  async provoked(text: RegExp): Promise<void> {
    await expect.poll(() => this.problems().join("\n")).toMatch(text);
    const others = this.complaints.filter((complaint) => !text.test(complaint.text));
    this.complaints.splice(0, this.complaints.length, ...others);
  }
}
