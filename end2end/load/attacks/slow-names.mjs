// Webhook endpoints at host names for which the name server never answers.
import { createSocket } from "node:dgram";
import { chmodSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { address, json } from "./client.mjs";

const WORKSPACES = 24;
const PER_SECOND = 70;
const NAME_SERVER = "127.53.53.53";
const ENDPOINTS = "/api/v1/tenant/webhook-endpoints";

let nameServer;

export const slowNames = {
  name: "slow names",
  about: `${PER_SECOND} webhook endpoints a second by admins of ${WORKSPACES} workspaces, at names for which the name server never answers`,
  /** Binds the name server to port 53, the only port that resolv.conf allows. Binding needs a privilege. */
  async obstacle() {
    nameServer = createSocket("udp4");
    const bound = new Promise((resolve, reject) => nameServer.once("error", reject).bind(53, NAME_SERVER, resolve));
    return bound.then(() => undefined, ({ message }) => `it needs to bind port 53: ${message}`);
  },
  /** The server in a mount namespace with another /etc/resolv.conf. */
  program(server, folder) {
    const [resolver, program] = [join(folder, "resolv.conf"), join(folder, "server")];
    writeFileSync(resolver, `nameserver ${NAME_SERVER}\n`);
    const asRoot = process.getuid() === 0 ? "" : "--map-root-user ";
    const inside = `mount --bind '${resolver}' /etc/resolv.conf && exec '${server}' "$@"`;
    writeFileSync(program, `#!/bin/sh\nexec unshare ${asRoot}--mount sh -c '${inside.replaceAll("'", "'\\''")}' server "$@"\n`);
    chmodSync(program, 0o755);
    return program;
  },
  async seed({ stage }) {
    const cookies = [];
    for (let at = 0; at < WORKSPACES; at++) {
      const { email } = await stage.tenant(`Slow ${at}`, `slow-${at}@attack.test`, undefined, "read");
      cookies.push(await stage.session(email));
    }
    return { cookies };
  },
  begin(attack) {
    const { cookies } = attack.seeded;
    attack.stream(PER_SECOND, (at) => ({
      from: address(12, at % WORKSPACES),
      bytes: json(ENDPOINTS, { url: `https://n${at}.slow.example/hook` }, { cookie: cookies[at % WORKSPACES] }),
    }));
  },
  end: () => nameServer.close(),
};
