// Buffers usage events and sends them in batches. An event leaves the buffer when Dues has it, or when it was handed to
// `onLost`. Its id is made when it is tracked, so an event that is sent again counts once.
import { DuesError, DuesUnavailableError } from "./errors.js";
import { onExit } from "./exit.js";
import type { components } from "./schema.js";
import { backoffMs, now, pause, type SendOptions, UNEXPECTED, uniqueId } from "./transport.js";

export type UsageEvent = components["schemas"]["CloudEvent"];
type Outcome = components["schemas"]["EventsResponse"];

/** Events that will not be counted unless they are sent again, and why. */
export interface LostEvents {
  events: UsageEvent[];
  /** `buffer_full`, `closed`, `dues_unavailable` at the end of the process, or the API's code. */
  code: string;
  message: string;
}

export interface TrackOptions {
  /** In the feature's unit; 1 when missing. */
  amount?: number;
  /** The event's id, which counts once; a new one when missing. */
  id?: string;
  /** When it happened; now when missing. */
  time?: Date;
}

export interface TrackerOptions {
  /** The `source` of events. An id counts once for each source. */
  source?: string;
  /** How many events may wait, before new ones are handed to `onLost`. */
  maxBuffered?: number;
  /** How long an event waits for others, in milliseconds. */
  flushIntervalMs?: number;
  /** How many events a request carries, at most 1,000. */
  batchSize?: number;
  /** How long `close` and the end of the process wait for Dues, in milliseconds. */
  closeTimeoutMs?: number;
  /** Whether to send what waits when a Node process ends or gets SIGTERM or SIGINT; if not, it goes to `onLost`. */
  flushOnExit?: boolean;
  /** Gets the events that can't be counted. Writes to the console when missing. */
  onLost?: (lost: LostEvents) => void;
}

export type SendEvents = (events: UsageEvent[], options: SendOptions) => Promise<Outcome>;

/** Below the API's limit of 1 MiB. */
const MAX_BATCH_BYTES = 900_000;
const MAX_BATCH = 1_000;
const MAX_AMOUNT = Number.MAX_SAFE_INTEGER;
/** Half of a pair of UTF-16 units: text with one is no JSON for Dues, and would have its whole batch refused. */
const LONE_SURROGATE = /\p{Surrogate}/u;

export class Tracker {
  private readonly waiting: { event: UsageEvent; bytes: number }[] = [];
  private readonly options: Required<TrackerOptions>;
  /** How many events have left the buffer, since the start. */
  private settled = 0;
  private stop = new AbortController();
  private timer: ReturnType<typeof setTimeout> | undefined;
  private sending: Promise<void> | undefined;
  private failures = 0;
  private closing: Promise<void> | undefined;
  private forgetExit = () => {};

  constructor(
    private readonly sendEvents: SendEvents,
    options: TrackerOptions = {},
  ) {
    this.options = {
      source: options.source ?? "/dues-client",
      maxBuffered: options.maxBuffered ?? 100_000,
      flushIntervalMs: options.flushIntervalMs ?? 1_000,
      batchSize: Math.max(1, Math.min(options.batchSize ?? MAX_BATCH, MAX_BATCH)),
      closeTimeoutMs: options.closeTimeoutMs ?? 10_000,
      flushOnExit: options.flushOnExit ?? true,
      onLost: options.onLost ?? writeToConsole,
    };
  }

  get drainsOnExit(): boolean {
    return this.options.flushOnExit;
  }

  /** How many events wait. */
  get size(): number {
    return this.waiting.length;
  }

  /** Takes an event and returns its id at once. Throws a TypeError for an invalid amount. */
  track(
    feature: string,
    subject: string | undefined,
    { amount = 1, id = uniqueId(), time = new Date() }: TrackOptions,
  ): string {
    if (!Number.isInteger(amount) || amount < 1 || amount > MAX_AMOUNT) {
      throw new TypeError(`amount must be a whole number, 1 to ${MAX_AMOUNT}.`);
    }
    const { source } = this.options;
    if ([feature, subject ?? "", id, source].some((text) => LONE_SURROGATE.test(text))) {
      throw new TypeError("Feature, tenant and id must be well-formed text.");
    }
    const event: UsageEvent = {
      specversion: "1.0",
      id,
      source,
      type: feature,
      time: time.toISOString(),
      data: { amount },
    };
    if (subject !== undefined) event.subject = subject;
    if (this.closing) {
      this.lose([event], "closed", "The client is closed.");
    } else if (this.waiting.length >= this.options.maxBuffered) {
      this.lose([event], "buffer_full", `${this.waiting.length} events wait for Dues already.`);
    } else {
      // A UTF-16 unit is at most three bytes of UTF-8.
      this.waiting.push({ event, bytes: JSON.stringify(event).length * 3 });
      if (this.waiting.length === 1) this.forgetExit = onExit(this);
      if (this.sending) return id;
      if (this.waiting.length >= this.options.batchSize && this.failures === 0) void this.send().catch(() => {});
      else this.schedule();
    }
    return id;
  }

  /**
   * Sends what waits now. Rejects when Dues can't be reached: the events then still wait, and are sent when it can be
   * reached again.
   */
  async flush(): Promise<void> {
    const goal = this.settled + this.waiting.length;
    while (this.settled < goal) await this.send();
  }

