// References: what the disk and the database achieve without Dues.
import { closeSync, fdatasyncSync, openSync, unlinkSync, writeFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import { setImmediate as nextTurn } from "node:timers/promises";

const RECORD = Buffer.alloc(256, "x");
const ROWS = 1_000;
const DATABASE = "reference";

/** Sequential durable appends of a small record. */
export function appends(folder) {
  return {
    name: "append 256 bytes, fdatasync",
    async run(seconds) {
      const path = join(folder, "appends");
      const file = openSync(path, "a");
      const begun = performance.now();
      let count = 0;
      while (performance.now() - begun < seconds * 1000) {
        writeSync(file, RECORD);
        fdatasyncSync(file);
        // Lets signal handlers run.
        if (++count % 100 === 0) await nextTurn();
      }
      const micros = (performance.now() - begun) * 1000;
      closeSync(file);
      unlinkSync(path);
      return { answers: count, micros };
    },
  };
}

/** Minimal transactions of one statement, from as many clients as the workloads have. */
export async function pgbench(postgres, folder, connections) {
  await postgres.query(`CREATE DATABASE ${DATABASE}`);
  const table = `CREATE TABLE rows (id BIGINT PRIMARY KEY, used BIGINT NOT NULL)`;
  await postgres.query(`${table}; INSERT INTO rows SELECT id, 0 FROM generate_series(1, ${ROWS}) AS id`, DATABASE);
  const update = (id) => `UPDATE rows SET used = used + 1 WHERE id = ${id};\n`;
  return [
    script(postgres, folder, ONE_ROW, update("1")),
    script(postgres, folder, `pgbench, ${ROWS.toLocaleString("en")} rows`, `\\set id random(1, ${ROWS})\n${update(":id")}`),
  ].flatMap((reference) => connections.map((clients) => ({ ...reference, connections: clients })));
}

export const ONE_ROW = "pgbench, one row";

function script(postgres, folder, name, text) {
  const file = join(folder, `${name.replace(/\W+/g, "-")}.sql`);
  writeFileSync(file, text);
  return {
    name,
    async run(seconds, clients) {
      const words = ["-n", "-M", "prepared", "-c", clients, "-T", seconds, "-f", file, `${postgres.address}/${DATABASE}`];
      const said = await postgres.processes.run(join(postgres.bin, "pgbench"), words.map(String));
      const number = (pattern) => Number(said.match(pattern)[1]);
      const answers = number(/^number of transactions actually processed: (\d+)/m);
      return { answers, micros: (answers / number(/^tps = ([\d.]+)/m)) * 1e6 };
    },
  };
}
