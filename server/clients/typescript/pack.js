// Packs the client as target/clients/dues-client.tgz, which a product installs with `npm install FILE`.
import { execFileSync } from "node:child_process";
import { mkdirSync, renameSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const here = fileURLToPath(new URL(".", import.meta.url));
const folder = join(here, "../../../target/clients");
mkdirSync(folder, { recursive: true });
const packed = execFileSync("npm", ["pack", "--json", "--pack-destination", folder], {
  cwd: here,
  encoding: "utf8",
  stdio: ["ignore", "pipe", "inherit"],
});
const [{ filename }] = JSON.parse(packed);
renameSync(join(folder, filename), join(folder, "dues-client.tgz"));
