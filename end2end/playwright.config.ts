import { defineConfig } from "@playwright/test";

const pictures = /shots/;
// Tests of pages with an island. They run with and without JavaScript. Every other page loads no script (islands.ts),
// so its tests run only once.
const islands = /@island/;

export default defineConfig({
  testDir: "browser",
  outputDir: "artifacts/results",
  // Each worker runs a server beside its browser. A file's tests share a worker, so that few servers start.
  workers: 2,
  forbidOnly: !!process.env.CI,
  retries: 0,
  // Time-outs are long, for a busy machine. A passing test does not wait for them.
  timeout: 120_000,
  expect: { timeout: 15_000 },
  reporter: [["list", { printSteps: false }]],
  use: {
    browserName: "chromium",
    locale: "en-GB",
    actionTimeout: 15_000,
    navigationTimeout: 20_000,
    // A trace costs processor time in every test, also in one that passes.
    trace: process.env.TRACE ? "retain-on-failure" : "off",
    screenshot: "only-on-failure",
    launchOptions: {
      executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
      // No background requests, and no Chromium sandbox, since CI runs as root.
      args: [
        "--no-sandbox",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-quic",
        "--disable-sync",
        "--no-first-run",
      ],
    },
  },
  projects: [
    { name: "javascript", testIgnore: pictures },
    { name: "no-javascript", testIgnore: pictures, grep: islands, use: { javaScriptEnabled: false } },
    { name: "shots", testMatch: pictures },
    // API clients, without a browser.
    { name: "client", testDir: "client" },
    // README.md and server/docs, followed step by step.
    { name: "docs", testDir: "docs", fullyParallel: true },
  ],
});
