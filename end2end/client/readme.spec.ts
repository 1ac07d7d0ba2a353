// Runs the shell session of README.md, "Try the API".
import { expect, test } from "@playwright/test";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Demo } from "../demo.ts";

const defaultUrl = "http://127.0.0.1:3000";

test("the session in the README signs up, checks and upgrades", async () => {
  const readme = readFileSync(new URL("../../README.md", import.meta.url), "utf8");
  const session = /^## Try the API$.*?^```sh$\n(.*?)^```$/ms.exec(readme)?.[1] ?? "";
  expect(session, "it begins with the demo's URL").toContain(`dues=${defaultUrl}\n`);

  const demo = await Demo.start("readme");
  const folder = mkdtempSync(join(tmpdir(), "dues-readme-"));
  try {
    const typed = session.replace(defaultUrl, demo.url);
    const { status, stdout, stderr } = spawnSync("bash", ["-euo", "pipefail", "-c", typed], { cwd: folder, encoding: "utf8" });
    expect(status, stderr).toBe(0);
    const answers = stdout.split(/(?<=\})(?=\{)|\n/).filter(Boolean).map((line) => JSON.parse(line));
    expect(answers[0]).toMatchObject({ email: "ada@example.com", role: "owner", created: true });
    expect(answers[1]).toMatchObject({ isValid: true, used: 0, limit: 1 });
    expect(answers[2]).toMatchObject({ success: true, session: { plan: "pro", amount: 2900 } });
    expect(answers[2].checkoutUrl).toContain(demo.sandboxUrl);
    expect(answers).toHaveLength(3);
  } finally {
    rmSync(folder, { recursive: true, force: true });
    await demo.end();
  }
});
