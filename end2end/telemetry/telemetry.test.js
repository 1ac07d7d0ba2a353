// A Prometheus (Debian's package) scrapes a demo: promtool accepts the alert rules, the rules fire when their cause is
// there, and each query of the dashboard has an answer. `make telemetry-test` runs this.
import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, before, test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";

import { freePort } from "../load/processes.mjs";

const here = dirname(fileURLToPath(import.meta.url));
const root = join(here, "../..");
const binary = process.env.DUES_SERVER ?? join(root, "target/debug/server");
const rules = join(root, "server/ops/prometheus-rules.yml");
const dashboard = join(root, "server/ops/grafana-dashboard.json");
const PATIENCE_MS = 60_000;
const POLL_MS = 250;
/** Metrics that a demo has as soon as it runs. Queries that name only these have a result. */
const PRESENT = /^(http_requests|http_request_duration|http_connections$|dues_jobs|dues_trace|dues_webhook_messages|dues_drift)/;

const folder = mkdtempSync(join(tmpdir(), "dues-telemetry-"));
const children = [];
let prometheusUrl;
let metricsUrl;
let demo;
let demoUrl;

function start(command, args, env) {
  const child = spawn(command, args, { env: { PATH: process.env.PATH, HOME: process.env.HOME, ...env }, stdio: ["ignore", "ignore", "inherit"] });
  children.push(child);
  return child;
}

async function eventually(what, holds) {
  const deadline = Date.now() + PATIENCE_MS;
  for (;;) {
    const value = await holds().catch(() => undefined);
    if (value) return value;
    if (Date.now() > deadline) throw new Error(`timed out waiting until ${what}`);
    await pause(POLL_MS);
  }
}

const get = async (url) => {
  const answer = await fetch(url);
  if (!answer.ok) throw new Error(`${url} answers ${answer.status}: ${await answer.text()}`);
  return answer;
};

async function query(expression) {
  const answer = await (await get(`${prometheusUrl}/api/v1/query?query=${encodeURIComponent(expression)}`)).json();
  assert.equal(answer.status, "success", expression);
  return answer.data.result;
}

async function isFiring(name) {
  const { data } = await (await get(`${prometheusUrl}/api/v1/alerts`)).json();
  return data.alerts.some(({ labels, state }) => labels.alertname === name && state === "firing");
}

/** Every expression of the dashboard, with ranges that fit scrapes each second. */
function expressions() {
  const all = [];
  const walk = (value) => {
    for (const [name, field] of Object.entries(value ?? {})) {
      if (name === "expr") all.push(field.replaceAll("$__rate_interval", "15s"));
      else if (typeof field === "object") walk(field);
    }
  };
  walk(JSON.parse(readFileSync(dashboard, "utf8")));
  return all;
}

before(async () => {
  const [port, sandboxPort, metricsPort, prometheusPort] = [await freePort(), await freePort(), await freePort(), await freePort()];
  demoUrl = `http://127.0.0.1:${port}`;
  metricsUrl = `http://127.0.0.1:${metricsPort}/metrics`;
  prometheusUrl = `http://127.0.0.1:${prometheusPort}`;
  demo = start(binary, ["demo", "--data", join(folder, "data")], {
    LISTEN: `127.0.0.1:${port}`,
    SANDBOX_LISTEN: `127.0.0.1:${sandboxPort}`,
    METRICS_LISTEN: `127.0.0.1:${metricsPort}`,
    // No collector is there, so that spans are lost.
    OTEL_EXPORTER_OTLP_ENDPOINT: "http://127.0.0.1:1",
  });
  await eventually("the demo is ready", async () => (await get(`${demoUrl}/readyz`)).ok);
  // The rules wait for minutes, a test for seconds.
  const quick = readFileSync(rules, "utf8").replace(/for: \d+m/g, "for: 1s").replace(/\[\d+[mh]\]/g, "[15s]");
  writeFileSync(join(folder, "rules.yml"), quick);
  writeFileSync(join(folder, "prometheus.yml"), `
global: { scrape_interval: 1s, evaluation_interval: 1s }
rule_files: [rules.yml]
scrape_configs:
  - job_name: dues
    static_configs: [{ targets: ["127.0.0.1:${metricsPort}"] }]
`);
  start("prometheus", [
    `--config.file=${join(folder, "prometheus.yml")}`,
    `--storage.tsdb.path=${join(folder, "tsdb")}`,
    `--web.listen-address=127.0.0.1:${prometheusPort}`,
    "--log.level=warn",
  ]);
  await eventually("Prometheus has scraped the demo", async () => (await query('up{job="dues"} == 1')).length === 1);
});

after(async () => {
  for (const child of children) child.kill("SIGKILL");
  await pause(POLL_MS);
  rmSync(folder, { recursive: true, force: true });
});

test("promtool accepts the rules, and its tests of them pass", () => {
  execFileSync("promtool", ["check", "rules", rules], { stdio: "pipe" });
  execFileSync("promtool", ["test", "rules", join(here, "rules.test.yml")], { stdio: "pipe" });
});

test("promtool finds nothing wrong with the names of the metrics", async () => {
  const text = await (await get(metricsUrl)).text();
  execFileSync("promtool", ["check", "metrics"], { input: text, stdio: ["pipe", "pipe", "pipe"] });
});

test("metrics hold nothing of tenants", async () => {
  const { tenants } = JSON.parse(readFileSync(join(folder, "data/demo.json"), "utf8"));
  const text = await (await get(metricsUrl)).text();
  for (const { id, name, owner } of tenants) {
    for (const word of [id, name, owner.email]) assert.ok(!text.includes(word), `${word} is in the metrics`);
  }
});

test("each query of the dashboard has an answer", async () => {
  for (const expression of expressions()) {
    await get(`${demoUrl}/healthz`);
    const names = expression.match(/\b(dues|http|housekeeping)_\w+/g) ?? [];
    assert.ok(names.length > 0, expression);
    // A demo answers no request with an error of its own.
    if (names.every((name) => PRESENT.test(name)) && !expression.includes('"5.."')) {
      await eventually(`${expression} has a result`, async () => (await query(expression)).length > 0);
    } else {
      await query(expression);
    }
  }
});

test("spans that no collector takes fire an alert, and the demo answers on", async () => {
  await eventually("DuesTracesLost fires", async () => {
    await get(`${demoUrl}/healthz`);
    return isFiring("DuesTracesLost");
  });
  assert.equal(await isFiring("DuesDown"), false);
});

test("a node that is gone fires an alert", async () => {
  demo.kill("SIGKILL");
  await eventually("DuesDown fires", () => isFiring("DuesDown"));
});
