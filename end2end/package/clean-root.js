// A clean Debian in a folder, in which commands run by chroot. Needs root, or sudo without a password.
import { execFileSync, spawn, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { cache } from "./names.js";

const sudo = process.getuid() === 0 ? [] : ["sudo"];
/** Packages beside the smallest system: the dependencies of the package, and systemd to verify its unit. */
const packages = ["adduser", "ca-certificates", "systemd"];
const environment = ["env", "-i", "PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LANG=C.UTF-8", "DEBIAN_FRONTEND=noninteractive"];

/** Runs a command as root and returns its standard output. */
export function asRoot(...command) {
  const [first, ...rest] = [...sudo, ...command];
  return execFileSync(first, rest, { encoding: "utf8", maxBuffer: 64 * 1024 * 1024 });
}

/** Starts a command as root. Its signals reach the command itself. */
export function startAsRoot(command, output) {
  const [first, ...rest] = [...sudo, ...command];
  return spawn(first, rest, { stdio: ["ignore", output, output] });
}

export class CleanRoot {
  constructor(folder) {
    this.folder = folder;
  }

  /** Makes a root from the cached archive, which is bootstrapped at the first call. MIRROR is Debian's mirror. */
  static make() {
    mkdirSync(cache, { recursive: true });
    const codename = /^VERSION_CODENAME=(.*)$/m.exec(readFileSync("/etc/os-release", "utf8"))[1];
    const archive = join(cache, `${codename}.tar`);
    if (!existsSync(archive)) {
      const mirror = process.env.MIRROR ?? "http://deb.debian.org/debian";
      // Written under another name first, so that an interrupted run leaves no part of an archive.
      const part = join(cache, `part-${codename}.tar`);
      asRoot("mmdebstrap", "--variant=minbase", `--include=${packages.join(",")}`, codename, part, mirror);
      asRoot("mv", part, archive);
    }
    const root = new CleanRoot(mkdtempSync(join(tmpdir(), "dues-package-")));
    asRoot("tar", "--extract", "--numeric-owner", "--file", archive, "--directory", root.folder, "--exclude=./dev/*");
    // mkdtemp makes it for its user only; the user dues must get through.
    asRoot("chmod", "755", root.folder);
    return root;
  }

  /** The command line that runs `command` in this root, with the host's /dev and /proc mounted for it alone. */
  commandLine(...command) {
    const mounts = 'mount --rbind /dev "$0/dev" && mount --rbind /proc "$0/proc" && exec chroot "$0" "$@"';
    return ["unshare", "--mount", "--propagation", "private", "sh", "-c", mounts, this.folder, ...environment, ...command];
  }

  /** Runs a command as this root's root, and returns its standard output. Throws if it fails. */
  run(...command) {
    return asRoot(...this.commandLine(...command));
  }

  /** Runs a command, and returns its exit code and output. */
  try(...command) {
    const [first, ...rest] = [...sudo, ...this.commandLine(...command)];
    const { status, stdout, stderr } = spawnSync(first, rest, { encoding: "utf8" });
    return { status, output: stdout + stderr };
  }

  has(path) {
    return this.try("test", "-e", path).status === 0;
  }

  read(path) {
    return this.run("cat", path);
  }

  copyIn(file, path) {
    asRoot("cp", file, join(this.folder, path));
  }

  remove() {
    asRoot("rm", "-rf", "--one-file-system", this.folder);
  }
}
