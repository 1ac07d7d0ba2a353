// The files that `make release` has built (server/deploy/names.sh).
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

export const repository = join(dirname(fileURLToPath(import.meta.url)), "../..");
const target = join(repository, "target");
export const version = /^version = "(.*)"$/m.exec(readFileSync(join(repository, "Cargo.toml"), "utf8"))[1];
export const arch = execFileSync("dpkg", ["--print-architecture"], { encoding: "utf8" }).trim();
export const binary = join(target, "release/server");
export const debianPackage = join(target, `dues_${version}_${arch}.deb`);
export const image = join(target, `dues_${version}_${arch}.oci.tar`);
export const release = join(target, `dues_${version}`);
/** Where the tests keep the archive of a clean Debian between runs. */
export const cache = join(target, "package-test");
