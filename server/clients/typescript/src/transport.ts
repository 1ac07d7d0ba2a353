// Sends requests: authentication, time-outs, and retries of what is safe to repeat.
import { DuesError, DuesUnavailableError, type ErrorBody, UsageLimitError, type UsageLimitBody } from "./errors.js";

export interface CallOptions {
  /** How long the call may take, with its retries, in milliseconds. */
  timeoutMs?: number;
  /** Aborts the call. */
  signal?: AbortSignal;
  /** Makes a change count once, however often it is sent. Made anew for each call when missing. */
  idempotencyKey?: string;
}

export interface TransportOptions {
  key: string;
  timeoutMs: number;
  attemptTimeoutMs: number;
  retries: number;
  fetch: typeof globalThis.fetch;
}

const BACKOFF_FIRST_MS = 100;
const BACKOFF_MAX_MS = 5_000;
/** Far above the largest answer: 100 tenants with all their metadata. */
const MAX_ANSWER_BYTES = 32 * 1024 * 1024;
/** POSTs that are safe to repeat without a key: events have ids, and checks change nothing. */
const NEED_NO_KEY = ["/api/v1/usage/events", "/api/v1/checks"];
/** Answers that are no JSON. They are passed on unread. */
const NOT_JSON = ["/api/v1/billing/invoices.csv", "/api/v1/tenant/audit.csv"];
/** The code of an answer that something between the client and Dues gave. */
export const UNEXPECTED = "unexpected_answer";

export interface SendOptions extends CallOptions {
  /** How long one attempt may take, in milliseconds. */
  attemptTimeoutMs?: number;
  retries?: number;
}

/** Returns an identifier that no other call has. */
export function uniqueId(): string {
  const { crypto } = globalThis;
  if (crypto.randomUUID) return crypto.randomUUID();
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** Milliseconds of a clock that is never set, unlike the one of `Date`. */
export function now(): number {
  return performance.now();
}

/** Waits; resolves early when `signal` is aborted. */
export function pause(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal?.addEventListener("abort", done, { once: true });
    if (signal?.aborted) done();
  });
}

/** The wait before the next attempt: exponential, with full jitter above half of it. */
export function backoffMs(attempt: number, random = Math.random()): number {
  const most = Math.min(BACKOFF_FIRST_MS * 2 ** attempt, BACKOFF_MAX_MS);
  return most / 2 + (random * most) / 2;
}

export class Transport {
  constructor(private readonly options: TransportOptions) {}

  /** Repeats a request until it has a final answer. Returns successes and 304; throws errors. */
  async send(request: Request, options: SendOptions = {}): Promise<Response> {
    const { key, fetch, ...defaults } = this.options;
    const { timeoutMs = defaults.timeoutMs, retries = defaults.retries, signal } = options;
    const attemptTimeoutMs = Math.min(options.attemptTimeoutMs ?? defaults.attemptTimeoutMs, timeoutMs);
    const headers = new Headers(request.headers);
    headers.set("authorization", `Bearer ${key}`);
    const tenant = tenantOf(request);
    const idempotencyKey = chooseIdempotencyKey(request, headers, options);
    const body =
      request.method === "GET" || request.method === "HEAD" ? undefined : (await request.text()) || undefined;
    const deadline = now() + timeoutMs;
    for (let attempt = 0; ; attempt += 1) {
      signal?.throwIfAborted();
      const left = Math.max(1, Math.min(attemptTimeoutMs, deadline - now()));
      const timeout = new AbortController();
      const timer = setTimeout(
        () => timeout.abort(new DOMException("Dues did not answer in time", "TimeoutError")),
        left,
      );
      const abort = () => timeout.abort(signal?.reason);
      signal?.addEventListener("abort", abort, { once: true });
      let failure: unknown;
      try {
        const sent = await fetch(request.url, requestInit(request.method, headers, body, timeout.signal));
        if (sent.ok && NOT_JSON.some((path) => new URL(request.url).pathname.endsWith(path))) return sent;
        const hasBody = sent.status !== 304 && sent.status !== 204 && request.method !== "HEAD";
        // Read here, so that the time-out holds for the body, too.
        const text = hasBody ? await readText(sent, tenant) : null;
        if (sent.status === 304 || (sent.ok && (text === null || isJson(text)))) {
          return new Response(text, { status: sent.status, headers: sent.headers });
        }
        failure = readError(sent, text ?? "", tenant);
        // The attempt before has deleted it, and its answer was lost.
        if (attempt > 0 && request.method === "DELETE" && isGone(failure)) return new Response(null, { status: 204 });
      } catch (error) {
        signal?.throwIfAborted();
        failure = error;
      } finally {
        clearTimeout(timer);
        signal?.removeEventListener("abort", abort);
      }
      if (!isWorthRetrying(failure)) throw failure;
      const asked = failure instanceof DuesError && failure.retryAfterSecs !== null ? failure.retryAfterSecs * 1000 : 0;
      const wait = Math.max(backoffMs(attempt), asked && asked + backoffMs(0));
      if (attempt >= retries || now() + wait >= deadline) {
        // A call that waits for another with the same key did get an answer.
        if (!isUnavailable(failure)) throw failure;
        throw new DuesUnavailableError(describe(failure, attempt + 1), failure, idempotencyKey);
      }
      await pause(wait, signal);
    }
  }
}

