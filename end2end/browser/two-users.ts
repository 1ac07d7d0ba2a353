// Helpers for tests with two users, each in their own browser context: an owner and a guest who joins.
import { type Browser, type Page, expect } from "@playwright/test";
import { randomUUID } from "node:crypto";
import { type NewWorkspace, openConfirmedWorkspace } from "./dues.ts";

/** Credentials that no other test uses. */
export function newGuest(): { email: string; password: string } {
  return { email: `guest-${randomUUID().slice(0, 8)}@mill.test`, password: `ledger ${randomUUID()}` };
}

/** Creates an invitation on the team page and returns its link, which is shown once. */
export async function invite(page: Page, email: string, role: "Member" | "Admin"): Promise<string> {
  await page.goto("/settings/team");
  await page.getByLabel("Email").fill(email);
  await page.getByRole("radio", { name: new RegExp(`^${role}`) }).check();
  await page.getByRole("button", { name: "Create invitation link" }).click();
  return await page.getByLabel("Invitation link").inputValue();
}

async function join(page: Page, link: string, workspace: string, password: string): Promise<void> {
  await page.goto(link);
  await page.getByLabel("Password").fill(password);
  await page.getByRole("button", { name: `Join ${workspace}` }).click();
  await expect(page.getByRole("alert")).toContainText(`You joined ${workspace}`);
}

/** A page in a new browser context, not signed in. */
export async function newBrowserPage(browser: Browser): Promise<Page> {
  return await (await browser.newContext()).newPage();
}

export interface OwnerAndMember {
  opened: NewWorkspace;
  guest: { email: string; password: string };
  guestPage: Page;
}

/** Opens a workspace on `page`, and has a guest join it as member in another browser context. */
export async function ownerAndMember(page: Page, browser: Browser): Promise<OwnerAndMember> {
  const [opened, guest] = [await openConfirmedWorkspace(page), newGuest()];
  const link = await invite(page, guest.email, "Member");
  const guestPage = await newBrowserPage(browser);
  await join(guestPage, link, opened.workspace, guest.password);
  return { opened, guest, guestPage };
}
