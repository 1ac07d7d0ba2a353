// Runs one burst of wrk.
import { randomBytes } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { fill } from "./workloads.mjs";

const SCRIPT = fileURLToPath(new URL("requests.lua", import.meta.url));
const SERIAL_DIGITS = 10;

/** The id of a run's request, the same as in requests.lua. */
export const idOf = (run, serial) => run + String(serial).padStart(SERIAL_DIGITS, "0");

/** The row of a request, the same as in requests.lua. */
export const rowOf = ({ rows }, serial) => rows[(serial - 1) % rows.length];

export const newRun = () => randomBytes(5).toString("hex");

export class Wrk {
  constructor(processes, folder, { url, port }) {
    Object.assign(this, { processes, folder, url, host: `127.0.0.1:${port}` });
  }

  /** Writes the burst's input files, and returns wrk's arguments. */
  prepare(workload, run, connections, seconds) {
    const [template, rows] = [join(this.folder, "template.lua"), join(this.folder, "rows")];
    writeFileSync(template, this.#template(workload));
    writeFileSync(rows, `${workload.rows.map((row) => row.join("\t")).join("\n")}\n`);
    const options = ["-t1", `-c${connections}`, `-d${seconds}s`, "--timeout", "10s", "-s", SCRIPT];
    return [...options, `${this.url}/`, "--", template, rows, run];
  }

  /** Runs wrk. `made` counts all requests, including the last ones without a response and one that wrk only builds. */
  async burst(words) {
    const said = await this.processes.run("wrk", words);
    const found = said.match(/^RESULT (.*)$/m);
    if (!found) throw new Error(`wrk printed no result\n${said}`);
    return JSON.parse(found[1]);
  }

  #template({ method, path, headers, body = "", columns, rows }) {
    const lengths = new Set(rows.slice(0, 200).map((row) => Buffer.byteLength(fill(body, columns, row, idOf(newRun(), 1)))));
    if (lengths.size !== 1) throw new Error(`bodies for ${path} are of different lengths`);
    const all = { host: this.host, ...headers, ...(body && { "content-length": [...lengths][0] }) };
    const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
    const text = `${method} ${path} HTTP/1.1\r\n${lines.join("")}\r\n${body}`;
    const parts = text.split(new RegExp(`\\{(${["id", ...columns].join("|")})\\}`));
    const pieces = parts.filter((_, at) => at % 2 === 0);
    const slots = parts.filter((_, at) => at % 2 === 1).map((name) => (name === "id" ? name : columns.indexOf(name) + 1));
    // JSON and Lua escape these strings alike.
    const list = (values) => `{${values.map((value) => JSON.stringify(value)).join(",")}}`;
    return `return {pieces=${list(pieces)},slots=${list(slots)}}`;
  }
}
