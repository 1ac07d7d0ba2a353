// Pages that call the payment provider, reloaded while the provider is slow.
import { freePort } from "../processes.mjs";
import { address, request } from "./client.mjs";
import { Gate } from "./gate.mjs";

const WORKSPACES = 8;
const LANES = 160;
const PAUSE_MS = 1000;
const DELAY_MS = 5000;
const PAGES = ["/membership", "/membership/membership-paid?session_id=cs_test_x", "/checkout?plan=team", "/membership/invoices"];

let gate;

export const slowProvider = {
  name: "pages, slow provider",
  about: `${PAGES.join(", ")} by the owners of ${WORKSPACES} workspaces, ${LANES} at once; the provider takes ${DELAY_MS / 1000} s`,
  async settings() {
    const [port, sandboxPort] = [await freePort(), await freePort()];
    gate = await Gate.open(port, sandboxPort);
    return { SANDBOX_LISTEN: `127.0.0.1:${sandboxPort}`, STRIPE_API_BASE: `http://127.0.0.1:${port}/` };
  },
  async seed({ stage }) {
    const cookies = [];
    for (let at = 0; at < WORKSPACES; at++) {
      const { id, email } = await stage.tenant(`Paying ${at}`, `paying-${at}@attack.test`, undefined, "read");
      cookies.push(await stage.session(email));
      await stage.pay(id, cookies.at(-1));
    }
    gate.delayMs = DELAY_MS;
    return { cookies };
  },
  begin(attack) {
    const requests = attack.seeded.cookies.map((cookie) =>
      PAGES.map((page) => request("GET", page, { headers: { cookie, accept: "text/html" } })),
    );
    attack.lanes(LANES, PAUSE_MS, (lane, round) => ({
      from: address(11, lane % WORKSPACES),
      bytes: requests[lane % WORKSPACES][(Math.floor(lane / WORKSPACES) + round) % PAGES.length],
    }));
  },
  end: () => gate.close(),
};
