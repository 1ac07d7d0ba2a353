// The files of server/docs/next.md: they compile, and their route handlers work with the packed client. Next itself is
// not installed: a stand-in for `next/server` runs the work of `after` when the test asks for it.
import { expect, test } from "@playwright/test";
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { Webhook } from "standardwebhooks";
import ts from "typescript";
import { Demo } from "../demo.ts";
import { readPage, root } from "./pages.ts";
import { packedClient } from "./session.ts";

const files = readPage("server/docs/next.md").blocks.filter(({ marks }) => marks.has("file"));
const secret = `whsec_${Buffer.from("secret of the test").toString("base64")}`;
/** The origin of the product; the demo allows it. */
const product = "https://yourapp.com";

// One demo and one folder for all tests.
test.describe.configure({ mode: "serial" });

let folder: string;
let demo: Demo;

test.beforeAll(async () => {
  demo = await Demo.start("docs-next");
  folder = mkdtempSync(join(tmpdir(), "dues-next-"));
  write("package.json", JSON.stringify({ type: "module" }));
  const quiet = ["--no-save", "--no-package-lock", "--prefer-offline", "--no-audit", "--no-fund", "--silent"];
  execFileSync("npm", ["install", "--prefix", folder, ...quiet, packedClient, "standardwebhooks"], { cwd: folder });
  const next = { name: "next", exports: { "./server": { types: "./server.d.ts", default: "./server.js" } } };
  write("node_modules/next/package.json", JSON.stringify({ ...next, type: "module" }));
  write("node_modules/next/server.d.ts", "export declare function after(work: () => unknown): void;");
  write("node_modules/next/server.js", "export const works = [];\nexport const after = (work) => works.push(work);");
  for (const { marks, code } of files) {
    const name = marks.get("file") ?? "";
    write(name, code);
    const target = { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext };
    const { outputText } = ts.transpileModule(code, { compilerOptions: target });
    // A bundler finds "../lib/dues"; Node needs the file's name.
    write(name.replace(/ts$/, "js"), outputText.replace(/from "(\..*?)"/g, 'from "$1.js"'));
  }
  Object.assign(process.env, { DUES: demo.url, DUES_KEY: demo.installationKey, DUES_WEBHOOK_SECRET: secret });
});

test.afterAll(async () => {
  if (folder) rmSync(folder, { recursive: true, force: true });
  await demo?.end();
});

function write(name: string, text: string): void {
  mkdirSync(dirname(join(folder, name)), { recursive: true });
  writeFileSync(join(folder, name), text);
}

const load = (name: string) => import(pathToFileURL(join(folder, name)).href);
const post = (path: string, body?: unknown, headers?: Record<string, string>) =>
  new Request(`${product}${path}`, { method: "POST", body: body === undefined ? null : JSON.stringify(body), headers });

test("the files compile", () => {
  const options: ts.CompilerOptions = {
    target: ts.ScriptTarget.ES2022,
    module: ts.ModuleKind.ESNext,
    moduleResolution: ts.ModuleResolutionKind.Bundler,
    strict: true,
    noEmit: true,
    skipLibCheck: true,
    types: ["node"],
    typeRoots: [join(root, "end2end/node_modules/@types")],
  };
  const names = files.map(({ marks }) => join(folder, marks.get("file") ?? ""));
  const errors = ts.getPreEmitDiagnostics(ts.createProgram(names, options));
  expect(errors.map(({ file, messageText }) => [file?.fileName, ts.flattenDiagnosticMessageText(messageText, " ")])).toEqual([]);
});

test("the handlers provision, gate, meter, open the billing page and receive the webhook", async () => {
  const organizations = await load("app/api/organizations/route.js");
  const made = await organizations.POST(post("/api/organizations", { id: "org_42", name: "Example Works" }));
  expect([made.status, await made.json()]).toEqual([201, { id: "org_42", plan: "free" }]);

  const ask = await load("app/api/ask/route.js");
  const statuses = [];
  for (let question = 0; question < 3; question += 1) statuses.push((await ask.POST(post("/api/ask"))).status);
  expect(statuses).toEqual([200, 200, 402]);

  const { works } = await load("node_modules/next/server.js");
  const imports = await load("app/api/import/route.js");
  expect((await imports.POST(post("/api/import"))).status).toBe(200);
  expect(works).toHaveLength(1);
  await works[0]();
  const { dues } = await load("lib/dues.js");
  const { features } = await dues.tenant("org_42").entitlements();
  expect([features.ai_tokens.used, features.telemetry_events_monthly.used]).toEqual([80_000, 1]);

  const billing = await load("app/billing/route.js");
  const { status, headers } = await billing.GET(new Request(`${product}/billing`));
  expect(status).toBe(303);
  const page = await fetch(headers.get("location") ?? "", { redirect: "manual" });
  expect([page.status, page.headers.get("location")]).toEqual([303, "/membership"]);

  const { POST: receive } = await load("app/webhooks/dues/route.js");
  const { plans } = await load("lib/plans.js");
  expect((await receive(signed({ revision: 7, plan: "pro" }))).status).toBe(204);
  expect((await receive(signed({ revision: 6, plan: "free" }))).status).toBe(204);
  expect((await receive(post("/webhooks/dues", { type: "subscription.updated" }))).status).toBe(400);
  expect([...plans]).toEqual([["org_42", { revision: 7, plan: "pro" }]]);
});

/** A message of the installation, signed as Dues does. */
function signed(state: { revision: number; plan: string }): Request {
  const now = new Date();
  const body = { type: "subscription.updated", timestamp: now.toISOString(), data: { externalId: "org_42", ...state } };
  return post("/webhooks/dues", body, {
    "webhook-id": "msg_1",
    "webhook-timestamp": String(Math.floor(now.getTime() / 1000)),
    "webhook-signature": new Webhook(secret).sign("msg_1", now, JSON.stringify(body)),
  });
}
