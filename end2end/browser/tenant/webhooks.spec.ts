// The webhooks page: an admin adds, pings, rotates, disables and deletes an endpoint.
import { type Server, createServer } from "node:http";
import { type AddressInfo } from "node:net";
import { type Page } from "@playwright/test";
import { expect, openWorkspace, signIn, test } from "../dues.ts";
import { expectSound } from "../look.ts";

/** A webhook receiver that answers every request with `status`. */
async function receiver(status: number): Promise<{ url: string; server: Server }> {
  const server = createServer((request, response) => {
    request.resume().on("end", () => response.writeHead(status).end("fixed answer"));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`, server };
}

async function add(page: Page, url: string): Promise<string> {
  await page.goto("/settings/webhooks");
  await page.getByLabel("Endpoint URL").fill(url);
  await page.getByRole("checkbox", { name: /^limit.reached/ }).check();
  await page.getByLabel("Description").fill("Tells the chat room");
  await page.getByRole("button", { name: "Add endpoint" }).click();
  await expect(page.getByRole("heading", { name: "Copy the signing secret now" })).toBeVisible();
  return page.getByLabel("New signing secret").inputValue();
}

test("an endpoint shows its secret once, lists a ping, and can be deleted", async ({ page }) => {
  await openWorkspace(page);
  const { url, server } = await receiver(200);
  await page.goto("/settings/webhooks");
  await expect(page.getByRole("main")).toContainText("No endpoints yet.");
  await expectSound(page);
  const secret = await add(page, url);
  expect(secret).toMatch(/^whsec_/);
  expect(page.url()).not.toContain("whsec_");
  await expectSound(page);
  await page.getByRole("link", { name: "I’ve copied it" }).click();
  expect(await page.content()).not.toContain(secret);
  await expect(page.getByRole("heading", { level: 1 })).toHaveText(url);

  await page.getByRole("button", { name: "Send ping" }).click();
  await expect(page.getByRole("alert")).toContainText(/Sending ping|Ping delivered/);
  const row = page.getByRole("row", { name: /ping/ });
  await expect(async () => {
    await page.reload();
    await expect(row).toContainText("Delivered", { timeout: 500 });
  }).toPass();
  await expect(row).toContainText("200 fixed answer");
  await row.getByRole("button", { name: "Resend" }).click();
  await expect(async () => {
    await page.reload();
    await expect(row).toContainText("2 attempts", { timeout: 500 });
  }).toPass();
  await expectSound(page);

  await page.getByRole("link", { name: "Rotate secret" }).click();
  await expectSound(page);
  await page.getByRole("button", { name: "Rotate secret" }).click();
  expect(await page.getByLabel("New signing secret").inputValue()).not.toBe(secret);
  await expect(page.getByRole("main")).toContainText("Messages are also signed with the previous secret until");

  await page.getByRole("button", { name: "Disable" }).click();
  await expect(page.getByRole("alert")).toContainText("Endpoint disabled");
  await expect(page.getByRole("button", { name: "Send ping" })).toHaveCount(0);
  await expectSound(page);
  await page.getByRole("button", { name: "Enable" }).click();
  await page.getByRole("link", { name: "Delete endpoint" }).click();
  await expectSound(page);
  await page.getByRole("link", { name: "Cancel" }).click();
  await page.goto("/settings/webhooks");
  await expectSound(page);
  await page.getByRole("link", { name: url }).click();
  await page.getByRole("link", { name: "Delete endpoint" }).click();
  await page.getByRole("button", { name: "Delete endpoint" }).click();
  await expect(page.getByRole("alert")).toContainText("Endpoint deleted");
  await expect(page.getByRole("main")).toContainText("No endpoints yet.");
  server.close();
});

test("an invalid form keeps its input, and a change is saved", async ({ page }) => {
  await openWorkspace(page);
  await page.goto("/settings/webhooks");
  await page.getByLabel("Endpoint URL").fill("https://ada@example.com/hook");
  await page.getByLabel("Description").fill("Chat");
  await page.getByRole("button", { name: "Add endpoint" }).click();
  const alert = page.getByRole("alert");
  await expect(alert).toContainText("1 field needs a correction");
  await expect(page.getByLabel("Description")).toHaveValue("Chat");
  await expectSound(page);
  await page.getByLabel("Endpoint URL").fill("http://127.0.0.1:1025/");
  await page.getByRole("button", { name: "Add endpoint" }).click();
  await page.getByLabel("Description").fill("Another room");
  await page.getByRole("checkbox", { name: /^limit.cleared/ }).check();
  await page.getByRole("button", { name: "Save" }).click();
  await expect(page.getByRole("alert")).toContainText("Endpoint updated");
  await expect(page.getByLabel("Description")).toHaveValue("Another room");
  await expect(page.getByRole("main")).toContainText("Events: limit.cleared");
});

test("a member reads who can see endpoints", async ({ page, demo }) => {
  const { name, member } = demo.workspace("pro");
  await signIn(page, member);
  await page.goto("/settings/webhooks");
  await expect(page.getByText(`Only owners and admins of ${name} can view or change its endpoints`)).toBeVisible();
  await expect(page.getByRole("button", { name: "Add endpoint" })).toHaveCount(0);
  await expectSound(page);
});
