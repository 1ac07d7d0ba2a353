// The Debian package in a clean root: installed, started by its unit's command line, upgraded with its data, removed,
// installed again and purged. `make package-test` calls it. PREVIOUS=FILE is the package to upgrade from; without it, a
// copy of the package with a lower version and another settings file is.
import assert from "node:assert/strict";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { after, before, test } from "node:test";
import { asRoot, CleanRoot } from "./clean-root.js";
import { debianPackage, version } from "./names.js";
import { freePort } from "../load/processes.mjs";
import { startService } from "./service.js";

const settings = "/etc/dues/dues.env";
const database = "/var/lib/dues/dues.db";
const tenant = "/api/v1/tenants/external:org_1";

let root;
let port;
let server;
let key;
const work = mkdtempSync(join(tmpdir(), "dues-package-files-"));

before(() => {
  root = CleanRoot.make();
});

after(() => {
  server?.kill();
  root?.remove();
  asRoot("rm", "-rf", work);
});

/** The package to upgrade from. */
function previousPackage() {
  if (process.env.PREVIOUS) return resolve(process.env.PREVIOUS);
  const [content, file] = [join(work, "content"), join(work, "previous.deb")];
  asRoot("dpkg-deb", "--raw-extract", debianPackage, content);
  asRoot("sed", "-i", "s/^Version: .*/Version: 0.0.0~previous/", join(content, "DEBIAN/control"));
  asRoot("sed", "-i", "1i # An earlier text.", join(content, settings));
  asRoot("dpkg-deb", "--build", "--root-owner-group", content, file);
  return file;
}

function install(file) {
  root.copyIn(file, "/tmp/dues.deb");
  // As unattended upgrades do: a changed settings file stays.
  root.run("dpkg", "--install", "--force-confold", "/tmp/dues.deb");
}

const installedVersion = () => root.run("dpkg-query", "--show", "--showformat=${Version}", "dues");

async function call(method, path, body) {
  const response = await fetch(`${server.url}${path}`, {
    method,
    headers: { authorization: `Bearer ${key}`, "content-type": "application/json", "x-tenant-external-id": "org_1" },
    body: body && JSON.stringify(body),
  });
  return { status: response.status, body: await response.json() };
}

/** Asserts that the tenant and its usage are there. */
async function dataIsThere() {
  const { status, body } = await call("GET", tenant);
  assert.equal(status, 200, JSON.stringify(body));
  assert.equal(body.name, "Example Works");
  assert.equal(body.entitlements.features.ai_tokens.used, 1200);
  const verified = JSON.parse(root.run("dues-admin", "usage", "verify", "--json"));
  assert.deepEqual(verified.discrepancies, []);
}

test("the package installs with its dependencies alone, and does not start the service", () => {
  install(previousPackage());
  assert.notEqual(installedVersion(), version);
  for (const path of ["/usr/bin/dues", "/usr/sbin/dues-admin", settings, "/usr/lib/systemd/system/dues.service"]) {
    assert.ok(root.has(path), path);
  }
  assert.ok(!root.has(database));
  assert.match(root.run("getent", "passwd", "dues"), /^dues:x:\d+:\d+:.*:\/var\/lib\/dues:\/usr\/sbin\/nologin$/m);
});

test("only root reads the settings, and only the service's user its data", () => {
  assert.equal(root.run("stat", "--format=%U:%G %a", settings).trim(), "root:root 600");
  assert.equal(root.run("stat", "--format=%U:%G %a", "/var/lib/dues").trim(), "dues:dues 700");
  const asDues = ["setpriv", "--reuid=dues", "--regid=dues", "--init-groups", "--"];
  assert.notEqual(root.try(...asDues, "cat", settings).status, 0);
  const refused = root.try(...asDues, "dues-admin", "config");
  assert.equal(refused.status, 1);
  assert.match(refused.output, /run it as root/);
});

