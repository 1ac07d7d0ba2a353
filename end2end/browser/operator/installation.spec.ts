// The operator's pages about the product's back end: keys of the installation, and its webhook endpoints.
import { type Server, createServer } from "node:http";
import { type AddressInfo } from "node:net";
import { type Page } from "@playwright/test";
import { expect, signIn, test } from "../dues.ts";
import { expectSound } from "../look.ts";

/** Calls the API with the key, as a product does. */
async function listTenants(page: Page, key: string): Promise<number> {
  const answer = await page.request.get("/api/v1/tenants", { headers: { authorization: `Bearer ${key}` } });
  return answer.status();
}

test("a key of the installation is shown once, works, and is refused once revoked", async ({ page, demo }) => {
  await signIn(page, demo.operator);
  await page.goto("/operator/keys");
  await expectSound(page);
  await page.getByLabel("Name", { exact: true }).fill("Shop back end");
  await page.getByRole("button", { name: "Create key" }).click();
  await expect(page.getByRole("alert")).toContainText("Choose at least one scope");
  await expectSound(page);
  await page.getByRole("checkbox", { name: /^tenants/ }).check();
  await page.getByRole("button", { name: "Create key" }).click();
  await expect(page.getByRole("heading", { name: "“Shop back end” created." })).toBeVisible();
  const key = await page.getByLabel("New key").inputValue();
  expect(page.url()).not.toContain("dues_");
  await expectSound(page);
  expect(await listTenants(page, key)).toBe(200);

  await page.getByRole("link", { name: "I’ve copied it" }).click();
  expect(await page.content()).not.toContain(key);
  const row = page.getByRole("table", { name: "Installation keys" }).getByRole("row", { name: /Shop back end/ });
  await expect(row).toContainText(demo.operator.email);
  await row.getByRole("link", { name: "Revoke Shop back end" }).click();
  await expectSound(page);
  await page.getByRole("button", { name: "Revoke Shop back end" }).click();
  await expect(page.getByRole("alert")).toContainText("Key revoked");
  expect(await listTenants(page, key)).toBe(401);
});

test("an endpoint of the installation is sent what happens to tenants", async ({ page, demo }) => {
  const received: string[] = [];
  const server: Server = createServer((request, response) => {
    let body = "";
    request.on("data", (part: Buffer) => (body += part.toString()));
    request.on("end", () => {
      received.push(body);
      response.writeHead(204).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`;

  await signIn(page, demo.operator);
  await page.goto("/operator/webhooks");
  await expectSound(page);
  await page.getByRole("textbox", { name: /^Endpoint URL/ }).fill(url);
  await page.getByRole("checkbox", { name: /^tenant.created/ }).check();
  await page.getByRole("button", { name: "Add endpoint" }).click();
  await expect(page.getByLabel("New signing secret")).toHaveValue(/^whsec_/);
  await expectSound(page);
  const headers = { authorization: `Bearer ${demo.installationKey}` };
  const path = `/api/v1/tenants/external:hooked-${Date.now()}`;
  expect((await page.request.put(path, { headers, data: { name: "Harbor Mill" } })).status()).toBe(201);
  await expect.poll(() => received.length).toBeGreaterThan(0);
  expect(JSON.parse(received[0] ?? "{}")).toMatchObject({ type: "tenant.created", data: { name: "Harbor Mill" } });

  await page.getByRole("link", { name: "I’ve copied it" }).click();
  await expect(async () => {
    await page.reload();
    await expect(page.getByRole("row", { name: /tenant.created/ })).toContainText("Delivered", { timeout: 500 });
  }).toPass();
  await expectSound(page);
  await page.getByRole("link", { name: "Delete endpoint" }).click();
  await page.getByRole("button", { name: /^Delete/ }).click();
  await expect(page.getByRole("main")).toContainText("No endpoints yet.");
  server.close();
});