/** The name of the tenant that the path or a header names. */
function tenantOf({ url, headers }: Request): string | null {
  const named = /\/api\/v1\/tenants\/([^/]+)/.exec(new URL(url).pathname)?.[1];
  if (named !== undefined) return decodeURIComponent(named);
  const externalId = headers.get("x-tenant-external-id");
  return externalId === null ? headers.get("x-tenant-id") : `external:${decodeURIComponent(externalId)}`;
}

function chooseIdempotencyKey(request: Request, headers: Headers, options: CallOptions): string | null {
  if (request.method === "GET" || request.method === "HEAD") return null;
  const given = options.idempotencyKey ?? headers.get("idempotency-key");
  const isNeeded = request.method === "POST" && !NEED_NO_KEY.includes(new URL(request.url).pathname);
  if (given === null && !isNeeded) return null;
  const key = given ?? uniqueId();
  headers.set("idempotency-key", key);
  return key;
}

function requestInit(method: string, headers: Headers, body: string | undefined, signal: AbortSignal): RequestInit {
  // A redirect that is followed turns a POST into a GET and drops the key. `next` keeps Next from caching checks.
  const init = { method, headers, body, signal, redirect: "manual" as const, next: { revalidate: 0 } };
  return init;
}

/** Reads the body of an answer. Throws when it is larger than any of Dues'. */
async function readText(response: Response, tenant: string | null): Promise<string> {
  const reader = response.body?.getReader();
  if (!reader) return response.text();
  const decoder = new TextDecoder();
  let [text, bytes] = ["", 0];
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return text + decoder.decode();
    bytes += value.byteLength;
    if (bytes > MAX_ANSWER_BYTES) {
      void reader.cancel().catch(() => {});
      throw unexpected(response, `is larger than ${MAX_ANSWER_BYTES} bytes`, tenant);
    }
    text += decoder.decode(value, { stream: true });
  }
}

function isJson(text: string): boolean {
  try {
    const parsed: unknown = JSON.parse(text);
    return typeof parsed === "object" && parsed !== null;
  } catch {
    return false;
  }
}

function isGone(failure: unknown): boolean {
  return failure instanceof DuesError && failure.code === "tenant_not_found";
}

function isWorthRetrying(failure: unknown): boolean {
  return isUnavailable(failure) || (failure instanceof DuesError && failure.code === "idempotency_in_progress");
}

/** Whether Dues was not reached or could not serve the request, as opposed to an answer about the request. */
function isUnavailable(failure: unknown): boolean {
  if (!(failure instanceof DuesError)) return true;
  const { status, code } = failure;
  // A page with the status of a success, or an error of a proxy. Others, as a redirect or a 404, mean a wrong address.
  if (code === UNEXPECTED) return (status >= 200 && status < 300) || status >= 500 || status === 408 || status === 429;
  // The request did not arrive whole. Dues' own 502 is the payment provider's refusal, which stays.
  return code === "unreadable_body" || [429, 500, 503, 504].includes(status);
}

function readError(response: Response, text: string, tenant: string | null): DuesError {
  let body: ErrorBody | undefined;
  try {
    const parsed = JSON.parse(text);
    if (typeof parsed?.code === "string" && typeof parsed.message === "string") body = parsed;
  } catch {
    // Not an answer of Dues, but of a proxy, for example.
  }
  if (!body) return unexpected(response, "is not Dues' own", tenant);
  const details = detailsOf(response, body, tenant);
  if (response.status === 402) return new UsageLimitError({ ...details, body: body as UsageLimitBody });
  return new DuesError(details);
}

/** The error of an answer that Dues did not give. */
function unexpected(response: Response, flaw: string, tenant: string | null): DuesError {
  const isRedirect = response.type === "opaqueredirect" || (response.status >= 300 && response.status < 400);
  const target = response.headers.get("location");
  const message = isRedirect
    ? `The address redirects${target ? ` to ${target}` : ""}. Set url to where Dues itself answers.`
    : `The answer, of status ${response.status}, ${flaw}. Check the address and what is between.`;
  return new DuesError(detailsOf(response, { error: "Unexpected answer", code: UNEXPECTED, message }, tenant));
}

function detailsOf(response: Response, body: ErrorBody, tenant: string | null) {
  const { status, headers } = response;
  const retryAfterSecs = readRetryAfter(headers.get("retry-after"));
  return { status, body, requestId: headers.get("x-request-id"), retryAfterSecs, tenant };
}

/** Reads `Retry-After`, which Dues writes in seconds, and what is between perhaps as a date. */
function readRetryAfter(value: string | null): number | null {
  if (!value) return null;
  const seconds = /^\d+$/.test(value) ? Number(value) : (Date.parse(value) - Date.now()) / 1000;
  return Number.isNaN(seconds) ? null : Math.max(0, seconds);
}

function describe(failure: unknown, attempts: number): string {
  const cause = failure instanceof Error ? (failure.cause instanceof Error ? failure.cause : failure).message : failure;
  return `Dues can't be reached (${attempts} ${attempts === 1 ? "attempt" : "attempts"}): ${cause}`;
}
