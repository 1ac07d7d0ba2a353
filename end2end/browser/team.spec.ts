// Two people, each in a browser of her own: one invites, the other comes, changes and goes.
import { expect, fillSignIn, openWorkspace, test } from "./dues.ts";
import { invite, other, someone, two } from "./two.ts";

const title = { level: 1 } as const;

test("someone new joins by the link, and every place is taken", async ({ page, browser }) => {
  const { opened, guest, there } = await two(page, browser);
  await expect(there.getByRole("heading", title)).toHaveText(`${opened.workspace} is on Free.`);
  await there.goto("/settings/team");
  await expect(there.getByRole("heading", title)).toHaveText("Two people, no room for more.");
  await expect(there.getByText("You are a member.")).toBeVisible();
  await expect(there.getByRole("button", { name: "Save" })).toHaveCount(0);
  await page.goto("/settings/team");
  await expect(page.getByRole("row", { name: guest.email })).toBeVisible();
  await expect(page.getByText("Every place is taken")).toBeVisible();
  await expect(page.getByRole("button", { name: /invitation/ })).toHaveCount(0);
});

test("whoever is removed is asked about first, and out with the next click", async ({ page, browser }) => {
  const { opened, guest, there } = await two(page, browser);
  await page.goto("/settings/team");
  await page.getByRole("link", { name: `Remove ${guest.email}` }).click();
  await page.getByRole("link", { name: "Keep" }).click();
  await expect(page.getByRole("row", { name: guest.email })).toBeVisible();
  await page.getByRole("link", { name: `Remove ${guest.email}` }).click();
  await expect(page.getByRole("alert")).toContainText(`Remove ${guest.email} from ${opened.workspace}?`);
  await page.getByRole("button", { name: `Remove ${guest.email}` }).click();
  await expect(page.getByRole("alert")).toContainText("Removed");
  await expect(page.getByRole("row", { name: guest.email })).toHaveCount(0);

  await there.getByRole("link", { name: "Usage" }).click();
  await expect(there.getByRole("heading", title)).toHaveText("You belong to no workspace.");
  await there.getByLabel("Name of the workspace").fill("Second Mill");
  await there.getByRole("button", { name: "Open workspace" }).click();
  await expect(there.getByRole("heading", title)).toHaveText("Second Mill is on Free.");
});

test("an owner makes another, and only then may go", async ({ page, browser }) => {
  const { opened, guest, there } = await two(page, browser);
  await page.goto("/settings/team");
  await expect(page.getByText(`You are the only owner of ${opened.workspace}.`)).toBeVisible();
  await expect(page.getByRole("link", { name: /^Leave/ })).toHaveCount(0);
  await page.getByLabel(`Role of ${guest.email}`).selectOption("Owner");
  await page.getByRole("button", { name: `Save role of ${guest.email}` }).click();
  await expect(page.getByRole("alert")).toContainText("The role is changed");
  await page.getByRole("link", { name: `Leave ${opened.workspace}` }).click();
  await page.getByRole("button", { name: `Leave ${opened.workspace}` }).click();
  await expect(page.getByRole("heading", title)).toHaveText("You belong to no workspace.");
  await there.goto("/settings/team");
  await expect(there.getByRole("heading", title)).toHaveText("One person, room for one more.");
});

test("someone with an account comes back as herself, and finds the workspace open", async ({ page, browser }) => {
  const there = await other(browser);
  const guest = await openWorkspace(there);
  const opened = await openWorkspace(page);
  const link = await invite(page, guest.email, "Admin");
  const stranger = await other(browser);
  await openWorkspace(stranger);
  await stranger.goto(link);
  await expect(stranger.getByText("You are signed in as")).toBeVisible();
  await stranger.getByRole("button", { name: "Sign out and come back" }).click();
  await stranger.getByRole("link", { name: "Sign in" }).click();
  await fillSignIn(stranger, guest);
  await stranger.getByRole("button", { name: `Join ${opened.workspace}` }).click();
  await expect(stranger.getByRole("alert")).toContainText(`You belong to ${opened.workspace} now`);
  await expect(stranger.getByRole("heading", title)).toHaveText(`${opened.workspace} is on Free.`);
  const answer = await there.goto(link);
  expect(answer?.status()).toBe(410);
  await expect(there.getByRole("heading", title)).toHaveText("This invitation was accepted.");
});

test("an invitation that is withdrawn or replaced opens nothing", async ({ page, browser }) => {
  await openWorkspace(page);
  const guest = someone();
  const first = await invite(page, guest.email, "Member");
  await page.getByRole("link", { name: "Done" }).click();
  await page.getByRole("button", { name: `Make a new link for ${guest.email}` }).click();
  const second = await page.getByLabel("The link of the invitation").inputValue();
  const there = await other(browser);
  await there.goto(first);
  await expect(there.getByRole("heading", title)).toHaveText("There is a newer invitation.");
  await there.goto(second);
  await expect(there.getByLabel("Password")).toBeVisible();
  await page.getByRole("button", { name: `Withdraw the invitation of ${guest.email}` }).click();
  await expect(page.getByRole("alert")).toContainText("The invitation is withdrawn");
  await there.getByLabel("Password").fill(guest.password);
  await there.getByRole("button", { name: /^Join/ }).click();
  await expect(there.getByRole("heading", title)).toHaveText("This invitation was withdrawn.");
});

test("an address that no mail reaches is told at its field, and kept", async ({ page }) => {
  await openWorkspace(page);
  await page.goto("/settings/team");
  await page.getByLabel("E-mail").fill("a<b>@mill.test");
  await page.locator("form", { hasText: "Role" }).evaluateAll((forms) => forms.forEach((form) => form.setAttribute("novalidate", "")));
  await page.getByRole("button", { name: "Make invitation link" }).click();
  await expect(page.getByRole("alert")).toContainText("One thing to put right");
  await expect(page.getByLabel("E-mail")).toHaveValue("a<b>@mill.test");
  await expect(page.getByLabel("E-mail")).toHaveAttribute("aria-invalid", "true");
});

test("where no mail is sent, the way to a new password says whom to ask", async ({ page }) => {
  await page.goto("/login");
  await page.getByRole("link", { name: "Choose a new one" }).click();
  await expect(page.getByText("No mail is sent on this installation")).toBeVisible();
});
