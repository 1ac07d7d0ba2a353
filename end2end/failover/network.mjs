// The hosts of the cluster: a network namespace each on one bridge, so that a host can be cut off as by a broken cable.
// Where namespaces are not allowed, the hosts are loopback addresses, and none can be cut off.
import { execFileSync } from "node:child_process";

const BRIDGE = "dues-bridge";
const SUBNET = "10.213.7";
const LOOPBACK = "127.213.7";
/** The last number of the first host's address. */
const FIRST = 11;

function quietly(command, ...words) {
  try {
    execFileSync(command, words, { stdio: "pipe" });
    return true;
  } catch {
    return false;
  }
}

const ip = (...words) => execFileSync("ip", words, { stdio: "pipe" });

class Host {
  constructor(name, number, isSeparate) {
    Object.assign(this, { name, isSeparate, link: `dues-link${number}`, namespace: `dues-${name}` });
    this.address = `${isSeparate ? SUBNET : LOOPBACK}.${FIRST + number}`;
  }

  /** The words that run a command on this host, as this process's user. */
  get prefix() {
    return this.isSeparate ? ["nsenter", `--net=/run/netns/${this.namespace}`] : [];
  }

  attach() {
    ip("netns", "add", this.namespace);
    ip("link", "add", this.link, "type", "veth", "peer", "name", "eth0", "netns", this.namespace);
    ip("link", "set", this.link, "master", BRIDGE);
    ip("link", "set", this.link, "up");
    const inside = (...words) => ip("-n", this.namespace, ...words);
    inside("address", "add", `${this.address}/24`, "dev", "eth0");
    inside("link", "set", "eth0", "up");
    inside("link", "set", "lo", "up");
  }

  /** Packets to and from the host are lost. No connection is closed. */
  cut() {
    ip("link", "set", this.link, "nomaster");
  }

  heal() {
    ip("link", "set", this.link, "master", BRIDGE);
  }
}

export class Network {
  constructor(names) {
    removeAll(names);
    this.names = names;
    this.isSeparate = quietly("ip", "link", "add", BRIDGE, "type", "bridge");
    this.hosts = names.map((name, number) => new Host(name, number, this.isSeparate));
    if (!this.isSeparate) return;
    ip("address", "add", `${SUBNET}.1/24`, "dev", BRIDGE);
    ip("link", "set", BRIDGE, "up");
    for (const host of this.hosts) host.attach();
  }

  remove() {
    removeAll(this.names);
  }
}

/** Removes what this run, or one before that was killed, has left. */
function removeAll(names) {
  for (const name of names) quietly("ip", "netns", "delete", `dues-${name}`);
  quietly("ip", "link", "delete", BRIDGE);
}
