// Somebody else's site.

import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

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
