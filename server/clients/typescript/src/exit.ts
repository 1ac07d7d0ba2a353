// Sends what waits when a Node process ends. Without Node there is no such moment: call `flush` before it.

/** What is to be sent before the process ends. */
interface Pending {
  /** Whether to send it then. What is not sent is handed over. */
  readonly drainsOnExit: boolean;
  drain(): Promise<void>;
  loseAll(): void;
}

interface Process {
  pid: number;
  on(event: string, listener: (signal: string) => void): void;
  off(event: string, listener: (signal: string) => void): void;
  listenerCount(event: string): number;
  kill(pid: number, signal: string): void;
}

/** Signals that end a process politely: of an orchestrator, and of Ctrl-C. */
const SIGNALS = ["SIGTERM", "SIGINT"];
const pending = new Set<Pending>();
let isListening = false;

/** Registers a tracker with waiting events. Returns a function that removes it. */
export function onExit(tracker: Pending): () => void {
  const { process } = globalThis as { process?: Process };
  if (typeof process?.on !== "function" || typeof process.kill !== "function") return () => {};
  pending.add(tracker);
  if (!isListening) listen(process);
  return () => void pending.delete(tracker);
}

function listen(process: Process): void {
  isListening = true;
  process.on("beforeExit", () => void drain());
  // Nothing asynchronous runs after this one.
  process.on("exit", loseAll);
  const terminate = (signal: string) => {
    // The first signal only: a second one ends the process at once.
    for (const one of SIGNALS) process.off(one, terminate);
    void drain().finally(() => {
      // If the product listens, too, it ends the process itself, or goes on.
      if (process.listenerCount(signal) > 0) return SIGNALS.forEach((one) => process.on(one, terminate));
      loseAll();
      process.kill(process.pid, signal);
    });
  };
  for (const one of SIGNALS) process.on(one, terminate);
}

async function drain(): Promise<void> {
  await Promise.all([...pending].map((tracker) => tracker.drainsOnExit && tracker.drain()));
}

function loseAll(): void {
  for (const tracker of pending) tracker.loseAll();
}