  /** Sends what waits; what can't be sent in time is handed to `onLost`. Later events are handed to it, too. */
  close(timeoutMs = this.options.closeTimeoutMs): Promise<void> {
    this.closing ??= this.drain(timeoutMs);
    return this.closing;
  }

  /** Like `close`, but the tracker accepts events afterwards. */
  async drain(timeoutMs = this.options.closeTimeoutMs): Promise<void> {
    const deadline = now() + timeoutMs;
    for (let attempt = 0; this.waiting.length > 0; attempt += 1) {
      const left = deadline - now();
      if (left <= 0) break;
      const timer = setTimeout(() => this.stop.abort(), left);
      try {
        await this.send();
        attempt = 0;
      } catch {
        await pause(Math.min(backoffMs(attempt), Math.max(0, deadline - now())));
      } finally {
        clearTimeout(timer);
      }
    }
    this.loseAll();
    if (this.stop.signal.aborted) this.stop = new AbortController();
  }

  /** Hands everything that waits to `onLost`. */
  loseAll(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    const lost = this.waiting.splice(0).map(({ event }) => event);
    this.settled += lost.length;
    this.forgetExit();
    if (lost.length > 0) this.lose(lost, "dues_unavailable", "Dues could not be reached before the client ended.");
  }

  private schedule(): void {
    if (this.timer !== undefined || this.closing || this.waiting.length === 0) return;
    const wait =
      this.failures === 0 ? this.options.flushIntervalMs : backoffMs(this.failures) + this.options.flushIntervalMs;
    this.timer = setTimeout(() => void this.send().catch(() => {}), wait);
    // The timer does not keep the process alive: a process that ends sends the events then.
    (this.timer as { unref?: () => void }).unref?.();
  }

  /** Sends one batch; calls at the same time share it. */
  private send(): Promise<void> {
    this.sending ??= this.sendBatch().finally(() => {
      this.sending = undefined;
      if (this.waiting.length === 0) this.forgetExit();
      else if (this.failures === 0 && this.waiting.length >= this.options.batchSize) void this.send().catch(() => {});
      else this.schedule();
    });
    return this.sending;
  }

  private async sendBatch(): Promise<void> {
    clearTimeout(this.timer);
    this.timer = undefined;
    let size = this.batchSize();
    while (size > 0) {
      const batch = this.waiting.slice(0, size).map(({ event }) => event);
      const end = this.settled + size;
      let rejected: Outcome["rejected"];
      try {
        rejected = rejectedOf(await this.sendEvents(batch, { signal: this.stop.signal }), size);
      } catch (error) {
        // What is not Dues' own answer says nothing about the events, except that a proxy lets no such size pass.
        const isRefusal = error instanceof DuesError && (error.code !== UNEXPECTED || error.status === 413);
        const refused = isRefusal ? error : undefined;
        // One event that Dues can't read must not take the others with it.
        if (refused && [400, 413].includes(refused.status) && size > 1) {
          size = Math.ceil(size / 2);
          continue;
        }
        if (!refused) {
          this.failures += 1;
          throw error;
        }
        // Sent again, the same would be refused again: a wrong key, or a key without the scope.
        rejected = batch.map((_, index) => ({ index, code: refused.code, message: refused.body.message }));
      }
      this.failures = 0;
      // `drain` may have handed some over meanwhile, and new ones have come since.
      const left = Math.max(0, end - this.settled);
      this.waiting.splice(0, left);
      this.settled += left;
      this.report(batch, rejected);
      return;
    }
  }

  private batchSize(): number {
    let bytes = 0;
    let size = 0;
    for (const { bytes: more } of this.waiting) {
      bytes += more;
      if (size === this.options.batchSize || (size > 0 && bytes > MAX_BATCH_BYTES)) break;
      size += 1;
    }
    return size;
  }

  private report(batch: UsageEvent[], rejected: Outcome["rejected"]): void {
    const byCode = new Map<string, LostEvents>();
    for (const { index, code, message } of rejected) {
      const event = batch[index];
      const lost = byCode.get(code) ?? { events: [], code, message };
      if (event) lost.events.push(event);
      byCode.set(code, lost);
    }
    for (const { events, code, message } of byCode.values()) this.lose(events, code, message);
  }

  private lose(events: UsageEvent[], code: string, message: string): void {
    try {
      this.options.onLost({ events, code, message });
    } catch (error) {
      writeToConsole({ events, code, message: `${message} onLost failed: ${error}` });
    }
  }
}

/** What Dues rejected of a batch. Throws when the answer does not account for each event of it. */
function rejectedOf(answer: Outcome | undefined, size: number): Outcome["rejected"] {
  const { accepted = 0, duplicates = 0, rejected } = answer ?? {};
  const isComplete = Array.isArray(rejected) && accepted + duplicates + rejected.length === size;
  if (isComplete && rejected.every(({ index }) => index >= 0 && index < size)) return rejected;
  throw new DuesUnavailableError("The answer does not account for each event.", undefined, null);
}

function writeToConsole({ events, code, message }: LostEvents): void {
  console.error(`Dues did not count ${events.length} usage events (${code}): ${message}`, JSON.stringify(events));
}
