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
/** POSTs that are safe to repeat without a key: events have ids, and checks change nothing. */
const NEED_NO_KEY = ["/api/v1/usage/events", "/api/v1/checks"];
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

/** Waits; resolves early when `signal` is aborted. Does not keep a Node process alive. */
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
    const idempotencyKey = chooseIdempotencyKey(request, headers, options);
    const body =
      request.method === "GET" || request.method === "HEAD" ? undefined : (await request.text()) || undefined;
    const deadline = Date.now() + timeoutMs;
    for (let attempt = 0; ; attempt += 1) {
      signal?.throwIfAborted();
      const left = Math.max(1, Math.min(attemptTimeoutMs, deadline - Date.now()));
      const timeout = new AbortController();
      const timer = setTimeout(
        () => timeout.abort(new DOMException("Dues did not answer in time", "TimeoutError")),
        left,
      );
      const abort = () => timeout.abort(signal?.reason);
      signal?.addEventListener("abort", abort, { once: true });
      let failure: unknown;
      try {
        const sent = await fetch(request.url, { method: request.method, headers, body, signal: timeout.signal });
        // Read here, so that the time-out holds for the body, too.
        const text = sent.status === 304 || sent.status === 204 ? null : await sent.text();
        if (sent.ok || sent.status === 304) return new Response(text, { status: sent.status, headers: sent.headers });
        failure = readError(sent, text ?? "");
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
      if (attempt >= retries || Date.now() + wait >= deadline) {
        // A 409 for a call that waits for another with the same key is an answer of Dues.
        if (failure instanceof DuesError && failure.status < 500 && failure.status !== 429) throw failure;
        throw new DuesUnavailableError(describe(failure, attempt + 1), failure, idempotencyKey);
      }
      await pause(wait, signal);
    }
  }
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

function isWorthRetrying(failure: unknown): boolean {
  if (!(failure instanceof DuesError)) return true;
  // A proxy's 502 has no code of Dues. Dues' own 502 is a refusal of the payment provider, which is final.
  if (failure.status === 502) return failure.code === "unexpected_answer";
  if (failure.status === 409) return failure.code === "idempotency_in_progress";
  return [408, 429, 500, 503, 504].includes(failure.status);
}

function readError(response: Response, text: string): DuesError {
  let body: ErrorBody | undefined;
  try {
    const parsed = JSON.parse(text);
    if (typeof parsed?.code === "string" && typeof parsed.message === "string") body = parsed;
  } catch {
    // Not an answer of Dues, but of a proxy, for example.
  }
  body ??= {
    error: "Unexpected answer",
    code: "unexpected_answer",
    message: `The answer, of status ${response.status}, was not Dues' own. Check the address and what is between.`,
  };
  const details = {
    status: response.status,
    body,
    requestId: response.headers.get("x-request-id"),
    retryAfterSecs: readRetryAfter(response.headers.get("retry-after")),
  };
  if (response.status === 402) return new UsageLimitError({ ...details, body: body as UsageLimitBody });
  return new DuesError(details);
}

/** Reads `Retry-After` in seconds. Dues writes seconds; a proxy may write a date. */
function readRetryAfter(value: string | null): number | null {
  if (!value) return null;
  const seconds = /^\d+$/.test(value) ? Number(value) : (Date.parse(value) - Date.now()) / 1000;
  return Number.isNaN(seconds) ? null : Math.max(0, seconds);
}

function describe(failure: unknown, attempts: number): string {
  const cause = failure instanceof Error ? (failure.cause instanceof Error ? failure.cause : failure).message : failure;
  return `Dues can't be reached (${attempts} ${attempts === 1 ? "attempt" : "attempts"}): ${cause}`;
}
