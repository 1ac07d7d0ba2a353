// Starts a PostgreSQL server with full durability from the installed binaries, in the run's folder.
import { execFileSync } from "node:child_process";
import { chownSync, existsSync, mkdirSync, readdirSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";

import { freePort, ready } from "../processes.mjs";

const INSTALLED = "/usr/lib/postgresql";
/** Connections beside those of the clients: the server's pool and a few more. */
const CONNECTIONS_BESIDE = 50;

export class Postgres {
  static async start(processes, folder, mostClients) {
    const port = await freePort();
    const self = Object.assign(new Postgres(), { processes, port, bin: binaries(), user: ordinaryUser() });
    const home = join(folder, "postgres");
    mkdirSync(home);
    if (self.user) chownSync(home, self.user.uid, self.user.gid);
    const data = join(home, "data");
    const as = { user: self.user, cwd: home };
    const words = ["-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync"];
    await processes.run(join(self.bin, "initdb"), words, as);
    const settings = {
      port,
      listen_addresses: "127.0.0.1",
      unix_socket_directories: "",
      fsync: "on",
      synchronous_commit: "on",
      max_connections: Math.max(100, mostClients + CONNECTIONS_BESIDE),
    };
    const options = Object.entries(settings).map(([name, value]) => `--${name}=${value}`);
    self.process = processes.start(join(self.bin, "postgres"), ["-D", data, ...options], { ...as, log: join(folder, "postgres.log") });
    // SIGTERM would wait until every client disconnects.
    self.process.stopsBy = "SIGINT";
    await ready(self.process, "PostgreSQL", () => answers(port).then(() => self.query("SELECT true")));
    await self.query("CREATE DATABASE dues");
    const version = await self.query("SHOW server_version");
    self.title = `PostgreSQL ${version.split(" ")[0]}, fsync=on, synchronous_commit=on`;
    self.url = `${self.address}/dues`;
    self.cpuOf = self.process.pid;
    return self;
  }

  get address() {
    return `postgres://postgres@127.0.0.1:${this.port}`;
  }

  async query(sql, database = "postgres") {
    const words = ["-XAtq", "-v", "ON_ERROR_STOP=1", "-d", `${this.address}/${database}`, "-c", sql];
    return (await this.processes.run(join(this.bin, "psql"), words)).trim();
  }

  /** A number that grows by one with each writing transaction. */
  async commits() {
    return Number(await this.query("SELECT pg_snapshot_xmax(pg_current_snapshot())"));
  }

  /** Vacuums and checkpoints now, so that neither happens during a round. */
  async rest() {
    await this.query("VACUUM ANALYZE", "dues");
    await this.query("CHECKPOINT");
  }

  async stop() {
    await this.processes.stop(this.process, this.process.stopsBy);
  }
}

export function binaries() {
  const versions = existsSync(INSTALLED) ? readdirSync(INSTALLED) : [];
  const complete = versions.filter((version) => existsSync(join(INSTALLED, version, "bin/initdb")));
  if (complete.length === 0) throw new Error(`no PostgreSQL under ${INSTALLED}: install the package postgresql`);
  return join(INSTALLED, complete.sort((one, other) => Number(one) - Number(other)).at(-1), "bin");
}

/** PostgreSQL refuses to run as root. */
export function ordinaryUser() {
  if (process.getuid() !== 0) return undefined;
  const id = (what) => Number(execFileSync("id", [what, "postgres"], { encoding: "utf8" }));
  return { uid: id("-u"), gid: id("-g") };
}

function answers(port) {
  return new Promise((resolve, reject) => {
    const socket = connect(port, "127.0.0.1", () => {
      socket.destroy();
      resolve();
    }).once("error", reject);
  });
}
