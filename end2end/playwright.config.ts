import { defineConfig } from "@playwright/test";

const pictures = /shots/;
// What people do has to work without JavaScript; how pages look is measured with it.
const withoutJavaScript = /(lifecycle|main-job|people|checkout|portal|polar|keys|secrets|customers|webhooks|enterprise|operator|team|trials|usage)\.spec/;

export default defineConfig({
  testDir: "browser",
  outputDir: "artifacts/results",
  // Each worker runs a server of its own beside its browser.
  workers: 2,
  fullyParallel: true,
  forbidOnly: !!process.env.CI,
  retries: 0,
  // Generous, as the machine may be busy: a test that works does not wait for them.
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
      // No call home, and no sandbox of its own: a build machine runs it as root.
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
    // No browser: clients of the API.
    { name: "client", testDir: "client" },
  ],
});
