// A member of the cluster: etcd, Patroni and the PostgreSQL that Patroni runs, on a host of its own.
import { execFileSync } from "node:child_process";
import { chownSync, closeSync, mkdirSync, openSync, readFileSync, readdirSync, rmSync, writeFileSync, writeSync } from "node:fs";
import { join } from "node:path";

import { ready } from "../load/processes.mjs";
import { binaries, ordinaryUser } from "../load/bench/postgres.mjs";

export const POSTGRES_PORT = 5432;
export const PATRONI_PORT = 8008;
const [CLIENTS, PEERS] = [2379, 2380];
/** Room for the data, WAL of a lagging standby included. */
const DISK_MIB = 512;
const REST_WITHIN_MS = 1000;
const PASSWORD = "failover";

export class Member {
  constructor(host, processes, folder, disks) {
    this.user = ordinaryUser();
    Object.assign(this, { host, name: host.name, address: host.address, processes, bin: binaries() });
    this.home = this.#folder(join(folder, this.name));
    this.disk = this.#folder(join(disks, this.name));
    this.data = join(this.disk, "data");
    this.slowness = join(this.home, "slow-disk-ms");
    writeFileSync(this.slowness, "0");
    this.hasDisk = this.#mount();
  }

  #own(path) {
    if (this.user) chownSync(path, this.user.uid, this.user.gid);
  }

  #folder(path) {
    mkdirSync(path, { recursive: true });
    this.#own(path);
    return path;
  }

  /** Mounts a small file system for the data. Returns whether this is allowed. */
  #mount() {
    try {
      execFileSync("mount", ["-t", "tmpfs", "-o", `size=${DISK_MIB}m`, "tmpfs", this.disk], { stdio: "pipe" });
    } catch {
      return false;
    }
    this.#own(this.disk);
    return true;
  }

  #start(command, words, log) {
    const { user } = this;
    const asUser = user ? ["setpriv", `--reuid=${user.uid}`, `--regid=${user.gid}`, "--clear-groups"] : [];
    const [first, ...rest] = [...this.host.prefix, ...asUser, "env", `HOME=${this.home}`, ...command, ...words];
    return this.processes.start(first, rest, { cwd: this.home, log: join(this.home, log) });
  }

  startEtcd(members) {
    const url = (address, port) => `http://${address}:${port}`;
    const [clients, peers] = [url(this.address, CLIENTS), url(this.address, PEERS)];
    this.etcd = this.#start(["etcd"], [
      "--name", this.name,
      "--data-dir", join(this.home, "etcd"),
      "--listen-client-urls", clients, "--advertise-client-urls", clients,
      "--listen-peer-urls", peers, "--initial-advertise-peer-urls", peers,
      "--initial-cluster", members.map(({ name, address }) => `${name}=${url(address, PEERS)}`).join(","),
      "--initial-cluster-token", "dues-failover", "--initial-cluster-state", "new",
      // Long enough for a machine whose processors are busy with the load.
      "--heartbeat-interval", "250", "--election-timeout", "2500",
    ], "etcd.log");
  }

  startPatroni(members, shim) {
    const file = join(this.home, "patroni.yml");
    writeFileSync(file, JSON.stringify(this.#patroniSettings(members), undefined, 2));
    this.#own(file);
    const slow = shim ? [`LD_PRELOAD=${shim}`, `SLOW_DISK=${this.slowness}`] : [];
    this.patroni = this.#start([...slow, "patroni"], [file], "patroni.log");
  }

  #patroniSettings(members) {
    const account = (username) => ({ username, password: PASSWORD });
    return {
      scope: "dues",
      name: this.name,
      restapi: { listen: `${this.address}:${PATRONI_PORT}`, connect_address: `${this.address}:${PATRONI_PORT}` },
      etcd3: { hosts: members.map(({ address }) => `${address}:${CLIENTS}`) },
      bootstrap: {
        dcs: {
          // The least that Patroni allows: a lost primary is replaced after this time.
          ttl: 20,
          loop_wait: 2,
          retry_timeout: 5,
          // An acknowledged commit is on two hosts, also while a primary that was cut off still runs.
          synchronous_mode: true,
          synchronous_mode_strict: true,
          // A primary that crashes is replaced, not waited for. The second name is that of Patroni before 3.
          primary_start_timeout: 0,
          master_start_timeout: 0,
          postgresql: {
            use_pg_rewind: true,
            parameters: {
              max_connections: 100,
              shared_buffers: "64MB",
              max_wal_size: "64MB",
              min_wal_size: "4MB",
              max_slot_wal_keep_size: "128MB",
              wal_log_hints: "on",
              wal_sender_timeout: "5s",
              wal_receiver_timeout: "5s",
            },
          },
        },
        initdb: [{ encoding: "UTF8" }, { locale: "C" }, { "wal-segsize": "1" }, "data-checksums"],
      },
      postgresql: {
        listen: `${this.address}:${POSTGRES_PORT}`,
        connect_address: `${this.address}:${POSTGRES_PORT}`,
        data_dir: this.data,
        bin_dir: this.bin,
        pgpass: join(this.home, "pgpass"),
        authentication: { superuser: account("postgres"), replication: account("replicator"), rewind: account("rewinder") },
        pg_hba: ["local all all trust", "host all all all trust", "host replication all all trust"],
        parameters: { unix_socket_directories: this.home },
        remove_data_directory_on_rewind_failure: true,
        remove_data_directory_on_diverged_timelines: true,
      },
    };
  }

  /** Asks Patroni. Undefined if it does not answer. */
  async ask(path, options) {
    const url = `http://${this.address}:${PATRONI_PORT}${path}`;
    return fetch(url, { ...options, signal: AbortSignal.timeout(REST_WITHIN_MS) }).catch(() => undefined);
  }

  async isPrimary() {
    const answer = await this.ask("/primary");
    await answer?.arrayBuffer();
    return answer?.status === 200;
  }

  etcdIsReady() {
    return ready(this.etcd, `etcd of ${this.name}`, async () => (await fetch(`http://${this.address}:${CLIENTS}/health`)).ok);
  }

  /** The processes of Patroni and PostgreSQL. */
  #databasePids() {
    const isRunning = this.patroni.exitCode === null && this.patroni.signalCode === null;
    const postmaster = this.#postmaster();
    return [...(isRunning ? [this.patroni.pid] : []), ...(postmaster ? [postmaster, ...children(postmaster)] : [])];
  }

  /** Undefined if it does not run: the file may be older than another process with this id. */
  #postmaster() {
    try {
      const pid = Number(readFileSync(join(this.data, "postmaster.pid"), "utf8").split("\n", 1)[0]);
      return readFileSync(`/proc/${pid}/cmdline`, "utf8").includes(this.data) ? pid : undefined;
    } catch {
      return undefined;
    }
  }

  #signal(pids, name) {
    for (const pid of pids) {
      try {
        process.kill(pid, name);
      } catch (error) {
        if (error.code !== "ESRCH") throw error;
      }
    }
  }

  /** Kills everything of this host, as a power failure does. */
  kill() {
    this.#signal([...this.#databasePids(), this.etcd.pid], "SIGKILL");
  }

  killDatabase() {
    this.#signal(this.#databasePids(), "SIGKILL");
  }

  /** Stops Patroni and PostgreSQL from running, without a word to anyone. `resume` lets them run again. */
  pause() {
    this.paused = this.#databasePids();
    this.#signal(this.paused, "SIGSTOP");
  }

  resume() {
    this.#signal(this.paused ?? [], "SIGCONT");
    this.paused = undefined;
  }

  /** Sets how long each fsync takes longer. */
  slowDown(ms) {
    writeFileSync(this.slowness, String(ms));
  }

  fillDisk() {
    const file = openSync(join(this.disk, "ballast"), "w");
    try {
      for (const bytes of [1 << 20, 4096]) fill(file, Buffer.alloc(bytes));
    } finally {
      closeSync(file);
    }
  }

  emptyDisk() {
    rmSync(join(this.disk, "ballast"), { force: true });
  }

  /** Undoes what a scenario may have left. */
  restore() {
    this.resume();
    this.slowDown(0);
    this.emptyDisk();
  }

  unmount() {
    if (this.hasDisk) execFileSync("umount", ["--lazy", this.disk], { stdio: "pipe" });
  }
}

function fill(file, bytes) {
  try {
    for (;;) writeSync(file, bytes);
  } catch (error) {
    if (error.code !== "ENOSPC") throw error;
  }
}

function children(parent) {
  return readdirSync("/proc").filter((name) => /^\d+$/.test(name)).map(Number).filter((pid) => {
    try {
      const text = readFileSync(`/proc/${pid}/stat`, "utf8");
      return Number(text.slice(text.lastIndexOf(")") + 2).split(" ")[1]) === parent;
    } catch {
      return false;
    }
  });
}
