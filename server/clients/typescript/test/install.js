// Packs the client and installs the pack beside the tests, so that they use what users get.
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const here = fileURLToPath(new URL(".", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "dues-client-"));
try {
  const npm = (...args) =>
    execFileSync("npm", args, { cwd: join(here, ".."), encoding: "utf8", stdio: ["ignore", "pipe", "inherit"] });
  const [{ filename }] = JSON.parse(npm("pack", "--json", "--pack-destination", folder));
  rmSync(join(here, "node_modules"), { recursive: true, force: true });
  const quiet = ["--no-save", "--no-package-lock", "--prefer-offline", "--no-audit", "--no-fund", "--silent"];
  npm("install", "--prefix", here, ...quiet, join(folder, filename));
} finally {
  rmSync(folder, { recursive: true, force: true });
}
