// The client: an installation that serves all tenants with one key, or a workspace with a key of its own.
import createClient, { type Client } from "openapi-fetch";
import { DuesUnavailableError, UsageLimitError } from "./errors.js";
import type { components, paths } from "./schema.js";
import { answer, noneAccepted, Tenants, type TenantRef, tenantHeaders, tenantPath, tenantSubject } from "./tenants.js";
import { type TrackOptions, Tracker, type TrackerOptions, type UsageEvent } from "./tracker.js";
import { type CallOptions, now, Transport, uniqueId } from "./transport.js";

type Schemas = components["schemas"];
export type Entitlements = Schemas["EntitlementsResponse"];
/** What Dues did with each event of a request. */
export type EventsOutcome = Schemas["EventsResponse"];
/** The state of a subscription after a change. */
export type Status = Schemas["Status"];
export type SyncedStatus = Schemas["SyncResponse"];
export type PortalLink = Schemas["PortalLinkResponse"];
export type PortalLinkRequest = Schemas["PortalLinkRequest"];
/** The answer of `check` and `consume`. `unavailable` is true when `onUnavailable` decided, not Dues. */
export type Check = Omit<Schemas["CheckResponse"], "failureReason"> & {
  failureReason: Schemas["FailureReason"] | "dues_unavailable" | null;
  unavailable?: true;
};
export type CheckResult = Schemas["CheckResponse"] | Schemas["UnansweredCheck"];

/** What `check` and `consume` do when Dues can't be reached. */
export type OnUnavailable = "allow" | "refuse" | "throw";

export interface DuesOptions extends TrackerOptions {
  /** Where Dues is, as `https://billing.example.com`. */
  url: string;
  /** An installation key, or the key of one workspace. */
  key: string;
  /**
   * What `check` and `consume` do when Dues can't be reached: `throw` a `DuesUnavailableError` (the default), `allow`,
   * where the usage may stay uncounted, or `refuse` as if the limit were reached.
   */
  onUnavailable?: OnUnavailable;
  /** How long a call may take, with its retries, in milliseconds: 10,000 when missing. */
  timeoutMs?: number;
  /** How long one attempt may take, in milliseconds: 3,000 when missing. */
  attemptTimeoutMs?: number;
  /** How often a call is repeated at most: 3 when missing. */
  retries?: number;
  fetch?: typeof globalThis.fetch;
}

export interface UsageOptions extends CallOptions {
  onUnavailable?: OnUnavailable;
}

export interface CheckoutRequest {
  plan: string;
  billingCycle?: "monthly" | "yearly";
  /** Where the browser returns to: an address of an allowed origin. */
  successUrl?: string;
  cancelUrl?: string;
}

/** Tenants whose entitlements are kept. */
const MAX_CACHED = 10_000;
const EVENTS = { "content-type": "application/cloudevents-batch+json" };
/** Calls that wait for the payment provider. */
const PROVIDER_TIMEOUTS = { timeoutMs: 45_000, attemptTimeoutMs: 20_000 };

/** The calls for one tenant. */
export class TenantClient {
  /** @internal */
  constructor(
    private readonly shared: Shared,
    private readonly ref: TenantRef | undefined,
  ) {}

  /** Whether the tenant may use `amount` more of a feature. Changes nothing. */
  async check(feature: string, amount = 1, options: UsageOptions = {}): Promise<Check> {
    const params = { path: { feature }, query: { amount } };
    return this.orUnavailable(options, () =>
      answer(this.shared.api.GET("/api/v1/billing/features/{feature}/check", { params, ...this.with(options) })),
    );
  }

  /** Takes `amount` of a feature, in one step with the check. Throws a `UsageLimitError` when it is not allowed. */
  async consume(feature: string, amount = 1, options: UsageOptions = {}): Promise<Check> {
    const [params, body] = [{ path: { feature } }, { amount }];
    const consumed = await this.orUnavailable(options, () =>
      answer(
        this.shared.api.POST("/api/v1/billing/features/{feature}/consume", { params, body, ...this.with(options) }),
      ),
    );
    if (consumed.isValid) return consumed;
    const [error, code] = ["Usage can't be checked", "dues_unavailable"];
    const message = "Whether the limit allows it can't be checked now. Try again in a moment.";
    const refusal = { error, code, message, allowed: false, upgrade: null };
    throw new UsageLimitError({ status: 503, body: refusal, requestId: null, retryAfterSecs: 1 });
  }

  /** Takes amounts of several features, all or nothing. */
  async consumeSeveral(features: Record<string, number>, options: CallOptions = {}): Promise<Record<string, Check>> {
    const body = { features };
    return (await answer(this.shared.api.POST("/api/v1/billing/consume", { body, ...this.with(options) }))).features;
  }

