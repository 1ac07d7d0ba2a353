// A cheap HTTP client: requests are prepared bytes, and only the status of a response is read.
import { connect } from "node:net";

const HOST = "127.0.0.1";
const PATIENCE_MS = 30_000;

/** Address `at` of a block in 127.0.0.0/8. All are this machine, but the server sees each as another client. */
export const address = (block, at = 1) => `127.${block}.${at >> 8}.${at & 255}`;

/** An HTTP/1.1 request with `connection: close`. `length` is the value of `content-length`. */
export function request(method, path, { headers = {}, body = "", length = Buffer.byteLength(body) } = {}) {
  const sized = method === "GET" ? {} : { "content-length": length };
  const lines = Object.entries({ host: HOST, connection: "close", ...sized, ...headers });
  const head = `${method} ${path} HTTP/1.1\r\n${lines.map(([name, value]) => `${name}: ${value}\r\n`).join("")}\r\n`;
  return Buffer.from(head + body);
}

export const json = (path, value, headers = {}) =>
  request("POST", path, { headers: { "content-type": "application/json", ...headers }, body: JSON.stringify(value) });

/** Opens a connection from the local address `from`. */
export function dial(port, from) {
  const socket = connect({ host: HOST, port, localAddress: from, noDelay: true });
  socket.on("error", () => {});
  return socket;
}

/**
 * Sends `bytes` on a new connection. Returns the status, and the milliseconds until the connection closed. Without a
 * response the status is `closed`, or `silent` after PATIENCE_MS.
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

/** The status of an HTTP/1.1 response. `closed` for other protocols. */
export const statusOf = (data) => data.toString("latin1", 0, 12).match(/^HTTP\/1\.1 (\d{3})/)?.[1] ?? "closed";
