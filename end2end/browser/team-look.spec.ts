// The pages of the team, of invitations and of forgotten passwords, as look.ts measures every page.
import { test } from "./dues.ts";
import { expectSound } from "./look.ts";
import { invite, other, someone, two } from "./two.ts";

test("every page of the team is sound", async ({ page, browser }) => {
  const { opened, guest, there } = await two(page, browser);
  for (const path of ["/settings/team", "/settings/team?leave=1", "/settings/team?code=role_changed"]) {
    for (const who of [page, there]) {
      await who.goto(path);
      await expectSound(who);
    }
  }
  await page.goto("/settings/team");
  await page.getByRole("link", { name: `Remove ${guest.email}` }).click();
  await expectSound(page);
  await page.getByRole("button", { name: `Remove ${guest.email}` }).click();
  await there.reload();
  await expectSound(there);
  const link = await invite(page, someone().email, "Admin");
  await expectSound(page);
  await there.goto(link);
  await expectSound(there);
  const nobody = await other(browser);
  for (const path of [link, "/invitations/0", "/password/forgot", "/password/0"]) {
    await nobody.goto(path);
    await expectSound(nobody);
  }
  await nobody.goto(await invite(page, opened.email.replace("owner", "x"), "Member"));
  await expectSound(nobody);
});
