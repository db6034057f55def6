// What every browser test stands on: a server of its own, a watch over everything its browsers
// complain about, and the words for what people do.

import { test as base, expect, type BrowserContext, type BrowserContextOptions, type Page } from "@playwright/test";

import { ForeignSite } from "./foreign";
import { ANNA, type Person } from "./people";
import { Server } from "./server";
import { Watch } from "./watch";

export { expect, type Locator, type Page, type Route } from "@playwright/test";
export * from "./people";
export * from "./second-factor";
export * from "./states";

export interface Fixtures {
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
