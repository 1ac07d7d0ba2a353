// The server's SQLite file.
import { closeSync, openSync, readSync } from "node:fs";
import { endianness } from "node:os";
import { join } from "node:path";

/** Offset of the counter "incremented with each transaction" (SQLite: "WAL-mode File Format", WAL-index header). */
const CHANGES_AT = 8;

export class Sqlite {
  title = "SQLite, WAL, synchronous=FULL";

  constructor(folder) {
    this.file = join(folder, "dues.db");
    this.url = `sqlite://${this.file}`;
  }

  /** A number that grows by one with each writing transaction. */
  async commits() {
    const file = openSync(`${this.file}-shm`, "r");
    const bytes = Buffer.alloc(4);
    readSync(file, bytes, 0, bytes.length, CHANGES_AT);
    closeSync(file);
    return endianness() === "LE" ? bytes.readUInt32LE() : bytes.readUInt32BE();
  }
}
