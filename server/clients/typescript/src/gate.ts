// What the middlewares share: gate a request by a feature, and meter it.
import type { Check, Dues, OnUnavailable, TenantClient } from "./client.js";
import { UsageLimitError, type UsageLimitBody } from "./errors.js";
import type { TenantRef } from "./tenants.js";

type Value<Input, Output> = Output | ((request: Input) => Output | Promise<Output>);

export interface GateOptions<Input> {
  feature: string;
  /** Whose limit it is. Missing with the key of one workspace. */
  tenant?: (request: Input) => TenantRef | Promise<TenantRef>;
  /** In the feature's unit; 1 when missing. */
  amount?: Value<Input, number>;
  /**
   * When usage is counted: `consume` (the default) takes it before the handler, exact under concurrency; `track` checks
   * before the handler, and counts after it if its status is below 400; `none` only checks.
   */
  meter?: "consume" | "track" | "none";
  /** In place of the client's choice. */
  onUnavailable?: OnUnavailable;
}

/** The answer to a request that the limit does not allow. */
export interface Refusal {
  status: number;
  body: UsageLimitBody;
  headers: Record<string, string>;
}

export interface Passage {
  refusal: Refusal | null;
  /** To be called with the status of the answer. */
  finish: (status: number) => void;
}

/** Allows or refuses a request. Throws every error that is no refusal. */
export async function passGate<Input>(dues: Dues, options: GateOptions<Input>, request: Input): Promise<Passage> {
  const { feature, meter = "consume", onUnavailable, tenant } = options;
  const amount = typeof options.amount === "function" ? await options.amount(request) : (options.amount ?? 1);
  const scope: TenantClient = tenant ? dues.tenant(await tenant(request)) : dues;
  const call = onUnavailable ? { onUnavailable } : {};
  try {
    if (meter !== "consume") {
      const check = await scope.check(feature, amount, call);
      if (check.isValid) {
        const count = (status: number) => void (status < 400 && scope.track(feature, amount));
        return { refusal: null, finish: meter === "track" ? count : () => {} };
      }
      if (meter === "none" || check.unavailable) return { refusal: refusalOf(feature, check), finish: () => {} };
    }
    // After a check that says no, this gets the documented refusal, or takes what has become free since.
    await scope.consume(feature, amount, call);
    return { refusal: null, finish: () => {} };
  } catch (error) {
    if (!(error instanceof UsageLimitError)) throw error;
    return { refusal: { status: error.status, body: error.body, headers: retryAfter(error.status) }, finish: () => {} };
  }
}

function refusalOf(feature: string, check: Check): Refusal {
  const code = check.failureReason ?? "limit_reached";
  const messages: Record<string, string> = {
    limit_reached: `${feature} limit reached (${check.limit})`,
    feature_not_included: `The plan does not include ${feature}.`,
    subscription_inactive: "A payment is overdue, and the plan is suspended until it is paid.",
    dues_unavailable: "Whether the limit allows it can't be checked now. Try again in a moment.",
  };
  const status = check.unavailable ? 503 : 402;
  const error = check.unavailable ? "Usage can't be checked" : "Usage limit exceeded";
  const body = { error, code, message: messages[code] ?? code, allowed: false, upgrade: null };
  return { status, body, headers: retryAfter(status) };
}

function retryAfter(status: number): Record<string, string> {
  return status === 503 ? { "retry-after": "1" } : {};
}
