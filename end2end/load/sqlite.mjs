// The file that Dues keeps in SQLite, seen from beside it.
import { closeSync, openSync, readSync } from "node:fs";
import { endianness } from "node:os";
import { join } from "node:path";

/** In the index of the log, a counter "incremented with each transaction" (SQLite: "WAL-mode File Format", the WAL-index header). */
const CHANGES_AT = 8;

export class Sqlite {
  title = "SQLite, WAL, synchronous=FULL";

  constructor(folder) {
    this.file = join(folder, "dues.db");
    this.url = `sqlite://${this.file}`;
  }

  /** Grows by one with each transaction that writes. */
  async commits() {
    const file = openSync(`${this.file}-shm`, "r");
    const bytes = Buffer.alloc(4);
    readSync(file, bytes, 0, bytes.length, CHANGES_AT);
    closeSync(file);
    return endianness() === "LE" ? bytes.readUInt32LE() : bytes.readUInt32BE();
  }
}
