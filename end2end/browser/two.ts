// Two people, each in a browser of her own: one invites, the other joins.
import { type Browser, type Page, expect } from "@playwright/test";
import { randomUUID } from "node:crypto";
import { type NewWorkspace, openWorkspace } from "./dues.ts";

/** Somebody of whom no other test knows. */
export function someone(): { email: string; password: string } {
  return { email: `guest-${randomUUID().slice(0, 8)}@mill.test`, password: `ledger ${randomUUID()}` };
}

/** Invites from the team page and answers the link that it shows this once. */
export async function invite(page: Page, email: string, role: "Member" | "Admin"): Promise<string> {
  await page.goto("/settings/team");
  await page.getByLabel("E-mail").fill(email);
  await page.getByRole("radio", { name: role }).check();
  await page.getByRole("button", { name: "Make invitation link" }).click();
  return await page.getByLabel("The link of the invitation").inputValue();
}

async function join(page: Page, link: string, workspace: string, password: string): Promise<void> {
  await page.goto(link);
  await page.getByLabel("Password").fill(password);
  await page.getByRole("button", { name: `Join ${workspace}` }).click();
  await expect(page.getByRole("alert")).toContainText(`You belong to ${workspace} now`);
}

/** A page in another browser, of which Dues knows nothing. */
export async function other(browser: Browser): Promise<Page> {
  return await (await browser.newContext()).newPage();
}

export interface Two {
  opened: NewWorkspace;
  guest: { email: string; password: string };
  there: Page;
}

/** An owner on `page`, and a member who has joined by her link in another browser. */
export async function two(page: Page, browser: Browser): Promise<Two> {
  const [opened, guest] = [await openWorkspace(page), someone()];
  const link = await invite(page, guest.email, "Member");
  const there = await other(browser);
  await join(there, link, opened.workspace, guest.password);
  return { opened, guest, there };
}
