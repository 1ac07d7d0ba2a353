// Sign-in with a certified OpenID provider: account, key rotation, and a replayed return. Also the provider's access
// tokens on the API.
import { type ChildProcess, spawn } from "node:child_process";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { type Page, expect, test } from "@playwright/test";
import { Demo } from "../../demo.ts";

const here = dirname(fileURLToPath(import.meta.url));
let provider: ChildProcess;
let issuer: string;
let demo: Demo;

async function control(wanted: Record<string, unknown>): Promise<void> {
  const answer = await fetch(`${issuer}/control`, { method: "POST", body: JSON.stringify(wanted) });
  expect(answer.ok).toBe(true);
}

async function signInAs(page: Page, person: string): Promise<void> {
  await page.goto(`${demo.url}/login?next=/usage`);
  await page.getByRole("link", { name: "Continue with Acme" }).click();
  await page.getByRole("button", { name: `Sign in as ${person}` }).click();
}

/** Returns an access token of the provider for an API. */
async function accessToken(resource: string): Promise<string> {
  const credentials = Buffer.from(`product:${encodeURIComponent("a secret of the product")}`).toString("base64");
  const body = new URLSearchParams({ grant_type: "client_credentials", resource });
  const headers = { authorization: `Basic ${credentials}` };
  const answer = await fetch(`${issuer}/token`, { method: "POST", body, headers });
  expect(answer.status).toBe(200);
  return ((await answer.json()) as { access_token: string }).access_token;
}

async function callWith(token: string): Promise<Response> {
  return fetch(`${demo.url}/api/v1/auth/me`, { headers: { authorization: `Bearer ${token}` } });
}

test.describe.configure({ mode: "serial" });

test.beforeAll(async ({}, info) => {
  info.setTimeout(120_000);
  provider = spawn(process.execPath, [join(here, "identity-provider.mjs")], { stdio: ["ignore", "pipe", "inherit"] });
  for await (const line of createInterface({ input: provider.stdout! })) {
    if (!line.startsWith("http://")) continue;
    issuer = line;
    break;
  }
  const client = { clientId: "dues", clientSecret: "a secret of the client" };
  const entry = { id: "acme", name: "Acme", issuer, ...client, trustsEmail: true };
  const tenant = { tenantClaim: "org", tenantIs: "id" };
  const tokens = { issuer, audience: "urn:dues:api", ...tenant, roleClaim: "roles", adminRoles: ["billing-admin"] };
  const settings = {
    OIDC_PROVIDERS: JSON.stringify([entry]),
    TOKEN_ISSUERS: JSON.stringify([tokens]),
    ALLOW_SANDBOX: "1",
  };
  demo = await Demo.start(`identity-provider-${info.project.name}`, settings);
  await control({ callback: `${demo.url}/login/oidc/acme/callback` });
});

test.afterAll(async () => {
  provider.kill();
  await demo?.end();
});

test("a person of the provider gets an account, and finds it again under new keys", async ({ page, browser }) => {
  await signInAs(page, "ada");
  await expect(page).toHaveURL(`${demo.url}/usage`);
  await page.goto(`${demo.url}/settings/account`);
  await expect(page.getByText("You’re signed in as ada@provider.test")).toBeVisible();
  await expect(page.getByRole("rowheader", { name: issuer })).toBeVisible();

  await control({ rotate: true });
  const context = await browser.newContext();
  const other = await context.newPage();
  await signInAs(other, "ada");
  await expect(other).toHaveURL(`${demo.url}/usage`);
  await context.close();
});

test("an address that the provider has not verified is still to be confirmed", async ({ page }) => {
  await signInAs(page, "eve");
  await expect(page).toHaveURL(`${demo.url}/usage`);
  await page.goto(`${demo.url}/settings/team`);
  await expect(page.getByRole("main").getByText("eve@provider.test").first()).toBeVisible();
  const invite = { email: "new@acme.test", role: "member" };
  const answer = await page.request.post(`${demo.url}/api/v1/tenant/invitations`, { data: invite });
  expect([answer.status(), (await answer.json()).code]).toEqual([403, "address_not_proven"]);
});

test("a return is refused in another browser, and a second time", async ({ page, browser }) => {
  const returns: string[] = [];
  page.on("request", (request) => {
    if (request.url().includes("/callback?")) returns.push(request.url());
  });
  await signInAs(page, "ada");
  await expect(page).toHaveURL(`${demo.url}/usage`);
  expect(returns).toHaveLength(1);
  const replayed = await page.goto(returns[0]!);
  expect(replayed?.status()).toBe(401);
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("The sign-in wasn’t completed.");
  const context = await browser.newContext();
  const answer = await context.request.get(returns[0]!);
  expect(answer.status()).toBe(401);
  await context.close();
});

test("an access token of the provider speaks for the workspace in its claim", async ({ page }) => {
  await signInAs(page, "ada");
  await expect(page).toHaveURL(`${demo.url}/usage`);
  const { tenantId } = await (await page.request.get(`${demo.url}/api/v1/auth/me`)).json();
  for (const algorithm of ["RS256", "PS256", "ES256", "EdDSA"]) {
    await control({ algorithm, claims: { org: tenantId, roles: ["billing-admin"] } });
    const answer = await callWith(await accessToken("urn:dues:api"));
    expect(answer.status, algorithm).toBe(200);
    expect(await answer.json()).toMatchObject({ userId: "product", tenantId, role: "admin" });
  }
  expect((await callWith(await accessToken("urn:another:api"))).status).toBe(401);

  const former = await accessToken("urn:dues:api");
  await control({ rotate: true, claims: { org: tenantId } });
  const rotated = await callWith(await accessToken("urn:dues:api"));
  expect(await rotated.json()).toMatchObject({ tenantId, role: "member" });
  expect((await callWith(former)).status).toBe(401);
  await control({ claims: { org: "nowhere" } });
  expect((await callWith(await accessToken("urn:dues:api"))).status).toBe(404);
});
