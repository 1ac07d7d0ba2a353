// What the middlewares share: gate a request by a feature, and meter it.
import type { Check, Dues, OnUnavailable, TenantClient } from "./client.js";
import { DuesError, UsageLimitError, type UsageLimitBody } from "./errors.js";
import type { TenantRef } from "./tenants.js";

type Value<Input, Output> = Output | ((request: Input) => Output | Promise<Output>);

export interface GateOptions<Input> {
  feature: string;
  /** Whose limit it is. Missing with the key of one workspace. */
  tenant?: (request: Input) => TenantRef | Promise<TenantRef>;
  /** In the feature's unit; 1 when missing. */
  amount?: Value<Input, number>;
  /**
   * When usage is counted. `consume` (the default) takes it before the handler, exact under concurrency; if the handler
   * fails, by an error or a status of 400 or above, a gauge is given back, and a counter stays counted. `track` checks
   * before the handler, and counts after it unless it failed. `none` only checks, and names no plan to upgrade to.
   */
  meter?: "consume" | "track" | "none";
  /** In place of the client's choice. */
  onUnavailable?: OnUnavailable;
}

/** A gate of a framework whose handlers return a `Response`. */
export interface ResponseGateOptions<Input> extends GateOptions<Input> {
  /** Answers a refusal in place of the documented JSON, as with a page. */
  onRefused?: (refusal: Refusal, request: Input) => Response | Promise<Response>;
}

/** The answer to a request that the limit does not allow: 402, or 503 when Dues can't be reached. */
export interface Refusal {
  status: number;
  body: UsageLimitBody;
  headers: Record<string, string>;
}

export interface Passage {
  refusal: Refusal | null;
  /** To be called with the status of the answer, or with 500 when the handler threw. Does not fail. */
  finish: (status: number) => Promise<void>;
}

/** How long a failed request may wait until its usage is given back, in milliseconds. */
const GIVE_BACK_MS = 3_000;
/** Gates of features that are no gauges, so that Dues is asked once. */
const notGauges = new WeakSet<object>();
/** What allowed a request: its last check. */
const checks = new WeakMap<object, Check>();
const nothing = async () => {};

/**
 * The answer by which the last gate let a request pass: the Express request, Hono's context, or the `Request`. It has
 * `unavailable` when `onUnavailable` decided, not Dues. Undefined without a gate.
 */
export function checkOf(request: object): Check | undefined {
  return checks.get(request);
}

/** Answers a refusal by `onRefused`, or with the documented JSON. */
export async function refuse<Input>(
  refusal: Refusal,
  { onRefused }: ResponseGateOptions<Input>,
  request: Input,
): Promise<Response> {
  if (onRefused) return onRefused(refusal, request);
  return Response.json(refusal.body, { status: refusal.status, headers: refusal.headers });
}

/** Decides about a request. Throws what is neither an allowance nor a refusal. */
export async function passGate<Input extends object>(
  dues: Dues,
  options: GateOptions<Input>,
  request: Input,
): Promise<Passage> {
  const { feature, meter = "consume", onUnavailable, tenant } = options;
  const amount = typeof options.amount === "function" ? await options.amount(request) : (options.amount ?? 1);
  const scope: TenantClient = tenant ? dues.tenant(await tenant(request)) : dues;
  const call = onUnavailable ? { onUnavailable } : {};
  try {
    if (meter !== "consume") {
      const check = await scope.check(feature, amount, call);
      if (check.isValid) {
        const count = async (status: number) => {
          if (status < 400) countOrReport(scope, feature, amount);
        };
        checks.set(request, check);
        return { refusal: null, finish: meter === "track" ? count : nothing };
      }
      if (meter === "none" || check.unavailable) return { refusal: refusalOf(feature, check), finish: nothing };
    }
    // After a check that says no, this gets the documented refusal, or takes what has become free since.
    const consumed = await scope.consume(feature, amount, call);
    checks.set(request, consumed);
    const undo = async (status: number) => void (status >= 400 && (await giveBack(scope, options, amount)));
    // What was allowed without Dues was perhaps not counted.
    return { refusal: null, finish: consumed.unavailable ? nothing : undo };
  } catch (error) {
    if (!(error instanceof UsageLimitError)) throw error;
    return { refusal: { status: error.status, body: error.body, headers: retryAfter(error.status) }, finish: nothing };
  }
}

function countOrReport(scope: TenantClient, feature: string, amount: number): void {
  try {
    scope.track(feature, amount);
  } catch (error) {
    // An amount that is no whole number gets here when a check was allowed without Dues.
    console.error(`Usage of ${feature} can't be counted:`, error);
  }
}

async function giveBack(scope: TenantClient, options: GateOptions<never>, amount: number): Promise<void> {
  if (notGauges.has(options)) return;
  try {
    await scope.release(options.feature, amount, { timeoutMs: GIVE_BACK_MS });
  } catch (error) {
    if (error instanceof DuesError && error.code === "not_a_gauge") notGauges.add(options);
    else console.error(`Dues did not take back ${amount} of ${options.feature} after a request that failed:`, error);
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
