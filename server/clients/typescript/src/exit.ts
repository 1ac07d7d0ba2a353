// Sends what waits when a Node process ends. Without Node there is no such moment: call `flush` before it.

/** What is to be sent before the process ends. */
interface Pending {
  drain(): Promise<void>;
  loseAll(): void;
}

interface Process {
  pid: number;
  on(event: string, listener: () => void): void;
  once(event: string, listener: () => void): void;
  off(event: string, listener: () => void): void;
  listenerCount(event: string): number;
  kill(pid: number, signal: string): void;
}

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
  // Asynchronous work no longer runs at this event.
  process.on("exit", () => pending.forEach((tracker) => tracker.loseAll()));
  const terminate = () => {
    // The first signal only: a second one ends the process at once.
    process.off("SIGTERM", terminate);
    void drain().finally(() => {
      // If the product listens, too, it ends the process itself.
      if (process.listenerCount("SIGTERM") === 0) process.kill(process.pid, "SIGTERM");
    });
  };
  process.on("SIGTERM", terminate);
}

async function drain(): Promise<void> {
  await Promise.all([...pending].map((tracker) => tracker.drain()));
}
