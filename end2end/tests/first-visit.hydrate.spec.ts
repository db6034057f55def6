import { CHROMIUM } from "../browser";
import { ANNA, PAGES, expect, hydrated, setUp, test } from "../fixtures";

// A browser with a window, which loads the icon too.
test.use({
  launchOptions: async ({ launchOptions }, use) => use({ ...launchOptions, executablePath: CHROMIUM }),
});

test("a first visit to the sign-in page takes less than 100 KiB, all in all", async ({ page }, info) => {
  const wire = await page.context().newCDPSession(page);
  await wire.send("Network.enable");
  const addresses = new Map<string, string>();
  const bytes = new Map<string, number>();
  wire.on("Network.requestWillBeSent", ({ requestId, request }) => addresses.set(requestId, request.url));
  wire.on("Network.loadingFinished", ({ requestId, encodedDataLength }) => bytes.set(requestId, encodedDataLength));
  await page.goto("/accounts/login/");
  await hydrated(page);
  // an icon, and the question for a passkey that the browser may fill in
  const loaded = () => [...addresses.values()].join();
  await expect.poll(loaded, "what is loaded").toContain("/favicon.svg");
  await expect.poll(loaded, "what is asked").toContain("/api/webauthn/authentication/start");
  await expect.poll(() => [...addresses.keys()].filter((id) => !bytes.has(id)), "requests under way").toEqual([]);
  const parts = [...bytes].map(([id, length]) => `${new URL(addresses.get(id) ?? "").pathname} ${length}`).sort();
  const sum = [...bytes.values()].reduce((sum, length) => sum + length, 0);
  info.annotations.push({ type: "bytes of a first visit", description: `${sum} (${parts.join(", ")})` });
  console.log(`bytes of a first visit to the sign-in page: ${sum} (${parts.join(", ")})`);
  expect(parts.join()).toMatch(/^\/accounts\/login\/ \d+,\/api\/webauthn\/authentication\/start \d+,\/favicon.svg \d+,\S+\.css \d+,\S+\.js \d+,\S+\.wasm \d+$/);
  expect(new Set(addresses.values()).size, "nothing is loaded twice").toBe(addresses.size);
  expect(sum).toBeLessThan(100 * 1024);
});

test("no page asks anybody but its own site for anything", async ({ page, server }) => {
  const origins = new Set<string>();
  page.on("request", (request) => origins.add(new URL(request.url()).origin));
  for (const path of [await server.setupLink(), ...PAGES]) {
    await page.goto(path);
    await hydrated(page);
  }
  await setUp(page, server, ANNA);
  for (const path of PAGES) {
    await page.goto(path);
    await hydrated(page);
  }
  expect([...origins]).toEqual([server.url]);
});