  /** Gives back `amount` of a gauge; it never falls below zero. */
  async release(feature: string, amount = 1, options: CallOptions = {}): Promise<Check> {
    const [params, body] = [{ path: { feature } }, { amount }];
    return answer(
      this.shared.api.POST("/api/v1/billing/features/{feature}/release", { params, body, ...this.with(options) }),
    );
  }

  /** Sets a gauge to what is in use. Throws a `UsageLimitError` when it is above the limit. */
  async setUsage(feature: string, value: number, options: CallOptions = {}): Promise<Check> {
    const [params, body] = [{ path: { feature } }, { value }];
    return answer(
      this.shared.api.PUT("/api/v1/billing/features/{feature}/usage", {
        params,
        body,
        ...this.with(options, options.idempotencyKey ?? uniqueId()),
      }),
    );
  }

  /**
   * Counts usage that has happened, whatever the limit. Returns the event's id at once; it is sent with others. Events
   * that can't be counted are handed to `onLost`.
   */
  track(feature: string, amount = 1, options: Omit<TrackOptions, "amount"> = {}): string {
    return this.shared.tracker.track(feature, tenantSubject(this.ref), { ...options, amount });
  }

  /**
   * Records up to 1,000 CloudEvents of your own making, whatever the limit, and waits for the answer. An event counts
   * once for each tenant, `source` and `id`. With an installation key, the `subject` of an event names its tenant; one
   * without is of this tenant. Rejected events are in the answer, and throw nothing.
   */
  async sendEvents(events: UsageEvent[], options: CallOptions = {}): Promise<EventsOutcome> {
    const call = this.with(options);
    const headers = { ...call.headers, ...EVENTS };
    const sent = this.shared.api.POST("/api/v1/usage/events", { body: events, ...call, headers });
    return answer(sent).catch(noneAccepted);
  }

  /** Returns the plan, and every feature with its limit and usage. Sends the `ETag` of the last answer. */
  async entitlements(options: CallOptions & { maxAgeMs?: number } = {}): Promise<Entitlements> {
    const { cache, api } = this.shared;
    const name = JSON.stringify(tenantHeaders(this.ref));
    const kept = cache.get(name);
    if (kept && now() - kept.at < (options.maxAgeMs ?? 0)) return kept.entitlements;
    const { headers, fetch } = this.with(options);
    const conditional = kept ? { ...headers, "if-none-match": kept.etag } : headers;
    const { data, response } = await api.GET("/api/v1/entitlements", { headers: conditional, fetch });
    const entitlements = response.status === 304 && kept ? kept.entitlements : (data as Entitlements);
    const etag = response.headers.get("etag");
    // Moved to the end, so that the first entry is the one that was unused for the longest time.
    cache.delete(name);
    if (etag) cache.set(name, { etag, entitlements, at: now() });
    for (const oldest of cache.keys()) {
      if (cache.size <= MAX_CACHED) break;
      cache.delete(oldest);
    }
    return entitlements;
  }

  /** Starts a checkout, or the change of a live subscription, and returns where to send the browser. */
  async checkout(order: CheckoutRequest, options: CallOptions = {}): Promise<{ url: string }> {
    const call = this.with({ ...PROVIDER_TIMEOUTS, ...options });
    const started = await answer(this.shared.api.POST("/api/v1/billing/checkout", { body: order, ...call }));
    return started as { url: string };
  }

  /** Returns the address of the payment provider's page for card, invoices and cancellation. */
  async billingPortal(options: CallOptions = {}): Promise<{ url: string }> {
    return answer(this.shared.api.POST("/api/v1/billing/portal", this.with({ ...PROVIDER_TIMEOUTS, ...options })));
  }

  /** Cancels the subscription at the end of the paid period. The plan stays until then. Safe to repeat. */
  async cancel(options: CallOptions = {}): Promise<Status> {
    const call = this.with({ ...PROVIDER_TIMEOUTS, ...options });
    return (await answer(this.shared.api.POST("/api/v1/billing/cancel", call))).data;
  }

  /** Undoes `cancel` while the paid period lasts. Safe to repeat. */
  async resume(options: CallOptions = {}): Promise<Status> {
    const call = this.with({ ...PROVIDER_TIMEOUTS, ...options });
    return (await answer(this.shared.api.POST("/api/v1/billing/resume", call))).data;
  }

  /** Fetches the subscription from the payment provider, as after a lost webhook of it. Safe to repeat. */
  async sync(options: CallOptions = {}): Promise<SyncedStatus> {
    const call = this.with({ ...PROVIDER_TIMEOUTS, ...options });
    return answer(this.shared.api.POST("/billing/subscription/sync", call));
  }

