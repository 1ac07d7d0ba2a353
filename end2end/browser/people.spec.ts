// Who may come in, and what each sees.
import { randomUUID } from "node:crypto";
import { expect, fillSignIn, openMenu, openWorkspace, signIn, signOut, test } from "./dues.ts";
import { expectSound } from "./look.ts";

const title = { level: 1 } as const;

test("someone opens a workspace, signs out and comes back", async ({ page }) => {
  const opened = await openWorkspace(page);
  await expect(page).toHaveURL(/\/membership/);
  await signOut(page);
  await page.goto("/membership");
  await expect(page).toHaveURL(/\/login/);
  await fillSignIn(page, opened);
  await expect(page.getByRole("heading", title)).toHaveText(`${opened.workspace} is on Free.`);
});

test("a password is changed on the account's page, and the old one opens nothing", async ({ page, javaScriptEnabled }) => {
  const { email, password } = await openWorkspace(page);
  const changed = `ledger ${randomUUID()}`;
  await openMenu(page);
  await page.getByRole("link", { name: "Your account" }).click();
  await expect(page.getByRole("heading", title)).toHaveText("Your account");
  if (javaScriptEnabled ?? true) await expectSound(page);
  const form = page.locator("form", { has: page.getByRole("button", { name: "Change password" }) });
  await form.getByLabel("Current password").fill(password);
  await form.getByLabel("New password").fill(changed);
  await form.getByRole("button", { name: "Change password" }).click();
  await expect(page.getByRole("alert")).toContainText("Password changed");
  await signOut(page);
  await fillSignIn(page, { email, password });
  await expect(page.getByRole("alert")).toBeVisible();
  await signIn(page, { email, password: changed });
});

test("after signing in one is where one wanted to be", async ({ page, demo }) => {
  await page.goto("/usage");
  await expect(page).toHaveURL(/\/login/);
  await fillSignIn(page, demo.workspace("pro").owner);
  await expect(page).toHaveURL(/\/usage$/);
});

test("a wrong password and an unknown address are told alike", async ({ page, demo }) => {
  const { email } = demo.workspace("pro").owner;
  const answers: string[] = [];
  for (const person of [
    { email, password: "not the password" },
    { email: "nobody@nowhere.test", password: "not the password" },
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

test("a sign-up with mistakes says which, leads to each, and keeps the rest", async ({ page }) => {
  await page.goto("/signup");
  await page.getByLabel("E-mail").fill("someone@mill.test");
  await page.getByLabel("Password").fill("short");
  // A browser holds a short password back; one that does not has to get the same answer.
  await page.locator("form").evaluateAll((forms) => forms.forEach((form) => form.setAttribute("novalidate", "")));
  await page.getByRole("button", { name: "Open workspace" }).click();
  await expect(page.getByRole("alert")).toContainText("One thing to put right");
  await expect(page.getByLabel("Password")).toHaveAttribute("aria-invalid", "true");
  await expect(page.getByLabel("E-mail")).toHaveValue("someone@mill.test");
  await expect(page.getByLabel("Password")).toHaveValue("");
  await page.getByRole("alert").getByRole("link").click();
  await expect(page.getByLabel("Password")).toBeFocused();
});

test("an address that has an account already can't open a second one", async ({ page, demo }) => {
  await page.goto("/signup");
  await page.getByLabel("E-mail").fill(demo.workspace("pro").owner.email);
  await page.getByLabel("Password").fill("a guess of twelve and more");
  await page.getByRole("button", { name: "Open workspace" }).click();
  await expect(page.getByRole("alert")).toBeVisible();
  await page.goto("/membership");
  await expect(page).toHaveURL(/\/login/);
});

test("a member sees the plan, and why she can't change it", async ({ page, demo }) => {
  const { name, member } = demo.workspace("pro");
  await signIn(page, member);
  await expect(page.getByRole("heading", title)).toHaveText(`${name} is on Pro.`);
  const reason = `Only an owner or an admin of ${name} can change the plan. You are a member.`;
  await expect(page.getByText(reason).first()).toBeVisible();
  await expect(page.getByRole("button", { name: /at Stripe/ })).toHaveCount(0);
  await page.goto("/checkout?plan=team");
  await expect(page.getByText(reason)).toBeVisible();
  await expect(page.getByRole("button", { name: /at Stripe/ })).toHaveCount(0);
});

test("someone in two workspaces goes from one to the other", async ({ page, demo }) => {
  const { owner, name } = demo.workspace("pro");
  await signIn(page, owner);
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
