// Acknowledged writes of the sandbox survive `kill -9`.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import Stripe from "stripe";
import { key, startSandbox } from "./sandbox.js";

const client = ({ port }) => new Stripe(key, { host: "127.0.0.1", port, protocol: "http", telemetry: false });

test("kill -9 during writes loses no acknowledged write", async () => {
  const data = mkdtempSync(join(tmpdir(), "sandbox-data-"));
  try {
    const first = await startSandbox({ data });
    const stripe = client(first);
    const answered = [];
    const writers = Array.from({ length: 8 }, async () => {
      try {
        for (;;) answered.push((await stripe.customers.create({ name: "Acme" }, { maxNetworkRetries: 0 })).id);
      } catch {
        // The sandbox was killed.
      }
    });
    while (answered.length < 100) await new Promise((resolve) => setTimeout(resolve, 5));
    await first.stop("SIGKILL");
    await Promise.all(writers);

    const second = await startSandbox({ data });
    try {
      const kept = await client(second).customers.list({ limit: 100 }).autoPagingToArray({ limit: 10_000 });
      const ids = new Set(kept.map((one) => one.id));
      assert.deepEqual(answered.filter((id) => !ids.has(id)), []);
      // Only writes in flight may have been stored without a response.
      assert.ok(ids.size <= answered.length + writers.length);
    } finally {
      await second.stop();
    }
  } finally {
    rmSync(data, { recursive: true, force: true });
  }
});
