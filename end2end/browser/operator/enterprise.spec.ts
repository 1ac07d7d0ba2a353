// The Enterprise request form.
import { expect, openWorkspace, signIn, test } from "../dues.ts";

test("an owner follows the link from the plans and sends a request", { tag: "@island" }, async ({ page }) => {
  const { workspace, email } = await openWorkspace(page);
  await page.goto("/membership");
  await page.getByRole("link", { name: "Request Enterprise" }).first().click();
  await expect(page).toHaveURL(/\/membership\/enterprise$/);
  await expect(page.getByLabel("Company")).toHaveValue(workspace);
  await expect(page.getByLabel("Email")).toHaveValue(email);
  await page.getByLabel("Your name").fill("Ada Mill");
  await page.getByRole("checkbox", { name: "Private deployment" }).check();
  await page.getByRole("checkbox", { name: "SLA needs" }).check();
  await page.getByLabel("Expected scale").fill("2 million players a month");
  await page.getByLabel("Notes").fill("On our own metal.\nIn two regions.");
  await page.getByRole("button", { name: "Send request" }).click();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("We’ve received your request.");
  expect(page.url()).not.toContain("Mill");
  await page.getByRole("link", { name: "Back to membership" }).click();
  await expect(page).toHaveURL(/\/membership$/);
});

test("the form works without signing in, and keeps its input when invalid", async ({ page }) => {
  await page.goto("/membership/enterprise");
  await page.getByLabel("Company").fill("Mill & Sons");
  await page.getByLabel("Email").fill("ada");
  await page.getByRole("checkbox", { name: "Dart FFI" }).check();
  await page.getByLabel("Notes").fill("Two regions.");
  // Browsers refuse an invalid address before sending it. The server has to refuse it as well.
  await page.locator("form").evaluateAll((forms) => forms.forEach((form) => form.setAttribute("novalidate", "")));
  await page.getByRole("button", { name: "Send request" }).click();
  await page.getByRole("alert").getByRole("link", { name: /Enter an email address/ }).click();
  await expect(page.getByLabel("Email")).toBeFocused();
  await expect(page.getByLabel("Company")).toHaveValue("Mill & Sons");
  await expect(page.getByRole("checkbox", { name: "Dart FFI" })).toBeChecked();
  await expect(page.getByLabel("Notes")).toHaveValue("Two regions.");
  await page.getByLabel("Email").fill("ada@mill.test");
  await page.getByRole("button", { name: "Send request" }).click();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("We’ve received your request.");
});

test("the honeypot field is neither visible nor reached by the keyboard", async ({ page, demo }) => {
  await signIn(page, demo.workspace("free").member);
  await page.goto("/membership/enterprise");
  const trap = page.getByLabel("Leave this field empty");
  await expect(trap).not.toBeInViewport();
  await page.getByLabel("Notes").focus();
  await page.keyboard.press("Tab");
  await expect(page.getByRole("button", { name: "Send request" })).toBeFocused();
});
