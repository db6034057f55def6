import { defineConfig } from "@playwright/test";

import { HEADLESS } from "./browser";

const quiet = ["--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
  "--disable-component-update", "--disable-sync"];
// Chromium's sandbox refuses to start for root.
const sandbox = process.getuid?.() === 0 ? ["--no-sandbox"] : [];

export default defineConfig({
  testDir: "tests",
  outputDir: "../target/end2end/results",
  fullyParallel: true,
  workers: 2,
  retries: 0,
  forbidOnly: true,
  timeout: 60_000,
  expect: { timeout: 10_000 },
  reporter: [["list"], ["json", { outputFile: "../target/end2end/report.json" }]],
  use: {
    // Snapshots tell what happened; the film beside them costs a third more time.
    trace: { mode: "retain-on-failure", screenshots: false, sources: false },
    launchOptions: { executablePath: HEADLESS, args: [...quiet, ...sandbox] },
  },
  projects: [
    { name: "hydrate" },
    { name: "plain", testIgnore: "**/*.hydrate.spec.ts", use: { javaScriptEnabled: false } },
  ],
});
