// Attacks with long and repeated input.
import { FORM, HEADS, QUERY, bodies, forms, listOfForm, operations } from "../inputs.mjs";
import { address, request } from "./client.mjs";

const BLOCK = 1;
const CONNECTIONS = 16;
const PER_SECOND = 100;
/** Pause of each connection, so that all together send at most `PER_SECOND`. */
const PAUSE_MS = (1000 * CONNECTIONS) / PER_SECOND;
const BYTES = [60 << 10, 938 << 10];

/** Four connections per address. */
const from = (lane) => address(BLOCK, lane >> 2);

export const repeatedFields = {
  name: "fields repeated in forms",
  about: `useCases[]=a to every form, 60 and 938 KiB, ${CONNECTIONS} connections, ${PER_SECOND} a second`,
  begin(attack) {
    const headers = { accept: "text/html", "content-type": FORM };
    const requests = forms().flatMap(([method, path]) =>
      BYTES.map((bytes) => request(method, path, { headers, body: listOfForm(bytes) })),
    );
    attack.lanes(CONNECTIONS, PAUSE_MS, (lane, round) => ({
      from: from(lane),
      bytes: requests[(lane + round * CONNECTIONS) % requests.length],
    }));
  },
};

export const largeInputs = {
  name: "a megabyte of anything",
  about: `bodies, queries and heads of every kind to every route, ${CONNECTIONS} connections, ${PER_SECOND} a second`,
  async seed(dues) {
    const { key } = await dues.stage.tenant("Large", "large@attack.test", "pro", "read,usage,billing,secrets");
    return { key, operations: await operations(dues.url) };
  },
  begin(attack) {
    const { key, operations } = attack.seeded;
    const routes = [...forms(), ...operations];
    const all = bodies();
    const makeOne = () => {
      const [method, path] = routes[Math.floor(Math.random() * routes.length)];
      const known = path.startsWith("/rpc/") ? { accept: "text/html" } : { authorization: `Bearer ${key}` };
      if (method === "GET") {
        const isQuery = Math.random() < 0.5;
        return request(method, isQuery ? path + QUERY : path, { headers: isQuery ? known : { ...known, ...HEADS } });
      }
      const [, type, body] = all[Math.floor(Math.random() * all.length)];
      return request(method, path, { headers: { ...known, "content-type": type }, body });
    };
    attack.lanes(CONNECTIONS, PAUSE_MS, (lane) => ({ from: from(lane), bytes: makeOne() }));
  },
};
