import { defineConfig } from "@playwright/test";

const pictures = /shots/;
// Specs that run with JavaScript only. Every other spec also runs without it, then without the checks of look.ts.
const withJavaScriptOnly = /\/(docs|live|lost-webhook|pages|team-look|time|year)\.spec/;

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
    { name: "no-javascript", testIgnore: [pictures, withJavaScriptOnly], use: { javaScriptEnabled: false } },
    { name: "shots", testMatch: pictures },
    // API clients, without a browser.
    { name: "client", testDir: "client" },
    // README.md and server/docs, followed step by step.
    { name: "docs", testDir: "docs" },
  ],
});
