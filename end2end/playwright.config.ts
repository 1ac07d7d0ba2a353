import { defineConfig } from "@playwright/test";

const pictures = /shots/;
// Specs that also run without JavaScript. The checks of look.ts run with it only.
const withoutJavaScript = /(lifecycle|main-job|people|checkout|portal|polar|keys|secrets|customers|webhooks|enterprise|operator|team|trials|usage)\.spec/;

export default defineConfig({
  testDir: "browser",
  outputDir: "artifacts/results",
  // Each worker runs a server beside its browser.
  workers: 2,
  fullyParallel: true,
  forbidOnly: !!process.env.CI,
  retries: 0,
  // Generous for a busy machine. A passing test does not wait for them.
  timeout: 120_000,
  expect: { timeout: 15_000 },
  reporter: [["list", { printSteps: false }]],
  use: {
    browserName: "chromium",
    locale: "en-GB",
    actionTimeout: 15_000,
    navigationTimeout: 20_000,
    trace: "retain-on-failure",
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
    { name: "no-javascript", testMatch: withoutJavaScript, use: { javaScriptEnabled: false } },
    { name: "shots", testMatch: pictures },
    // API clients, without a browser.
    { name: "client", testDir: "client" },
    // README.md and server/docs, followed step by step.
    { name: "docs", testDir: "docs" },
  ],
});
