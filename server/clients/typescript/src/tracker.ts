// Buffers usage events and sends them in batches. An event leaves the buffer when Dues has it, or when it was handed to
// `onLost`. Its id is made when it is tracked, so an event that is sent again counts once.
import { DuesError } from "./errors.js";
import { onExit } from "./exit.js";
import type { components } from "./schema.js";
import { backoffMs, pause, type SendOptions, uniqueId } from "./transport.js";

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
  /** Whether to send what waits when a Node process ends or gets SIGTERM. */
  flushOnExit?: boolean;
  /** Gets the events that can't be counted. Writes to the console when missing. */
  onLost?: (lost: LostEvents) => void;
}

export type SendEvents = (events: UsageEvent[], options: SendOptions) => Promise<Outcome>;

/** Below the API's limit of 1 MiB. */
const MAX_BATCH_BYTES = 900_000;
const MAX_BATCH = 1_000;
const MAX_AMOUNT = Number.MAX_SAFE_INTEGER;

export class Tracker {
  private readonly waiting: { event: UsageEvent; bytes: number }[] = [];
  private readonly options: Required<TrackerOptions>;
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
      if (this.options.flushOnExit && this.waiting.length === 1) this.forgetExit = onExit(this);
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
    const last = this.waiting.at(-1);
    while (last && this.waiting.includes(last)) await this.send();
  }

  /** Sends what waits; what can't be sent in time is handed to `onLost`. Later events are handed to it, too. */
  close(timeoutMs = this.options.closeTimeoutMs): Promise<void> {
    this.closing ??= this.drain(timeoutMs);
    return this.closing;
  }

  /** Like `close`, but the tracker accepts events afterwards. */
  async drain(timeoutMs = this.options.closeTimeoutMs): Promise<void> {
    const deadline = Date.now() + timeoutMs;
    for (let attempt = 0; this.waiting.length > 0; attempt += 1) {
      const left = deadline - Date.now();
      if (left <= 0) break;
      const timer = setTimeout(() => this.stop.abort(), left);
      try {
        await this.send();
        attempt = 0;
      } catch {
        await pause(Math.min(backoffMs(attempt), Math.max(0, deadline - Date.now())));
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
      let rejected: Outcome["rejected"];
      try {
        ({ rejected } = await this.sendEvents(batch, { signal: this.stop.signal }));
      } catch (error) {
        // An answer that is not Dues' own says nothing about the events.
        const refused = error instanceof DuesError && error.code !== "unexpected_answer" ? error : undefined;
        if (refused?.status === 413 && size > 1) {
          size = Math.ceil(size / 2);
          continue;
        }
        if (!refused) {
          this.failures += 1;
          throw error;
        }
        // Sent again, the same would be refused again: a wrong key, or a key without the scope.
        rejected = batch.map((_, index) => ({ index, code: refused.code, message: refused.message }));
      }
      this.failures = 0;
      this.waiting.splice(0, size);
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

function writeToConsole({ events, code, message }: LostEvents): void {
  console.error(`Dues did not count ${events.length} usage events (${code}): ${message}`, JSON.stringify(events));
}
