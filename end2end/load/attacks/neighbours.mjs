// Workspaces whose webhook receivers never answer, and another workspace whose deliveries are timed.
import { createServer as createHttpServer } from "node:http";
import { createServer } from "node:net";
import { setTimeout as pause } from "node:timers/promises";

import { must } from "../stage.mjs";
import { address, json, request } from "./client.mjs";

const WORKSPACES = 20;
const ENDPOINTS_EACH = 4;
const ENDPOINTS = "/api/v1/tenant/webhook-endpoints";
/** A gauge of the free plan, a low value and its limit. Each change between them sends a webhook to every endpoint. */
const [GAUGE, FEW, ALL] = ["websocket_connections", 1, 10];
const PINGS_PER_SECOND = 20;
const CHANGES_PER_SECOND = 20;
/** Fewer than the limit of 20 test messages a minute per workspace. */
const WEBHOOKS = 15;

const listening = (server) => new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve(server.address().port)));

let servers;
let arrived = () => {};

async function workspace(stage, name, email) {
  const { key } = await stage.tenant(name, email, undefined, "read,usage");
  return { key, cookie: await stage.session(email) };
}

async function endpoint({ stage, url }, cookie, port) {
  const made = await must(await stage.post(url + ENDPOINTS, { url: `http://127.0.0.1:${port}/hook` }, { cookie }));
  return (await made.json()).id;
}

export const neighbours = {
  name: "noisy neighbours",
  about:
    `${WORKSPACES} workspaces with ${ENDPOINTS_EACH} silent endpoints each, ` +
    `${PINGS_PER_SECOND} pings and ${CHANGES_PER_SECOND} crossings of a limit a second`,
  settings: () => ({ WEBHOOKS_ALLOW_PRIVATE: "1" }),
  async seed(dues) {
    const silent = createServer((socket) => socket.on("error", () => {}).resume());
    const prompt = createHttpServer((asked, answer) => asked.resume().on("end", () => {
      answer.end();
      arrived();
    }));
    servers = [silent, prompt];
    const [silentPort, promptPort] = [await listening(silent), await listening(prompt)];
    const noisy = [];
    for (let at = 0; at < WORKSPACES; at++) {
      const neighbour = await workspace(dues.stage, `Noisy ${at}`, `noisy-${at}@attack.test`);
      const endpoints = [];
      for (let one = 0; one < ENDPOINTS_EACH; one++) endpoints.push(await endpoint(dues, neighbour.cookie, silentPort));
      noisy.push({ ...neighbour, endpoints });
    }
    const modest = await workspace(dues.stage, "Modest", "modest@attack.test");
    return { noisy, modest: { ...modest, endpoint: await endpoint(dues, modest.cookie, promptPort) } };
  },
  begin(attack) {
    const { noisy } = attack.seeded;
    const from = (at) => address(13, at % WORKSPACES);
    attack.stream(PINGS_PER_SECOND, (at) => {
      const { cookie, endpoints } = noisy[at % WORKSPACES];
      const id = endpoints[Math.floor(at / WORKSPACES) % ENDPOINTS_EACH];
      return { from: from(at), bytes: json(`${ENDPOINTS}/${id}/test`, {}, { cookie }) };
    });
    attack.stream(CHANGES_PER_SECOND, (at) => {
      const headers = { authorization: `Bearer ${noisy[at % WORKSPACES].key}`, "content-type": "application/json" };
      const value = Math.floor(at / WORKSPACES) % 2 ? FEW : ALL;
      const path = `/api/v1/billing/features/${GAUGE}/usage`;
      return { from: from(at), bytes: request("PUT", path, { headers, body: JSON.stringify({ value }) }) };
    });
  },
  /** Times the webhooks of another workspace, from the request that sends one to its arrival. */
  async beside({ stage, url }, { modest }, seconds) {
    const took = [];
    for (let at = 0; at < WEBHOOKS; at++) {
      const begun = performance.now();
      const arrival = new Promise((resolve) => (arrived = resolve));
      await must(await stage.post(`${url}${ENDPOINTS}/${modest.endpoint}/test`, {}, { cookie: modest.cookie }));
      await arrival;
      took.push(performance.now() - begun);
      await pause((seconds * 1000) / WEBHOOKS);
    }
    const sorted = took.toSorted((one, other) => one - other);
    const shown = [sorted[sorted.length >> 1], sorted.at(-1)].map((ms) => ms.toFixed(0));
    return `another workspace's webhook arrives after ${shown[0]} ms in the median, ${shown[1]} ms at most (${took.length})`;
  },
  end: () => servers.forEach((server) => server.close()),
};
