// The pages of team, invitations and forgotten passwords pass the checks of look.ts.
import { test } from "../dues.ts";
import { expectSound } from "../look.ts";
import { invite, newBrowserPage, newGuest, ownerAndMember } from "../two-users.ts";

test("team, invitation and password pages are sound", async ({ page, browser }) => {
  const { opened, guest, guestPage } = await ownerAndMember(page, browser);
  for (const path of ["/settings/team", "/settings/team?leave=1", "/settings/team?code=role_changed"]) {
    for (const visitor of [page, guestPage]) {
      await visitor.goto(path);
      await expectSound(visitor);
    }
  }
  await page.goto("/settings/team");
  await page.getByRole("link", { name: `Remove ${guest.email}` }).click();
  await expectSound(page);
  await page.getByRole("button", { name: `Remove ${guest.email}` }).click();
  await guestPage.reload();
  await expectSound(guestPage);
  const link = await invite(page, newGuest().email, "Admin");
  await expectSound(page);
  await guestPage.goto(link);
  await expectSound(guestPage);
  const anonymous = await newBrowserPage(browser);
  for (const path of [link, "/invitations/0", "/password/forgot", "/password/0"]) {
    await anonymous.goto(path);
    await expectSound(anonymous);
  }
  await anonymous.goto(await invite(page, opened.email.replace("owner", "x"), "Member"));
  await expectSound(anonymous);
});
