// The generated types are those of the OpenAPI document, and products of each framework compile against the pack.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

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

test("a product in TypeScript compiles", () => {
  const args = ["node_modules/typescript/bin/tsc", "--project", "test/tsconfig.json"];
  try {
    execFileSync(process.execPath, args, { cwd: root, encoding: "utf8" });
  } catch (error) {
    assert.fail(error.stdout);
  }
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
