// Everything between this product and Dues: teams become tenants, a gate meters a route, links open the billing pages,
// and webhooks report the plan.
import { Dues, DuesUnavailableError } from "@dues/client";
import { gate } from "@dues/client/express";
import { verifyWebhook, WebhookVerificationError } from "@dues/client/webhooks";
import express from "express";
import { refusedPage } from "./pages/refused.js";
import { settings } from "./settings.js";
import { listMembers, savePlan } from "./teams.js";

/** The feature of the catalog that a summary uses. */
const FEATURE = "ai_tokens";

/** One client for the process. */
export const dues = new Dues({
  url: settings.duesUrl,
  key: settings.duesKey,
  // The choice when Dues can't be reached: a summary costs this product money, so the gate refuses it, with a page that
  // says so (503). Everything else goes on working. A product whose work costs little would choose "allow".
  onUnavailable: "refuse",
  // A person waits for the page.
  timeoutMs: 2_000,
});

/** Makes the team a tenant of Dues under the product's own id, on the free plan. Safe to repeat. */
export async function provision(team) {
  const [{ email }] = adminsOf(team);
  const { subscription, revision } = await dues.tenants.put(team.id, { name: team.name, email });
  savePlan(team.id, { plan: subscription.plan, status: subscription.status, revision });
}

/** The team's tenant. Provisions a team that was made while Dues could not be reached. */
async function tenantOf(team) {
  if (team.revision === null) await provision(team);
  return team.id;
}

/** Middleware: takes the document's tokens before the work, or answers with a page in the product's own look. */
export const metered = gate(dues, {
  feature: FEATURE,
  tenant: ({ team }) => tenantOf(team),
  amount: ({ document }) => document.tokens,
  onRefused: ({ body }, { user, team, document }, response) => {
    response.send(refusedPage({ user, team, document, refusal: body, admins: adminsOf(team) }));
  },
});

/** What the team has used: `{ used, limit }`; null while Dues can't be reached. */
export async function usageOf(team) {
  try {
    const { features } = await dues.tenant(await tenantOf(team)).entitlements();
    return features[FEATURE];
  } catch (error) {
    if (error instanceof DuesUnavailableError) return null;
    throw error;
  }
}

/** Makes a link that lets this user into Dues' pages of this team, once: to the review of `plan`, if there is one. */
export async function billingLink(team, user, plan) {
  const link = await dues.tenant(await tenantOf(team)).portalLink({
    user: { externalId: user.id, email: user.email },
    role: team.role,
    returnUrl: `${settings.url}/teams/${team.id}`,
    returnLabel: "Gist",
    ...(plan ? { page: "checkout", plan } : { page: "membership" }),
  });
  return link.url;
}

/** The webhook receiver. The signature is that of the body as it arrived, so the body is not parsed before. */
export const receiveWebhook = [
  express.raw({ type: "application/json", limit: "256kb" }),
  (request, response) => {
    let message;
    try {
      message = verifyWebhook(request.body, request.headers, settings.webhookSecrets);
    } catch (error) {
      if (!(error instanceof WebhookVerificationError)) throw error;
      response.sendStatus(400);
      return;
    }
    const { type, data } = message;
    if (type === "subscription.updated" && data.externalId) savePlan(data.externalId, data);
    response.sendStatus(204);
  },
];

function adminsOf(team) {
  return listMembers(team.id).filter(({ role }) => role === "admin");
}
