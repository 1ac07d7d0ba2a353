// The operator's pages: who may open them, looking up a workspace, granting plans and limits, answering requests.
import { type Page } from "@playwright/test";
import { expect, openMenu, openWorkspace, signIn, signInByForm, signOut, subscribe, test } from "../dues.ts";
import { expectSound } from "../look.ts";

const title = { level: 1 } as const;

async function find(page: Page, workspace: string): Promise<void> {
  await page.goto("/operator");
  await page.getByLabel("Search").fill(workspace);
  await page.getByRole("button", { name: "Search" }).click();
  await page.getByRole("link", { name: workspace }).click();
}

test("the operator's pages are 404 for other users", async ({ page, demo }) => {
  await signIn(page, demo.workspace("pro").owner);
  for (const path of ["", "/work", "/requests", "/revenue", "/imports", "/keys", "/webhooks", "/mails", `/tenants/${demo.workspace("pro").id}`]) {
    const answer = await page.goto(`/operator${path}`);
    expect(answer?.status()).toBe(404);
    await expect(page.getByRole("heading", title)).toHaveText("There’s no page at this address.");
  }
  await openMenu(page);
  await expect(page.getByRole("link", { name: "Operator’s desk" })).toHaveCount(0);
});

test("an operator without a workspace lands on the operator's pages and signs out", async ({ page, demo }) => {
  await signInByForm(page, demo.operator);
  await expect(page.getByRole("heading", title)).toHaveText(/tenants\.$/);
  for (const [place, head] of [["Operations", /failed/], ["Requests", /Enterprise requests/], ["Revenue", /a month\.$/], ["Import", /Import paying customers/], ["Emails", /Emails/], ["Tenants", /tenants\.$/]] as const) {
    await page.getByRole("navigation", { name: "Operator’s desk" }).getByRole("link", { name: place, exact: true }).click();
    await expect(page.getByRole("heading", title)).toHaveText(head);
    await expectSound(page);
  }
  await openMenu(page);
  await expect(page.getByRole("link", { name: "Operator’s desk" })).toBeVisible();
  await expectSound(page);
  await openMenu(page);
  await signOut(page);
  expect((await page.goto("/operator"))?.status()).toBe(404);
});

test("an operator grants a workspace a plan and a limit, and revokes both", async ({ page, demo }) => {
  const opened = await openWorkspace(page);
  await subscribe(page, opened, "starter");
  await signIn(page, demo.operator);
  await find(page, opened.workspace);
  await expect(page.getByRole("heading", title)).toHaveText(`${opened.workspace} is on Starter.`);
  await expect(page.getByText("Starter is paid through Stripe.")).toBeVisible();
  await expect(page.getByRole("row", { name: opened.email }).first()).toBeVisible();
  await expectSound(page);

  await page.getByLabel("Plan", { exact: true }).selectOption("Team");
  await page.getByRole("button", { name: "Grant plan" }).click();
  await expect(page.getByRole("alert")).toContainText("Overrides updated");
  await expect(page.getByRole("heading", title)).toHaveText(`${opened.workspace} is on Team.`);
  await page.getByLabel("Limit", { exact: true }).selectOption("Projects");
  await page.getByLabel("Value").fill("many");
  await page.getByRole("button", { name: "Set limit" }).click();
  await expect(page.getByRole("alert")).toContainText("1 field needs a correction");
  await expect(page.getByLabel("Value")).toHaveValue("many");
  await expectSound(page);
  await page.getByLabel("Value").fill("1,234");
  await page.getByRole("button", { name: "Set limit" }).click();
  await expect(page.getByRole("row", { name: /Projects 1,234/ })).toBeVisible();
  await expectSound(page);
  await page.getByRole("button", { name: /^Remove.*Team plan/ }).click();
  await page.getByRole("button", { name: /^Remove.*Projects/ }).click();
  await expect(page.getByText("No overrides. The paid plan applies.")).toBeVisible();
  await page.getByRole("button", { name: "Sync with providers" }).click();
  await expect(page.getByRole("alert")).toContainText("Synced with the providers");

  await page.goto("/operator/revenue");
  await expect(page.getByRole("row", { name: /Starter monthly/ })).toBeVisible();
  await page.goto("/operator?show=plan.starter");
  await expect(page.getByRole("link", { name: opened.workspace })).toBeVisible();
});

test("an operator gives an Enterprise request a state and a note", async ({ page, demo }) => {
  const company = `Harbor ${Date.now()}`;
  await page.goto("/membership/enterprise");
  await page.getByLabel("Company").fill(company);
  await page.getByLabel("Email").fill("ada@harbor.test");
  await page.getByLabel("Notes").fill("In two regions.");
  await page.getByRole("button", { name: "Send request" }).click();
  await expect(page.getByRole("heading", title)).toBeVisible();
  await signIn(page, demo.operator);
  await page.goto("/operator/requests?show=new");
  const request = page.getByRole("region", { name: company });
  await expect(request).toContainText("In two regions.");
  await expectSound(page);
  await request.getByLabel("State").selectOption("Won");
  await request.getByLabel("Note").fill("Signed on Monday.");
  await request.getByRole("button", { name: /^Save/ }).click();
  await expect(page.getByRole("alert")).toContainText("Request saved");
  await page.goto("/operator/requests?show=won");
  await expect(request.getByLabel("Note")).toHaveValue("Signed on Monday.");
  await page.goto("/operator/requests?show=new");
  await expect(request).toHaveCount(0);
});
