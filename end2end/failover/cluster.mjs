// A Patroni cluster of three members with etcd, and HAProxy in front, which leads to the primary.
import { execFileSync } from "node:child_process";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";

import { freePort, ready } from "../load/processes.mjs";
import { Member, PATRONI_PORT, POSTGRES_PORT } from "./member.mjs";
import { Network } from "./network.mjs";

const NAMES = ["db1", "db2", "db3"];
const HEALTHY_WITHIN_MS = 180_000;
const POLL_MS = 100;
/** A new HAProxy takes every server for a primary until its checks have failed. */
const FIRST_CHECKS_MS = 5_000;
/** How many members must be running as what for the cluster to count as healthy. */
const [STANDBYS, SYNCHRONOUS] = [2, 1];

export class Cluster {
  /** Starts everything and waits until each member runs. `folder`: for logs; data is on small disks of its own. */
  static async start(processes, folder, say) {
    const disks = mkdtempSync("/var/tmp/dues-disks-");
    chmodSync(disks, 0o711);
    const network = new Network(NAMES);
    const members = network.hosts.map((host) => new Member(host, processes, folder, disks));
    const self = Object.assign(new Cluster(), { processes, folder, disks, network, members, shim: compileShim(folder) });
    // Also if the run is interrupted.
    process.once("exit", () => self.remove());
    say(`etcd and Patroni on ${network.isSeparate ? "hosts in network namespaces" : "loopback addresses"}`);
    for (const member of members) member.startEtcd(members);
    await Promise.all(members.map((member) => member.etcdIsReady()));
    for (const member of members) member.startPatroni(members, self.shim);
    await self.healthy();
    await self.#startProxy();
    await self.query("CREATE DATABASE dues", "postgres");
    self.version = await self.query("SHOW server_version");
    return self;
  }

  async #startProxy() {
    this.port = await freePort();
    const servers = this.members.map(
      ({ name, address }) => `  server ${name} ${address}:${POSTGRES_PORT} maxconn 100 check port ${PATRONI_PORT}`,
    );
    const settings = `\
global
  maxconn 1000
defaults
  mode tcp
  retries 1
  timeout connect 2s
  timeout check 2s
  timeout client 30m
  timeout server 30m
listen primary
  bind 127.0.0.1:${this.port}
  option httpchk OPTIONS /primary
  http-check expect status 200
  default-server inter 1s fall 2 rise 1 on-marked-down shutdown-sessions
${servers.join("\n")}
`;
    const file = join(this.folder, "haproxy.cfg");
    writeFileSync(file, settings);
    this.proxy = this.processes.start("haproxy", ["-db", "-f", file], { log: join(this.folder, "haproxy.log") });
    await pause(FIRST_CHECKS_MS);
    await ready(this.proxy, "HAProxy", async () => (await this.query("SELECT pg_is_in_recovery()", "postgres")) === "f");
  }

  get url() {
    return `postgres://postgres@127.0.0.1:${this.port}/dues`;
  }

  /** Runs SQL on the primary, through the proxy. */
  async query(sql, database = "dues") {
    const address = `postgres://postgres@127.0.0.1:${this.port}/${database}`;
    const words = ["-XAtq", "-v", "ON_ERROR_STOP=1", "-d", address, "-c", sql];
    return (await this.processes.run(join(this.members[0].bin, "psql"), words)).trim();
  }

  async primary() {
    const claims = await Promise.all(this.members.map((member) => member.isPrimary()));
    return this.members.find((_, at) => claims[at]);
  }

  /** Waits for a primary other than `former`. Returns when it was seen, or undefined after `withinMs`. */
  async newPrimary(former, withinMs) {
    const others = this.members.filter((member) => member !== former);
    for (const deadline = Date.now() + withinMs; Date.now() < deadline; await pause(POLL_MS)) {
      const claims = await Promise.all(others.map((member) => member.isPrimary()));
      if (claims.includes(true)) return Date.now();
    }
    return undefined;
  }

  /** Waits until a primary and two standbys run, one of them synchronous. */
  async healthy() {
    for (const deadline = Date.now() + HEALTHY_WITHIN_MS; Date.now() < deadline; await pause(500)) {
      const answers = await Promise.all(this.members.map((member) => member.ask("/cluster")));
      const answer = answers.find((one) => one?.ok);
      if (answer && isHealthy((await answer.json()).members)) return;
    }
    throw new Error(`the cluster is not healthy; its logs are in ${this.folder}`);
  }

  async switchover() {
    const leader = await this.primary();
    const options = { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify({ leader: leader.name }) };
    // Patroni answers when the switchover is done.
    await fetch(`http://${leader.address}:${PATRONI_PORT}/switchover`, { ...options, signal: AbortSignal.timeout(60_000) });
  }

  /** Starts what was killed. */
  revive(member) {
    member.startEtcd(this.members);
    member.startPatroni(this.members, this.shim);
  }

  /** Undoes what a scenario may have left, so that processes can be stopped. */
  restore() {
    for (const member of this.members) member.restore();
    if (this.network.isSeparate) for (const { host } of this.members) host.heal();
  }

  /** Removes disks and network. PostgreSQL servers that survived their Patroni are killed. */
  remove() {
    if (this.isRemoved) return;
    this.isRemoved = true;
    for (const member of this.members) {
      member.resume();
      if (member.patroni) member.killDatabase();
      member.unmount();
    }
    this.network.remove();
    rmSync(this.disks, { recursive: true, force: true });
  }
}

function isHealthy(members) {
  const running = members.filter(({ state }) => state === "running" || state === "streaming");
  const count = (role) => running.filter((member) => member.role === role).length;
  const [replicas, synchronous] = [count("replica"), count("sync_standby")];
  return count("leader") === 1 && synchronous >= SYNCHRONOUS && replicas + synchronous === STANDBYS;
}

/** The library that slows a disk down. Undefined without a compiler. */
function compileShim(folder) {
  const shim = join(folder, "slow-disk.so");
  const source = fileURLToPath(new URL("slow-disk.c", import.meta.url));
  try {
    execFileSync("cc", ["-shared", "-fPIC", "-O2", "-o", shim, source, "-ldl"], { stdio: "pipe" });
  } catch {
    return undefined;
  }
  return shim;
}
