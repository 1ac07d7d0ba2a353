// A client that costs little: requests are bytes made in advance, and of an answer only the status is read.
import { connect } from "node:net";

const HOST = "127.0.0.1";
const PATIENCE_MS = 30_000;

/** All of 127.0.0.0/8 is this machine, and each address in it is a client of its own: number `at` of a block. */
export const address = (block, at = 1) => `127.${block}.${at >> 8}.${at & 255}`;

/** A request of HTTP/1.1 after whose answer the server closes the connection. `length`: what is said of the body. */
export function request(method, path, { headers = {}, body = "", length = Buffer.byteLength(body) } = {}) {
  const sized = method === "GET" ? {} : { "content-length": length };
  const lines = Object.entries({ host: HOST, connection: "close", ...sized, ...headers });
  const head = `${method} ${path} HTTP/1.1\r\n${lines.map(([name, value]) => `${name}: ${value}\r\n`).join("")}\r\n`;
  return Buffer.from(head + body);
}

export const json = (path, value, headers = {}) =>
  request("POST", path, { headers: { "content-type": "application/json", ...headers }, body: JSON.stringify(value) });

/** An open connection from an address of this machine. */
export function dial(port, from) {
  const socket = connect({ host: HOST, port, localAddress: from, noDelay: true });
  socket.on("error", () => {});
  return socket;
}

/**
 * Sends `bytes` on a connection of their own. The status, and the milliseconds until the connection was closed; `closed` or `silent`
 * for a status where none came.
 */
export function send(port, from, bytes) {
  return new Promise((resolve) => {
    const begun = performance.now();
    const socket = dial(port, from);
    let status = "closed";
    socket.setTimeout(PATIENCE_MS, () => {
      status = "silent";
      socket.destroy();
    });
    socket.on("data", (data) => {
      if (status === "closed") status = statusOf(data);
    });
    socket.on("close", () => resolve({ status, ms: performance.now() - begun }));
    socket.write(bytes);
  });
}

/** By the beginning of an answer of HTTP/1.1; other protocols have none. */
export const statusOf = (data) => data.toString("latin1", 0, 12).match(/^HTTP\/1\.1 (\d{3})/)?.[1] ?? "closed";
