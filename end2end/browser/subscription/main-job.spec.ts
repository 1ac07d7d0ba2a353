// The main job, with JavaScript and without: see the plan, choose another, review, pay, and find it active.
import { billingStatus, card, expect, pay, review, signInByForm, test } from "../dues.ts";

test("a free workspace upgrades to Pro and cancels it", { tag: "@island" }, async ({ page, demo }) => {
  const { name, owner } = demo.workspace("free", 1);
  const title = page.getByRole("heading", { level: 1 });

  await test.step("sign in and see the current plan", async () => {
    await page.goto("/");
    await signInByForm(page, owner);
    await expect(title).toHaveText(`${name} is on Free.`);
    expect(await billingStatus(page)).toMatchObject({ plan: "free", status: "active", cancel_at_period_end: false });
  });

  await test.step("review Pro", async () => {
    await review(page, "Pro");
    await expect(title).toHaveText("From Free to Pro.");
    const sum = page.getByRole("region", { name: "Order summary" });
    await expect(sum).toContainText("$29.00");
    await expect(page.getByRole("row", { name: /WebSocket connection.* 10 .*100/ })).toBeVisible();
    await page.getByRole("button", { name: "Pay at Stripe" }).click();
  });

  await test.step("pay on the hosted page", async () => {
    expect(page.url()).toContain(`${demo.sandboxUrl}/pay/`);
    await expect(title).toContainText("$29.00");
    await pay(page, card.pays);
  });

  await test.step("return to an active Pro", async () => {
    await expect(page).toHaveURL(/\/membership\/membership-paid/);
    await expect(title).toHaveText(`${name} is on Pro.`);
    await page.getByRole("link", { name: "View your membership" }).click();
    await expect(title).toHaveText(`${name} is on Pro.`);
    await expect(page.getByRole("main")).toContainText("$29.00");
    const status = await billingStatus(page);
    expect(status).toMatchObject({ plan: "pro", status: "active", cancel_at_period_end: false });
    const days = (Date.parse(status.current_period_end ?? "") - Date.now()) / 86_400_000;
    expect(days).toBeGreaterThan(27);
    expect(days).toBeLessThan(32);
  });

  await test.step("the sandbox lists the webhook as delivered", async () => {
    await expect
      .poll(async () => {
        const listed = await (await page.request.get(`${demo.sandboxUrl}/deliveries`)).json();
        const ours = Array.isArray(listed) ? listed : listed.data;
        return ours.filter((one: { type: string; state: string }) => one.type === "checkout.session.completed")[0]?.state;
      })
      .toBe("delivered");
    await page.goto(demo.sandboxUrl);
    await expect(page.getByText("checkout.session.completed").first()).toBeVisible();
  });

  await test.step("cancel at the period's end", async () => {
    await page.goto("/membership");
    await page.getByRole("link", { name: "Cancel Pro" }).first().click();
    await expect(page.getByRole("heading", { level: 1 })).toHaveText("Cancel Pro?");
    await page.getByRole("button", { name: "Cancel Pro" }).click();
    await expect(page.getByRole("alert")).toContainText("Pro ends on ");
    const status = await billingStatus(page);
    expect(status).toMatchObject({ plan: "pro", status: "active", cancel_at_period_end: true });
  });
});
