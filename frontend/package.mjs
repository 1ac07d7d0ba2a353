// Packages wasm-bindgen's output as immutable files: named by content hash, compressed, listed in manifest.json.
// Usage: node frontend/package.mjs FROM INTO PROFILE
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { brotliCompressSync, constants } from "node:zlib";

const [from, into, profile] = process.argv.slice(2);
const release = profile === "wasm-release";

function named(stem, extension, content) {
  return `${stem}-${createHash("sha256").update(content).digest("hex").slice(0, 16)}.${extension}`;
}

function replaceOnce(text, what, by) {
  const parts = text.split(what);
  if (parts.length !== 2) throw new Error(`wasm-bindgen wrote ${what} ${parts.length - 1} times, not once`);
  return parts.join(by);
}

if (existsSync(join(from, "snippets"))) {
  throw new Error("a dependency has JavaScript snippets, which package.mjs does not support");
}
const wasm = readFileSync(join(from, "dues_bg.wasm"));
const wasmName = named("dues_bg", "wasm", wasm);
const glue = replaceOnce(readFileSync(join(from, "dues.js"), "utf8"), "dues_bg.wasm", wasmName);
const start = readFileSync(new URL("start.js", import.meta.url), "utf8");
const js = Buffer.from(`${glue}\n${start}`);
const jsName = named("dues", "js", js);

mkdirSync(into, { recursive: true });
const kept = new Set(["manifest.json"]);
for (const [name, content] of [[jsName, js], [wasmName, wasm]]) {
  const quality = release ? constants.BROTLI_MAX_QUALITY : constants.BROTLI_MIN_QUALITY + 1;
  const packed = brotliCompressSync(content, {
    params: { [constants.BROTLI_PARAM_QUALITY]: quality, [constants.BROTLI_PARAM_SIZE_HINT]: content.length },
  });
  writeFileSync(join(into, name), content);
  writeFileSync(join(into, `${name}.br`), packed);
  kept.add(name).add(`${name}.br`);
  console.log(`${name}  ${content.length} bytes, ${packed.length} after brotli`);
}
// The manifest changes last and atomically, so that a server started meanwhile finds the files that it lists.
const manifest = join(into, "manifest.json");
writeFileSync(`${manifest}.new`, `${JSON.stringify({ js: jsName, wasm: wasmName })}\n`);
renameSync(`${manifest}.new`, manifest);
for (const name of readdirSync(into)) if (!kept.has(name)) rmSync(join(into, name));
