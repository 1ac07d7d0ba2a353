// Team and invitations, with an owner and a guest in separate browser contexts.
import { expect, fillSignIn, openConfirmedWorkspace, openWorkspace, test } from "../dues.ts";
import { invite, newBrowserPage, newGuest, ownerAndMember } from "../two-users.ts";

const title = { level: 1 } as const;

test("a new user joins by the link, and the member limit is reached", async ({ page, browser }) => {
  const { opened, guest, guestPage } = await ownerAndMember(page, browser);
  await expect(guestPage.getByRole("heading", title)).toHaveText(`${opened.workspace} is on Free.`);
  await guestPage.goto("/settings/team");
  await expect(guestPage.getByRole("heading", title)).toHaveText("2 people, all seats taken");
  await expect(guestPage.getByText("You’re a member.")).toBeVisible();
  await expect(guestPage.getByRole("button", { name: "Save" })).toHaveCount(0);
  await page.goto("/settings/team");
  await expect(page.getByRole("row", { name: guest.email })).toBeVisible();
  await expect(page.getByText("All seats are taken")).toBeVisible();
  await expect(page.getByRole("button", { name: /invitation/ })).toHaveCount(0);
});

test("removing a member needs confirmation and takes effect at once", async ({ page, browser }) => {
  const { opened, guest, guestPage } = await ownerAndMember(page, browser);
  await page.goto("/settings/team");
  await page.getByRole("link", { name: `Remove ${guest.email}` }).click();
  await page.getByRole("link", { name: "Cancel" }).click();
  await expect(page.getByRole("row", { name: guest.email })).toBeVisible();
  await page.getByRole("link", { name: `Remove ${guest.email}` }).click();
  await expect(page.getByRole("alert")).toContainText(`Remove ${guest.email} from ${opened.workspace}?`);
  await page.getByRole("button", { name: `Remove ${guest.email}` }).click();
  await expect(page.getByRole("alert")).toContainText("Member removed");
  await expect(page.getByRole("row", { name: guest.email })).toHaveCount(0);

  await guestPage.getByRole("link", { name: "Usage" }).click();
  await expect(guestPage.getByRole("heading", title)).toHaveText("You don’t belong to a workspace.");
  await guestPage.getByLabel("Workspace name").fill("Second Mill");
  await guestPage.getByRole("button", { name: "Create workspace" }).click();
  await expect(guestPage.getByRole("heading", title)).toHaveText("Second Mill is on Free.");
});

test("the only owner can leave once there is another owner", async ({ page, browser }) => {
  const { opened, guest, guestPage } = await ownerAndMember(page, browser);
  await page.goto("/settings/team");
  await expect(page.getByText(`You’re the only owner of ${opened.workspace}.`)).toBeVisible();
  await expect(page.getByRole("link", { name: /^Leave/ })).toHaveCount(0);
  await page.getByLabel(`Role of ${guest.email}`).selectOption("Owner");
  await page.getByRole("button", { name: `Save role of ${guest.email}` }).click();
  await expect(page.getByRole("alert")).toContainText("Role changed");
  await page.getByRole("link", { name: `Leave ${opened.workspace}` }).click();
  await page.getByRole("button", { name: `Leave ${opened.workspace}` }).click();
  await expect(page.getByRole("heading", title)).toHaveText("You don’t belong to a workspace.");
  await guestPage.goto("/settings/team");
  await expect(guestPage.getByRole("heading", title)).toHaveText("1 person, room for 1 more");
});

test("an invited user with an account signs in from the link and joins", async ({ page, browser }) => {
  const guestPage = await newBrowserPage(browser);
  const guest = await openConfirmedWorkspace(guestPage);
  const opened = await openConfirmedWorkspace(page);
  const link = await invite(page, guest.email, "Admin");
  const stranger = await newBrowserPage(browser);
  await openWorkspace(stranger);
  await stranger.goto(link);
  await expect(stranger.getByText("You’re signed in as")).toBeVisible();
  await stranger.getByRole("button", { name: "Sign out and come back" }).click();
  await stranger.getByRole("link", { name: "Sign in" }).click();
  await fillSignIn(stranger, guest);
  await stranger.getByRole("button", { name: `Join ${opened.workspace}` }).click();
  await expect(stranger.getByRole("alert")).toContainText(`You joined ${opened.workspace}`);
  await expect(stranger.getByRole("heading", title)).toHaveText(`${opened.workspace} is on Free.`);
  const answer = await guestPage.goto(link);
  expect(answer?.status()).toBe(410);
  await expect(guestPage.getByRole("heading", title)).toHaveText("This invitation was already accepted.");
});

test("a withdrawn or replaced invitation is refused", async ({ page, browser }) => {
  await openConfirmedWorkspace(page);
  const guest = newGuest();
  const first = await invite(page, guest.email, "Member");
  await page.getByRole("link", { name: "Done" }).click();
  await page.getByRole("button", { name: `Create new link for ${guest.email}` }).click();
  const second = await page.getByLabel("Invitation link").inputValue();
  const guestPage = await newBrowserPage(browser);
  await guestPage.goto(first);
  await expect(guestPage.getByRole("heading", title)).toHaveText("There’s a newer invitation.");
  await guestPage.goto(second);
  await expect(guestPage.getByLabel("Password")).toBeVisible();
  await page.getByRole("button", { name: `Withdraw the invitation of ${guest.email}` }).click();
  await expect(page.getByRole("alert")).toContainText("Invitation withdrawn");
  await guestPage.getByLabel("Password").fill(guest.password);
  await guestPage.getByRole("button", { name: /^Join/ }).click();
  await expect(guestPage.getByRole("heading", title)).toHaveText("This invitation was withdrawn.");
});

test("an invalid address is marked at its field and kept", async ({ page }) => {
  await openConfirmedWorkspace(page);
  await page.goto("/settings/team");
  await page.getByLabel("Email").fill("a<b>@mill.test");
  await page.locator("form", { hasText: "Role" }).evaluateAll((forms) => forms.forEach((form) => form.setAttribute("novalidate", "")));
  await page.getByRole("button", { name: "Create invitation link" }).click();
  await expect(page.getByRole("alert")).toContainText("1 field needs a correction");
  await expect(page.getByLabel("Email")).toHaveValue("a<b>@mill.test");
  await expect(page.getByLabel("Email")).toHaveAttribute("aria-invalid", "true");
});

test("without mail, the password reset page says whom to ask", async ({ page }) => {
  await page.goto("/login");
  await page.getByRole("link", { name: "Forgot your password?" }).click();
  await expect(page.getByText("This installation doesn’t send email")).toBeVisible();
});
