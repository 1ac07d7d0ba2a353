// Verifies messages that Dues sends, with the Standard Webhooks library, which the product installs beside this client.
import { Webhook, WebhookVerificationError } from "standardwebhooks";

export { WebhookVerificationError };

/** The fields about the tenant in each message to the installation, besides those of the message's type. */
export interface WebhookData {
  tenantId: string;
  externalId?: string | null;
  /** The order of messages of a tenant: keep the greatest that was handled. */
  revision?: number;
  [field: string]: unknown;
}

export interface WebhookMessage {
  /** As `subscription.updated` or `limit.reached`. */
  type: string;
  timestamp: string;
  data: WebhookData;
}

type HeaderValues = Headers | Record<string, string | string[] | undefined>;

/**
 * Returns the message. Throws a `WebhookVerificationError` when no secret made the signature, or it is too old.
 *
 * `body` is the body as it arrived, before it is parsed. Several secrets are tried while one is rotated.
 */
export function verifyWebhook(
  body: string | Uint8Array,
  headers: HeaderValues,
  secrets: string | readonly string[],
): WebhookMessage {
  const text = typeof body === "string" ? body : new TextDecoder().decode(body);
  const names = ["webhook-id", "webhook-timestamp", "webhook-signature"];
  const signed = Object.fromEntries(names.map((name) => [name, header(headers, name)]));
  let failure: unknown = new WebhookVerificationError("No secret is given.");
  for (const secret of typeof secrets === "string" ? [secrets] : secrets) {
    try {
      return new Webhook(secret).verify(text, signed) as WebhookMessage;
    } catch (error) {
      failure = error;
    }
  }
  throw failure;
}

function header(headers: HeaderValues, name: string): string {
  if (headers instanceof Headers) return headers.get(name) ?? "";
  const value = headers[name];
  return (Array.isArray(value) ? value[0] : value) ?? "";
}
