// The generated types are those of the OpenAPI document, and products of each framework compile against the pack.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { Dues, TenantClient } from "@dues/client";

const root = fileURLToPath(new URL("..", import.meta.url));
const pack = join(root, "test/node_modules/@dues/client");

test("src/schema.ts is what generate.js makes of openapi.json", () => {
  const folder = mkdtempSync(join(tmpdir(), "dues-types-"));
  try {
    const made = join(folder, "schema.ts");
    execFileSync(process.execPath, ["generate.js", "../../openapi.json", made], { cwd: root });
    const isSame = readFileSync(made, "utf8") === readFileSync(join(root, "src/schema.ts"), "utf8");
    assert(isSame, "server/openapi.json has changed: run npm run types in server/clients/typescript");
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

function compile(...args) {
  try {
    execFileSync(process.execPath, ["node_modules/typescript/bin/tsc", ...args], { cwd: root, encoding: "utf8" });
  } catch (error) {
    assert.fail(error.stdout);
  }
}

test("a product in TypeScript compiles", () => compile("--project", "test/tsconfig.json"));

/** What the examples of the README take from the product. */
const PRODUCT = `
  declare const process: { env: Record<string, string | undefined>; on(...args: unknown[]): void; exit(code: 0): void };
  declare const [url, key, secret]: [string, string, string];
  declare const dues: import("@dues/client").Dues;
  declare const Dues: typeof import("@dues/client").Dues;
  declare const UsageLimitError: typeof import("@dues/client").UsageLimitError;
  declare const log: { error(...args: unknown[]): void };
  declare const app: { post(...args: unknown[]): void };
  declare function handler(): void;
  declare function orgOf(request: Request): string;
  declare function answer(request: Request): Promise<unknown>;
  declare const request: Request;
  declare module "next/server" { export function after(work: () => Promise<unknown>): void }
`;

test("the examples of the README compile", () => {
  // Beside the pack, so that its name resolves.
  const folder = mkdtempSync(join(root, "test/readme-"));
  try {
    writeFileSync(join(folder, "product.d.ts"), PRODUCT);
    const readme = readFileSync(join(root, "README.md"), "utf8");
    const examples = [...readme.matchAll(/^```ts\n(.*?)^```$/gms)].map(([, code], nth) => {
      const imports = code.match(/^import .*$/gm) ?? [];
      const rest = code.replace(/^import .*$/gm, "").replace(/^export /gm, "");
      const file = join(folder, `example${nth}.ts`);
      writeFileSync(file, [...imports, "export async function example() {", rest, "}"].join("\n"));
      return file;
    });
    assert(examples.length >= 8);
    const options = readFileSync(join(root, "test/tsconfig.json"), "utf8");
    const config = { ...JSON.parse(options), include: ["*.ts"] };
    writeFileSync(join(folder, "tsconfig.json"), JSON.stringify(config));
    compile("--project", folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

test("the README lists every method", () => {
  const readme = readFileSync(join(root, "README.md"), "utf8");
  const dues = new Dues({ url: "https://billing.example.com", key: "dues_a_b" });
  // At run time, private methods look like others.
  const hidden = ["constructor", "with", "orUnavailable", "at"];
  const methods = ({ prototype }) => Object.getOwnPropertyNames(prototype).filter((name) => !hidden.includes(name));
  const listed = [...methods(TenantClient), ...methods(Dues)].map((name) => (name === "buffered" ? name : `${name}(`));
  listed.push(...methods(dues.tenants.constructor).map((name) => `tenants.${name}(`));
  assert(listed.length >= 28, listed);
  assert.deepEqual(
    listed.filter((call) => !readme.includes(`| \`${call}`)),
    [],
  );
});

test("the pack has what users need, and depends on openapi-fetch alone", () => {
  const about = JSON.parse(readFileSync(join(pack, "package.json"), "utf8"));
  assert.deepEqual(Object.keys(about.dependencies), ["openapi-fetch"]);
  assert.deepEqual(about.peerDependenciesMeta, { standardwebhooks: { optional: true } });
  for (const { types, default: code } of Object.values(about.exports)) {
    for (const file of [types, code]) assert(existsSync(join(pack, file)), file);
  }
  assert.deepEqual(readdirSync(pack).sort(), ["LICENSE", "README.md", "dist", "package.json"]);
  const license = (folder) => readFileSync(join(folder, "LICENSE"), "utf8");
  assert.equal(license(pack), license(join(root, "../../..")));
});

test("the client needs nothing of Node", () => {
  for (const file of readdirSync(join(pack, "dist")).filter((name) => name.endsWith(".js"))) {
    assert.doesNotMatch(readFileSync(join(pack, "dist", file), "utf8"), /from "node:|require\(/, file);
  }
});
