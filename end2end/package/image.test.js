// The OCI image: what its configuration says, and that it runs as it says on a read-only root. `make package-test` calls
// it.
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { asRoot } from "./clean-root.js";
import { arch, binary, image, version } from "./names.js";
import { freePort } from "../load/processes.mjs";
import { start } from "./service.js";

let config;
let server;
const work = mkdtempSync(join(tmpdir(), "dues-image-"));
const root = join(work, "bundle/rootfs");

before(() => {
  asRoot("chmod", "755", work);
  config = JSON.parse(asRoot("skopeo", "--insecure-policy", "inspect", "--config", `oci-archive:${image}`));
  const layout = join(work, "layout");
  asRoot("skopeo", "--insecure-policy", "copy", `oci-archive:${image}`, `oci:${layout}:image`);
  asRoot("umoci", "unpack", "--image", `${layout}:image`, join(work, "bundle"));
});

after(() => {
  server?.kill();
  asRoot("rm", "-rf", "--one-file-system", work);
});

test("the image runs the server as a user without rights", () => {
  assert.equal(config.os, "linux");
  assert.equal(config.architecture, arch);
  assert.equal(config.config.User, "65532:65532");
  assert.deepEqual([...config.config.Entrypoint, ...config.config.Cmd], ["/usr/bin/dues", "serve"]);
  assert.deepEqual(Object.keys(config.config.Volumes), ["/var/lib/dues"]);
  assert.equal(config.config.Labels["org.opencontainers.image.version"], version);
});

test("the image has the release's binary, CA certificates, no shell and no program with more rights", () => {
  asRoot("cmp", binary, join(root, "usr/bin/dues"));
  const certificates = readFileSync(join(root, "etc/ssl/certs/ca-certificates.crt"), "utf8");
  assert.ok(certificates.match(/BEGIN CERTIFICATE/g).length > 100);
  assert.equal(asRoot("find", root, "-perm", "/6000", "-o", "-name", "sh", "-o", "-name", "bash"), "");
  assert.equal(asRoot("stat", "--format=%u:%g %a", join(root, "var/lib/dues")).trim(), "65532:65532 700");
});

test("the image serves with a read-only root and one writable volume", async () => {
  const port = await freePort();
  const data = join(work, "data");
  asRoot("install", "--directory", "--mode=700", "--owner=65532", "--group=65532", data);
  const settings = [...config.config.Env, `LISTEN=127.0.0.1:${port}`];
  const mounts = [
    'mount --bind "$0" "$0"',
    'mount -o remount,bind,ro "$0"',
    'mount --bind "$1" "$0/var/lib/dues"',
    'mount --rbind /dev "$0/dev"',
    'mount --rbind /proc "$0/proc"',
    "shift",
    'exec "$@"',
  ].join(" && ");
  const [user, group] = config.config.User.split(":");
  server = await start(
    ["unshare", "--mount", "--propagation", "private", "sh", "-c", mounts, root, data, "env", "-i", ...settings,
      "/usr/sbin/chroot", `--userspec=${user}:${group}`, "--groups=", root, ...config.config.Entrypoint,
      ...config.config.Cmd],
    port,
  );
  assert.equal((await fetch(`${server.url}/login`)).status, 200);
  assert.match(asRoot("ls", "-n", data), /^-rw------- 1 65532 65532 .* dues\.db$/m);
  await server.stop();
  assert.doesNotMatch(server.log(), /panicked|ERROR/);
});
