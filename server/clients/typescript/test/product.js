// A process that tracks 2,500 uses and ends: `node product.js URL KEY return|SIGTERM|SIGINT|listens|exit|unflushed`.
import { writeSync } from "node:fs";
import { Dues } from "@dues/client";

const [url, key, ending] = process.argv.slice(2);
const onLost = ({ events, code }) => writeSync(1, `lost ${events.length} ${code}\n`);
const flushOnExit = ending !== "unflushed";
const dues = new Dues({ url, key, onLost, flushOnExit, flushIntervalMs: 60_000, timeoutMs: 500 });
for (let nth = 0; nth < 2_500; nth += 1) dues.track("telemetry_events_monthly");
if (["SIGTERM", "SIGINT", "listens"].includes(ending)) setInterval(() => {}, 60_000);
if (ending === "listens") process.on("SIGTERM", () => dues.close().then(() => process.exit(4)));
writeSync(1, "tracked\n");
if (ending === "exit") process.exit(3);
