// Compiled by types.test.js, never run.
import express, { type Request } from "express";
import { Hono } from "hono";
import { type Check, Dues, UsageLimitError } from "@dues/client";
import { gate } from "@dues/client/express";
import { gate as honoGate } from "@dues/client/hono";
import { gate as nextGate } from "@dues/client/next";
import { verifyWebhook } from "@dues/client/webhooks";

const dues = new Dues({ url: "https://billing.example.com", key: "dues_a_b", onUnavailable: "allow" });
const app = express();
app.post("/ai", gate<Request>(dues, { feature: "ai_tokens", tenant: (request) => request.ip ?? "" }), (_, response) => {
  response.send("done");
});
app.post("/rooms", gate(dues, { feature: "websocket_rooms" }), (_, response) => void response.end());
new Hono().get("/ai", honoGate(dues, { feature: "ai_tokens", meter: "track" }), (context) => context.text("done"));
export const POST = nextGate(
  dues,
  { feature: "ai_tokens" },
  async (request: globalThis.Request, context: { id: string }) => {
    return Response.json({ id: context.id, url: request.url });
  },
);

export async function product(): Promise<Check | number> {
  const tenant = dues.tenant("org_42");
  for await (const { externalId, subscription } of dues.tenants.list({ plan: "pro" })) {
    if (externalId !== null && subscription.cancelAtPeriodEnd)
      await dues.tenants.patch(externalId, { metadata: { at: null } });
  }
  const invoices = await dues.api.GET("/api/v1/billing/invoices");
  if (invoices.error) return 0;
  try {
    return await tenant.consume("ai_tokens", 3, { idempotencyKey: "order-7" });
  } catch (error) {
    if (error instanceof UsageLimitError) return error.upgrade?.limit ?? 0;
    throw error;
  }
}
export const revision: number | undefined = verifyWebhook("", new Headers(), ["whsec_"]).data.revision;