test("man pages and completions are installed", () => {
  for (const path of [
    "/usr/share/man/man1/dues.1.gz",
    "/usr/share/man/man1/dues-serve.1.gz",
    "/usr/share/man/man8/dues-admin.8.gz",
    "/usr/share/bash-completion/completions/dues",
    "/usr/share/fish/vendor_completions.d/dues.fish",
    "/usr/share/zsh/vendor-completions/_dues",
    "/usr/share/doc/dues/copyright",
  ]) {
    assert.ok(root.has(path), path);
  }
});

test("systemd accepts the unit, and rates it as well protected", () => {
  const verified = root.try("systemd-analyze", "verify", "--man=no", "/usr/lib/systemd/system/dues.service");
  assert.equal(verified.status, 0, verified.output);
  // 0 is no exposure, 10 is full exposure; the threshold is in tenths.
  const unit = "/usr/lib/systemd/system/dues.service";
  const rated = root.try("systemd-analyze", "security", "--offline=true", "--threshold=20", "--no-pager", unit);
  assert.equal(rated.status, 0, rated.output);
});

test("the service starts by its unit's command line and serves", async () => {
  port = await freePort();
  root.run("sed", "-i", `s/^LISTEN=.*/LISTEN=127.0.0.1:${port}/`, settings);
  server = await startService(root, port);
  const page = await fetch(`${server.url}/login`);
  assert.equal(page.status, 200);
  assert.match(page.headers.get("content-type"), /^text\/html/);
  assert.equal((await fetch(`${server.url}/docs/install`)).status, 200);
  assert.equal(root.run("stat", "--format=%U %a", database).trim(), "dues 600");
});

test("dues-admin works beside the running service, with its settings", async () => {
  const config = root.run("dues-admin", "config");
  assert.match(config, new RegExp(`^LISTEN=127\\.0\\.0\\.1:${port}$`, "m"));
  const scopes = ["--scopes", "tenants,read,usage"];
  const made = root.run("dues-admin", "installation-key", "create", "--name", "package test", ...scopes, "--json");
  ({ key } = JSON.parse(made));
  assert.equal((await call("PUT", tenant, { name: "Example Works" })).status, 201);
  const counted = await call("POST", "/api/v1/billing/features/ai_tokens/consume", { amount: 1200 });
  assert.equal(counted.body.used, 1200, JSON.stringify(counted));
  await dataIsThere();
});

test("a line that is no setting is reported with its number", () => {
  root.run("cp", settings, "/tmp/settings");
  root.run("sh", "-c", `echo 'a mistake' >>${settings}`);
  const refused = root.try("dues-admin", "config");
  root.run("cp", "/tmp/settings", settings);
  assert.equal(refused.status, 1);
  assert.match(refused.output, /dues\.env:\d+: write it as NAME=VALUE/);
});

test("an upgrade replaces the files under the running service, and keeps settings and data", async () => {
  const before = root.read(settings);
  install(debianPackage);
  assert.equal(installedVersion(), version);
  assert.equal(root.read(settings), before);
  assert.equal(root.run("stat", "--format=%U:%G %a", settings).trim(), "root:root 600");
  // The old process serves until it is restarted.
  assert.equal((await call("GET", tenant)).status, 200);
  await server.stop();
  server = await startService(root, port);
  await dataIsThere();
  assert.doesNotMatch(server.log(), /panicked|ERROR/);
});

test("a removal keeps settings and data, and a new installation finds them", async () => {
  await server.stop();
  root.run("dpkg", "--remove", "dues");
  for (const path of ["/usr/bin/dues", "/usr/sbin/dues-admin", "/usr/lib/systemd/system/dues.service"]) {
    assert.ok(!root.has(path), path);
  }
  assert.ok(root.has(settings) && root.has(database));
  install(debianPackage);
  server = await startService(root, port);
  await dataIsThere();
  await server.stop();
});

test("a purge leaves nothing but the user", () => {
  root.run("rm", "/tmp/dues.deb");
  root.run("dpkg", "--purge", "dues");
  const left = root.run("find", "/", "-xdev", "-name", "*dues*", "-print");
  assert.equal(left, "");
  assert.equal(root.try("getent", "passwd", "dues").status, 0);
});
