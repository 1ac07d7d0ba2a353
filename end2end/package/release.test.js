// The files of a release: checksums, SBOMs, a stripped binary. `make package-test` calls it.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { arch, release, version } from "./names.js";

const name = `dues_${version}_${arch}`;
const files = [name, `${name}.deb`, `${name}.oci.tar`, `${name}.cdx.json`, `dues_${version}_browser.cdx.json`];

const run = (command, ...args) => execFileSync(command, args, { cwd: release, encoding: "utf8" });

test("a release has its files, and a checksum of each", () => {
  assert.deepEqual(readdirSync(release).sort(), [...files, "SHA256SUMS"].sort());
  const lines = readFileSync(join(release, "SHA256SUMS"), "utf8").trim().split("\n");
  const listed = lines.map((line) => line.split(/ [ *]/)[1]);
  assert.deepEqual(listed.sort(), [...files].sort());
  run("sha256sum", "--check", "--strict", "--quiet", "SHA256SUMS");
});

test("the binary says its version, and has no symbols", () => {
  assert.match(run(join(release, name), "--version"), new RegExp(` ${version.replaceAll(".", "\\.")}$`, "m"));
  assert.doesNotMatch(run("readelf", "--sections", "--wide", name), /\.symtab|\.debug_/);
});

test("the binary keeps the files and lines that a panic reports", () => {
  const content = readFileSync(join(release, name));
  assert.ok(content.includes("server/billing/src/") && content.includes("server/src/"));
});

test("the binary needs no library beyond those of the C compiler", () => {
  const entries = run("readelf", "--dynamic", "--wide", name).matchAll(/\(NEEDED\).*\[(.*?)\]/g);
  const needed = [...entries].map(([, library]) => library);
  const known = /^(libc|libm|libgcc_s|ld-linux[a-z0-9-]*)\.so\.\d+$/;
  assert.deepEqual(needed.filter((library) => !known.test(library)), []);
});

test("the SBOMs name the crates of the server and of the browser's files", () => {
  for (const [file, crates] of [
    [`${name}.cdx.json`, ["axum", "sqlx", "tokio", "rustls", "billing", "libsqlite3-sys"]],
    [`dues_${version}_browser.cdx.json`, ["leptos", "wasm-bindgen", "app"]],
  ]) {
    const bom = JSON.parse(readFileSync(join(release, file), "utf8"));
    assert.equal(bom.bomFormat, "CycloneDX");
    const names = new Set(bom.components.map((component) => component.name));
    assert.deepEqual(crates.filter((crate) => !names.has(crate)), [], file);
    assert.deepEqual(bom.components.filter((component) => !component.version).map((component) => component.name), []);
  }
});
