// Fixtures of the tests of end2end/example: a demo that may lead back to the product, and the product beside it.
import { type Page, expect } from "@playwright/test";
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { type Demo, freePorts } from "../../demo.ts";
import { test as base } from "../dues.ts";

export { expect };

const startsWithinMs = 30_000;
const stopsWithinMs = 15_000;
export const folder = fileURLToPath(new URL("../../example", import.meta.url));
const logFile = fileURLToPath(new URL("../../artifacts/logs/example-product.log", import.meta.url));

/** Ends a process by its id, and waits until it has ended. Returns its exit code. */
export async function end(child: ChildProcess, signal: "SIGINT" | "SIGTERM"): Promise<number | null> {
  if (child.exitCode !== null || child.signalCode !== null) return child.exitCode;
  const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  child.kill(signal);
  const inTime = await Promise.race([ended.then(() => true), pause(stopsWithinMs, false, { ref: false })]);
  if (!inTime) {
    child.kill("SIGKILL");
    throw new Error(`process ${child.pid} was still running ${stopsWithinMs} ms after ${signal}`);
  }
  return child.exitCode;
}

export class Product {
  private constructor(
    readonly url: string,
    /** The secret of its webhook endpoint. */
    readonly secret: string,
    private readonly data: string,
    private readonly child: ChildProcess,
  ) {}

  static async start(demo: Demo, port: number): Promise<Product> {
    const url = `http://127.0.0.1:${port}`;
    const { PATH = "", HOME = "" } = process.env;
    const dues = { PATH, HOME, DUES_URL: demo.url, DUES_KEY: demo.installationKey };
    const register = [join(folder, "register.js"), `${url}/webhooks/dues`];
    const secret = execFileSync(process.execPath, register, { env: dues, encoding: "utf8" }).trim();
    const data = mkdtempSync(join(tmpdir(), "dues-example-"));
    const env = {
      ...dues,
      PORT: String(port),
      DATABASE: join(data, "gist.db"),
      SESSION_SECRET: randomUUID(),
      DUES_WEBHOOK_SECRETS: secret,
    };
    const log = openSync(logFile, "a");
    const child = spawn(process.execPath, [join(folder, "server.js")], { env, stdio: ["ignore", log, log] });
    closeSync(log);
    const product = new Product(url, secret, data, child);
    try {
      await product.ready();
    } catch (error) {
      await product.end();
      throw error;
    }
    return product;
  }

  async end(): Promise<void> {
    try {
      await end(this.child, "SIGTERM");
    } finally {
      rmSync(this.data, { recursive: true, force: true });
    }
  }

  private async ready(): Promise<void> {
    const deadline = Date.now() + startsWithinMs;
    while (!(await answers(`${this.url}/sign-in`))) {
      const { exitCode } = this.child;
      if (exitCode !== null || Date.now() > deadline) {
        throw new Error(`the product is not ready (exit code ${exitCode})\n${readFileSync(logFile, "utf8")}`);
      }
      await pause(50);
    }
  }
}

/** Whether the address answers with success. */
export async function answers(url: string): Promise<boolean> {
  try {
    return (await fetch(url)).ok;
  } catch {
    return false;
  }
}

export const test = base.extend<object, { productPort: number; product: Product }>({
  productPort: [
    async ({}, use) => {
      const [port = 0] = await freePorts(1);
      await use(port);
    },
    { scope: "worker" },
  ],
  settings: [
    async ({ productPort }, use) => use({ ALLOWED_REDIRECT_ORIGINS: `http://127.0.0.1:${productPort}` }),
    { scope: "worker" },
  ],
  product: [
    async ({ demo, productPort }, use) => {
      const product = await Product.start(demo, productPort);
      await use(product);
      await product.end();
    },
    { scope: "worker", timeout: 60_000 },
  ],
});

/** Signs up in the product. Returns the address. */
export async function signUp(page: Page, { url }: Product): Promise<string> {
  const email = `ada-${randomUUID().slice(0, 8)}@gist.test`;
  await page.goto(`${url}/sign-up`);
  await page.getByLabel("E-mail").fill(email);
  await page.getByLabel("Password").fill(`gist ${randomUUID()}`);
  await page.getByRole("button", { name: "Sign up" }).click();
  await expect(page).toHaveURL(`${url}/teams`);
  return email;
}

/** Makes a team, and opens its page. Returns the page's address. */
export async function createTeam(page: Page, { url }: Product, name: string): Promise<string> {
  await page.goto(`${url}/teams`);
  await page.getByLabel("Name of a new team").fill(name);
  await page.getByRole("button", { name: "Create team" }).click();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText(name);
  return page.url();
}

/** From the team's page, summarizes a document. Returns the status of the answer. */
export async function summarize(page: Page, title: string): Promise<number> {
  const answered = page.waitForResponse((response) => response.request().method() === "POST");
  await page.getByRole("button", { name: `Summarize ${title}` }).click();
  return (await answered).status();
}
