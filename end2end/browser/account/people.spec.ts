// Sign-up, sign-in, account, and what a member sees.
import { randomUUID } from "node:crypto";
import { expect, fillSignIn, newOwner, openMenu, openWorkspace, signIn, signInByForm, signOut, test } from "../dues.ts";
import { expectSound } from "../look.ts";

const title = { level: 1 } as const;

test("a user opens a workspace, signs out and signs in again", { tag: "@island" }, async ({ page }) => {
  const opened = newOwner();
  await page.goto("/signup");
  await page.getByLabel("Workspace name").fill(opened.workspace);
  await page.getByLabel("Email").fill(opened.email);
  await page.getByLabel("Password").fill(opened.password);
  await page.getByRole("button", { name: "Create workspace" }).click();
  await expect(page).toHaveURL(/\/membership/);
  await expect(page.getByRole("heading", title)).toHaveText(`${opened.workspace} is on Free.`);
  await signOut(page);
  await page.goto("/membership");
  await expect(page).toHaveURL(/\/login/);
  await fillSignIn(page, opened);
  await expect(page.getByRole("heading", title)).toHaveText(`${opened.workspace} is on Free.`);
});

test("after a change of password on the account page, the old one is refused", async ({ page }) => {
  const { email, password } = await openWorkspace(page);
  const changed = `ledger ${randomUUID()}`;
  await page.goto("/settings/team");
  await openMenu(page);
  await page.locator("#account-menu").getByRole("link", { name: "Your account" }).click();
  await expect(page.getByRole("heading", title)).toHaveText("Your account");
  await expectSound(page);
  const form = page.locator("form", { has: page.getByRole("button", { name: "Change password" }) });
  await form.getByLabel("Current password").fill(password);
  await form.getByLabel("New password").fill(changed);
  await form.getByRole("button", { name: "Change password" }).click();
  await expect(page.getByRole("alert")).toContainText("Password changed");
  await signOut(page);
  await fillSignIn(page, { email, password });
  await expect(page.getByRole("alert")).toBeVisible();
  await signInByForm(page, { email, password: changed });
});

test("signing in leads to the page that asked for it", async ({ page, demo }) => {
  await page.goto("/usage");
  await expect(page).toHaveURL(/\/login/);
  await fillSignIn(page, demo.workspace("pro").owner);
  await expect(page).toHaveURL(/\/usage$/);
});

test("a wrong password and an unknown address get the same answer", async ({ page, demo }) => {
  const { email } = demo.workspace("pro").owner;
  const answers: string[] = [];
  for (const person of [
    { email, password: "not the password" },
    { email: "unknown@nowhere.test", password: "not the password" },
  ]) {
    await page.goto("/login");
    await fillSignIn(page, person);
    const alert = page.getByRole("alert");
    await expect(alert).toBeVisible();
    answers.push(await alert.innerText());
    await expect(page).toHaveURL(/\/login/);
  }
  expect(answers[1]).toBe(answers[0]);
});

test("an invalid sign-up marks and links each field, and keeps the other values", async ({ page }) => {
  await page.goto("/signup");
  await page.getByLabel("Email").fill("someone@mill.test");
  await page.getByLabel("Password").fill("short");
  // Browsers refuse a short password before sending it. The server has to refuse it as well.
  await page.locator("form").evaluateAll((forms) => forms.forEach((form) => form.setAttribute("novalidate", "")));
  await page.getByRole("button", { name: "Create workspace" }).click();
  await expect(page.getByRole("alert")).toContainText("1 field needs a correction");
  await expect(page.getByLabel("Password")).toHaveAttribute("aria-invalid", "true");
  await expect(page.getByLabel("Email")).toHaveValue("someone@mill.test");
  await expect(page.getByLabel("Password")).toHaveValue("");
  await page.getByRole("alert").getByRole("link").click();
  await expect(page.getByLabel("Password")).toBeFocused();
});

test("an address with an account can't sign up again", async ({ page, demo }) => {
  await page.goto("/signup");
  await page.getByLabel("Email").fill(demo.workspace("pro").owner.email);
  await page.getByLabel("Password").fill("a guess of twelve and more");
  await page.getByRole("button", { name: "Create workspace" }).click();
  await expect(page.getByRole("alert")).toBeVisible();
  await page.goto("/membership");
  await expect(page).toHaveURL(/\/login/);
});

test("a member sees the plan, and why they can't change it", async ({ page, demo }) => {
  const { name, member } = demo.workspace("pro");
  await signIn(page, member);
  await page.goto("/membership");
  await expect(page.getByRole("heading", title)).toHaveText(`${name} is on Pro.`);
  const reason = `Only owners, admins and people with the Billing role in ${name} can change the plan. You’re a member.`;
  await expect(page.getByText(reason).first()).toBeVisible();
  await expect(page.getByRole("button", { name: /at Stripe/ })).toHaveCount(0);
  await page.goto("/checkout?plan=team");
  await expect(page.getByText(reason)).toBeVisible();
  await expect(page.getByRole("button", { name: /at Stripe/ })).toHaveCount(0);
});

test("a user with two workspaces switches between them", { tag: "@island" }, async ({ page, demo }) => {
  const { owner, name } = demo.workspace("pro");
  await signIn(page, owner);
  await page.goto("/membership");
  await expect(page.getByRole("heading", title)).toContainText(name);
  await openMenu(page);
  const other = page.getByRole("button", { name: /^Switch to/ }).first();
  const otherName = (await other.innerText()).replace(/^Switch to /, "").replace(/ \(.*/, "");
  await other.click();
  await expect(page.getByRole("heading", title)).toContainText(otherName);
  await openMenu(page);
  await page.getByRole("button", { name: `Switch to ${name}` }).click();
  await expect(page.getByRole("heading", title)).toContainText(name);
});
