// The pricing page, and what pages of other origins may do: call the API with a token, and frame the pricing page and
// the pages of portal sessions.
import { randomUUID } from "node:crypto";
import { type Server, createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { Page } from "@playwright/test";
import { card as cards, expect, meter, pay, signIn, test as base } from "../dues.ts";
import { expectSound } from "../look.ts";

/** Another site than Dues. It answers every path with one page. */
interface Site {
  origin: string;
  html: string;
  server: Server;
}

interface Sites {
  /** In CORS_ORIGINS, EMBED_ORIGINS and ALLOWED_REDIRECT_ORIGINS. */
  listed: Site;
  unlisted: Site;
}

async function startSite(): Promise<Site> {
  const site: Site = { origin: "", html: "", server: createServer() };
  site.server.on("request", (request, response) => {
    response.setHeader("content-type", request.url === "/" ? "text/html" : "text/plain");
    response.statusCode = request.url === "/" ? 200 : 204;
    response.end(request.url === "/" ? site.html : undefined);
  });
  await new Promise<void>((resolve) => site.server.listen(0, "127.0.0.1", resolve));
  site.origin = `http://127.0.0.1:${(site.server.address() as AddressInfo).port}`;
  return site;
}

const test = base.extend<object, { sites: Sites }>({
  sites: [
    async ({}, use) => {
      const [listed, unlisted] = await Promise.all([startSite(), startSite()]);
      await use({ listed, unlisted });
      for (const { server } of [listed, unlisted]) {
        server.closeAllConnections();
        server.close();
      }
    },
    { scope: "worker" },
  ],
  settings: [
    async ({ sites }, use) => {
      const listed = sites.listed.origin;
      const origins = { CORS_ORIGINS: listed, EMBED_ORIGINS: listed, ALLOWED_REDIRECT_ORIGINS: listed };
      await use({ PUBLIC_PLANS: "1", ...origins });
    },
    { scope: "worker" },
  ],
});
test.use({ demoGroup: "pricing" });

/** Skips the console check: pages of other sites make the browser log the requests and frames that it refuses. */
const testOfOthers = test.extend({ cleanConsole: async ({}, use) => use() });

const card = (page: Page, plan: string) =>
  page.getByRole("region", { name: "8 plans" }).getByRole("listitem").filter({
    has: page.getByRole("heading", { level: 3, name: plan, exact: true }),
  });

test("a visitor compares plans and chooses one before signing up @island", async ({ page, javaScriptEnabled }) => {
  await page.goto("/pricing");
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Choose a plan.");
  if (javaScriptEnabled) await expectSound(page);
  await expect(card(page, "Pro")).toContainText("$29.00 a month");
  await expect(card(page, "Enterprise")).toContainText("On request");
  await expect(page.getByRole("table").getByRole("row", { name: /^Price per year/ })).toContainText("$290");

  await page.getByRole("navigation", { name: "Billing cycle" }).getByRole("link", { name: /^Yearly/ }).click();
  await expect(card(page, "Pro")).toContainText("$290.00 a year");
  await card(page, "Pro").getByRole("link", { name: "Choose Pro" }).click();
  await expect(page).toHaveURL(/\/signup\?plan=pro&cycle=yearly$/);
  await expect(page.getByRole("main")).toContainText("Next, you review Pro.");
  const tag = randomUUID().slice(0, 8);
  await page.getByLabel("Workspace name").fill(`Mill ${tag}`);
  await page.getByLabel("Email").fill(`pricing-${tag}@mill.test`);
  await page.getByLabel("Password").fill(`ledger ${randomUUID()}`);
  await page.getByRole("button", { name: "Create workspace" }).click();
  await expect(page).toHaveURL(/\/checkout\?plan=pro&cycle=yearly$/);
  await expect(page.getByRole("heading", { level: 1 })).toContainText("Pro");
});

test("Enterprise leads to its form", async ({ page }) => {
  await page.goto("/pricing?cycle=yearly");
  await card(page, "Enterprise").getByRole("link", { name: "Request Enterprise" }).click();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Request Enterprise.");
});

/** Fetches from the script of an open page. Returns the status, or "refused" where the browser gives it no answer. */
async function fetchFrom(page: Page, url: string, init: RequestInit): Promise<number | "refused"> {
  return page.evaluate(
    async ([url, init]) => {
      try {
        return (await fetch(url, init)).status;
      } catch {
        return "refused" as const;
      }
    },
    [url, init] as const,
  );
}

testOfOthers("scripts of a listed origin call the API with a token only", async ({ page, demo, sites }) => {
  await signIn(page, demo.workspace("pro").owner);
  const headers = { ...(await meter(page)), "content-type": "application/json" };
  const consume = `${demo.url}/api/v1/billing/features/feature_flags/consume`;
  const status = `${demo.url}/api/v1/billing/status`;
  for (const site of [sites.listed, sites.unlisted]) site.html = "<!doctype html><title>Shop</title><h1>Shop</h1>";

  await page.goto(sites.listed.origin);
  expect(await fetchFrom(page, consume, { method: "POST", headers, body: '{"amount": 1}' })).toBe(200);
  const exposed = await page.evaluate(
    async ([url, init]) => {
      const answer = await fetch(url, init);
      return ["ratelimit", "x-request-id"].filter((name) => answer.headers.has(name));
    },
    [`${demo.url}/api/v1/billing/features/feature_flags/check`, { headers }] as const,
  );
  expect(exposed).toEqual(["ratelimit", "x-request-id"]);
  // Another port is the same site, so that the browser sends the session cookie.
  expect(await fetchFrom(page, status, { credentials: "include" })).toBe("refused");
  expect(await fetchFrom(page, status, {})).toBe(401);
  expect(await fetchFrom(page, `${demo.url}/billing/plans`, {})).toBe(200);

  await page.goto(sites.unlisted.origin);
  expect(await fetchFrom(page, consume, { method: "POST", headers, body: '{"amount": 1}' })).toBe("refused");
  expect(await fetchFrom(page, `${demo.url}/billing/plans`, {})).toBe("refused");
});

/** Opens a page of the site with a frame, and returns the address that the frame ends at. */
async function frame(page: Page, site: Site, url: string): Promise<() => string | undefined> {
  site.html = `<!doctype html><html lang="en"><title>Shop</title><h1>Shop</h1><iframe title="Plans" src="${url}"></iframe>`;
  await page.goto(site.origin);
  return () => page.frames()[1]?.url();
}

testOfOthers("a listed site frames the pricing page, and no other page", async ({ page, demo, sites }) => {
  await frame(page, sites.listed, `${demo.url}/pricing`);
  const plans = page.frameLocator("iframe");
  await expect(plans.getByRole("heading", { level: 1 })).toHaveText("Choose a plan.");
  await expect(plans.getByRole("contentinfo")).toHaveCount(0);
  await plans.getByRole("navigation", { name: "Billing cycle" }).getByRole("link", { name: /^Yearly/ }).click();
  await expect(plans.getByText("$290.00 a year")).toBeVisible();
  await plans.getByRole("link", { name: "Choose Pro" }).click();
  await expect(page).toHaveURL(`${demo.url}/signup?plan=pro&cycle=yearly`);

  const address = await frame(page, sites.listed, `${demo.url}/login`);
  await expect.poll(address).toMatch(/^chrome-error:/);
});

testOfOthers("a site that is not listed frames nothing", async ({ page, demo, sites }) => {
  const address = await frame(page, sites.unlisted, `${demo.url}/pricing`);
  await expect.poll(address).toMatch(/^chrome-error:/);
});

testOfOthers("a framed portal session pays in the whole window, and leads back", async ({ page, demo, sites }) => {
  const returnUrl = `${sites.listed.origin}/`;
  const made = await page.request.post(`${demo.url}/api/v1/portal-links`, {
    headers: { authorization: `Bearer ${demo.installationKey}`, "x-tenant-id": demo.workspace("free").id },
    data: { user: { externalId: "user_42" }, role: "admin", returnUrl, returnLabel: "Shop", plan: "pro" },
  });
  expect(made.status(), await made.text()).toBe(201);
  await frame(page, sites.listed, (await made.json()).url);
  const dues = page.frameLocator("iframe");
  await expect(dues.getByRole("link", { name: "Back to Shop" })).toBeVisible();
  await dues.getByRole("button", { name: "Pay at Stripe" }).click();
  await dues.getByRole("link", { name: /^Open 127/ }).click();
  await expect(page).toHaveURL(/\/pay\//);
  await pay(page, cards.pays);
  await expect(page).toHaveURL(returnUrl);
  await expect(dues.getByRole("heading", { level: 1 })).toHaveText("This link was already used.");

  // The session goes on in the frame. The payment arrives by webhook.
  await expect(async () => {
    await frame(page, sites.listed, `${demo.url}/membership`);
    await expect(dues.getByRole("heading", { level: 1 })).toContainText("is on Pro.", { timeout: 1000 });
  }).toPass({ timeout: 20_000 });
  await dues.getByRole("link", { name: "Back to Shop" }).click();
  await expect(page).toHaveURL(returnUrl);
});
