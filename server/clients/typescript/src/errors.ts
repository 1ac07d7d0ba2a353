// Errors of the client. Each has a `code`: the API's, or one of the client's own for what never was answered.
import type { components } from "./schema.js";

/** The body of the API's errors. `allowed` and `upgrade` are there on a 402. */
export type ErrorBody = components["schemas"]["Error"] & { allowed?: boolean; upgrade?: Upgrade | null };
/** The cheapest listed plan that would have allowed it. */
export type Upgrade = components["schemas"]["Upgrade"];
/** The documented body of a 402. */
export type UsageLimitBody = components["schemas"]["UsageLimitError"];

export interface AnswerDetails {
  status: number;
  body: ErrorBody;
  requestId: string | null;
  /** What `Retry-After` says, in seconds. */
  retryAfterSecs: number | null;
  /** The tenant that the call named. */
  tenant?: string | null;
}

/** The API answered with an error. `message` has its words, the code, and the tenant and request where known. */
export class DuesError extends Error {
  override name = "DuesError";
  /** The stable code, as `validation_error`. */
  readonly code: string;
  readonly status: number;
  readonly body: ErrorBody;
  /** What is wrong with each field, on a validation error. */
  readonly fields: Record<string, string>;
  /** The `x-request-id` of the answer, which stands in the server's log. */
  readonly requestId: string | null;
  readonly retryAfterSecs: number | null;
  /** The tenant of the call, as `external:org_42`, or Dues' id. Null with the key of one workspace. */
  readonly tenant: string | null;

  constructor({ status, body, requestId, retryAfterSecs, tenant = null }: AnswerDetails) {
    const of = tenant ? `, tenant ${tenant}` : "";
    super(`${body.message} (${body.code}${of}${requestId ? `, request ${requestId}` : ""})`);
    this.code = body.code;
    this.status = status;
    this.body = body;
    this.fields = body.fields ?? {};
    this.requestId = requestId;
    this.retryAfterSecs = retryAfterSecs;
    this.tenant = tenant;
  }
}

/** The limit does not allow it: a 402. With `onUnavailable: "refuse"` also a 503 whose code is `dues_unavailable`. */
export class UsageLimitError extends DuesError {
  override name = "UsageLimitError";
  declare readonly body: UsageLimitBody;
  readonly allowed = false;
  readonly upgrade: Upgrade | null;

  constructor(details: AnswerDetails & { body: UsageLimitBody }) {
    super(details);
    this.upgrade = details.body.upgrade ?? null;
  }
}

/**
 * Dues could not be reached, did not answer in time, or answered that it can't serve the request now, each time it was
 * tried. A change may have been made: repeat it with the same idempotency key.
 */
export class DuesUnavailableError extends Error {
  override name = "DuesUnavailableError";
  readonly code = "dues_unavailable";
  /** The last answer, if there was one. */
  readonly answer: DuesError | null;
  /** The key under which the call can be repeated. */
  readonly idempotencyKey: string | null;

  constructor(message: string, cause: unknown, idempotencyKey: string | null) {
    super(message, { cause });
    this.answer = cause instanceof DuesError ? cause : null;
    this.idempotencyKey = idempotencyKey;
  }
}