  /** Creates a link that opens Dues' pages of this tenant for a user of the product. It works once. */
  async portalLink(link: PortalLinkRequest, options: CallOptions = {}): Promise<PortalLink> {
    return answer(this.shared.api.POST("/api/v1/portal-links", { body: link, ...this.with(options) }));
  }

  /** Ends the portal sessions of a user of the product, and the links that they have not opened. */
  async endPortalSessions(user: string, options: CallOptions = {}): Promise<void> {
    const params = { query: { user } };
    await answer(this.shared.api.DELETE("/api/v1/portal-sessions", { params, ...this.with(options) }));
  }

  private with(options: CallOptions, idempotencyKey = options.idempotencyKey) {
    return { headers: tenantHeaders(this.ref), fetch: this.shared.fetch({ ...options, idempotencyKey }) };
  }

  private async orUnavailable(options: UsageOptions, call: () => Promise<Check>): Promise<Check> {
    const choice = options.onUnavailable ?? this.shared.onUnavailable;
    try {
      return await call();
    } catch (error) {
      if (choice === "throw" || !(error instanceof DuesUnavailableError)) throw error;
      const isValid = choice === "allow";
      const counts = { hasWarning: false, warningMessage: null, used: 0, limit: null, percentUsed: 0 };
      return { isValid, failureReason: isValid ? null : "dues_unavailable", ...counts, unavailable: true };
    }
  }
}

/** One object for the whole process: it holds the buffer of events and the cache of entitlements. */
export class Dues extends TenantClient {
  /** The tenants of the installation. */
  readonly tenants: Tenants;
  /** Every route of the API, typed, with the same retries. */
  readonly api: Client<paths>;
  private readonly own: Shared;

  constructor(options: DuesOptions) {
    const shared = share(options);
    super(shared, undefined);
    this.own = shared;
    this.api = shared.api;
    this.tenants = new Tenants(shared.api, shared.fetch);
  }

  /** The calls for the tenant with the product's own id, or with Dues' as `{ id }`. */
  tenant(ref: TenantRef): TenantClient {
    return new TenantClient(this.own, ref);
  }

  /** Checks of many tenants at once, up to 1,000, answered in order. */
  async checks(
    checks: { tenant: TenantRef; feature: string; amount?: number }[],
    options: CallOptions = {},
  ): Promise<CheckResult[]> {
    const body = { checks: checks.map((check) => ({ ...check, tenant: tenantPath(check.tenant) })) };
    return (await answer(this.api.POST("/api/v1/checks", { body, fetch: this.own.fetch(options) }))).results;
  }

  /** How many tracked events wait to be sent. */
  get buffered(): number {
    return this.own.tracker.size;
  }

  /** Sends the tracked events now. Rejects when Dues can't be reached; the events then still wait. */
  flush(): Promise<void> {
    return this.own.tracker.flush();
  }

  /** Sends the tracked events, and hands those that can't be sent in time to `onLost`. */
  close(timeoutMs?: number): Promise<void> {
    return this.own.tracker.close(timeoutMs);
  }
}

interface Shared {
  api: Client<paths>;
  /** The `fetch` of a call with these options. */
  fetch: (options: CallOptions) => (request: Request) => Promise<Response>;
  tracker: Tracker;
  cache: Map<string, { etag: string; entitlements: Entitlements; at: number }>;
  onUnavailable: OnUnavailable;
}

function share(options: DuesOptions): Shared {
  const { url, key, onUnavailable = "throw", timeoutMs = 10_000, attemptTimeoutMs = 3_000, retries = 3 } = options;
  if (!url || !key) throw new TypeError("url and key are required.");
  if (!/^https?:\/\/[^/]/i.test(url)) throw new TypeError(`url must begin with https:// or http://, not ${url}`);
  const transport = new Transport({
    key,
    timeoutMs,
    attemptTimeoutMs,
    retries,
    // Some runtimes refuse a `fetch` that is called on another object.
    fetch: options.fetch ?? ((...args) => globalThis.fetch(...args)),
  });
  const fetch = (call: CallOptions) => (request: Request) => transport.send(request, call);
  const api = createClient<paths>({ baseUrl: url.replace(/\/+$/, ""), fetch: fetch({}) });
  const sendEvents = async (events: UsageEvent[], call: CallOptions) => {
    const sent = api.POST("/api/v1/usage/events", { body: events, headers: EVENTS, fetch: fetch(call) });
    return answer(sent).catch(noneAccepted);
  };
  return { api, fetch, tracker: new Tracker(sendEvents, options), cache: new Map(), onUnavailable };
}
