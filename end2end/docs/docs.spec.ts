// README.md and server/docs: every command and call runs as written, and every link leads somewhere.
import { expect, test } from "@playwright/test";
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { binary, Demo, freePorts } from "../demo.ts";
import { differences, parseAnswer } from "./answers.ts";
import { type Block, folder, type Page, pageNames, readme, readPage, root } from "./pages.ts";
import { isFile, isRun, localizer, runBlocks, typeErrors } from "./session.ts";

const names = [
  "quickstart",
  "concepts",
  "integrate",
  "express",
  "next",
  "fastapi",
  "existing",
  "import",
  "clients",
  "tenants",
  "entitlements",
  "subscriptions",
  "webhooks",
  "catalog",
  "settings",
  "languages",
  "install",
  "operate",
  "backup",
  "scale",
  "telemetry",
  "security",
  "reliability",
  "bounds",
  "develop",
];
const languages = ["sh", "python", "js", "ts", "json", "toml", "yaml", "text"];
const marks = ["variables", "answer", "fails", "file", "not-run"];
/** Number of code blocks that no test runs. One more needs a reason in its `not-run`, and a higher number here. */
const notRunCount = 33;
const maxWidth = 120;
const maxReadmeLines = 120;

const pathOf = (name: string) => `${folder}/${name}.md`;
const pages = [readme, ...names.map(pathOf)].map(readPage);
const guide = pages.filter(({ path }) => path !== readme);
const blocks = pages.flatMap((page) => page.blocks);
const place = ({ page, line }: Block) => `${page}:${line}`;

/** Settings that pages of the guide name beside their calls. The demo allows the product's origin by default. */
const settings = (product: string) => ({
  CORS_ORIGINS: "https://app.example.com",
  PUBLIC_PLANS: "1",
  ALLOWED_REDIRECT_ORIGINS: `https://yourapp.com,${product}`,
});

/** The block of the quickstart that defines the variables which the other pages use. */
const variables = blocks.find(({ marks }) => marks.has("variables"));

for (const page of pages) {
  const steps = page.blocks.filter((block) => isRun(block) || isFile(block));
  if (!steps.some(isRun)) continue;

  test(`${page.path} runs as written`, async () => {
    if (!variables) throw new Error("the quickstart has no block of variables");
    const [receiver = 0, product = 0] = await freePorts(2);
    const demo = await Demo.start(`docs-${page.path.replace(/.*\//, "")}`, settings(`http://127.0.0.1:${product}`));
    try {
      const localize = localizer(demo, receiver, product);
      const needsVariables = page.path !== readme && !steps.includes(variables);
      const { outputs, failure } = runBlocks(needsVariables ? [variables, ...steps] : steps, demo, localize);
      expect(failure).toBeUndefined();
      expect(wrongAnswers(page, outputs, localize)).toEqual([]);
    } finally {
      await demo.end();
    }
  });
}

/** Compares each `json answer` block with the output of the block that ran before it. */
function wrongAnswers(page: Page, outputs: Map<Block, string>, localize: (text: string) => string): string[] {
  let output: string | undefined;
  return page.blocks.flatMap((block) => {
    if (isRun(block)) output = outputs.get(block);
    if (!block.marks.has("answer")) return [];
    if (output === undefined) return [`${place(block)}: no block before it ran`];
    const stated: unknown = JSON.parse(localize(block.code));
    return differences(stated, parseAnswer(output)).map((difference) => `${place(block)}: ${difference}`);
  });
}

test("blocks that no test runs have a reason, and their number does not grow", () => {
  const notRun = blocks.filter(({ marks }) => marks.has("not-run"));
  const list = notRun.map((block) => `  ${place(block)}: ${block.marks.get("not-run")}`);
  console.log([`${notRun.length} blocks are not run:`, ...list].join("\n"));
  expect(notRun.filter(({ marks }) => (marks.get("not-run") ?? "").length < 10).map(place)).toEqual([]);
  expect(notRun).toHaveLength(notRunCount);
});

test("every block has a known language and known marks", () => {
  const unknown = blocks.filter(
    (block) => !languages.includes(block.language) || [...block.marks.keys()].some((mark) => !marks.includes(mark)),
  );
  expect(unknown.map(place)).toEqual([]);
  for (const block of blocks.filter(({ language }) => language === "json")) {
    expect(() => JSON.parse(block.code), place(block)).not.toThrow();
  }
});

test("TypeScript examples compile", () => {
  // next.spec.ts checks the files of the page of Next, with the packages that they import.
  const examples = blocks.filter((block) => block.language === "ts" && !isFile(block));
  expect(examples.length).toBeGreaterThan(0);
  expect(typeErrors(examples, join(root, "end2end/node_modules"))).toEqual([]);
});

test("the guide has the expected pages, each with a title and a summary of one sentence", () => {
  expect(pageNames().sort()).toEqual(names.map((name) => `${name}.md`).sort());
  for (const { path, lines } of guide) {
    expect(lines[0], path).toMatch(/^# \S/);
    expect(lines.filter((line, index) => index > 0 && /^# /.test(line) && !inBlock(path, index + 1)), path).toEqual([]);
    expect(lines[1], path).toBe("");
    const summary = lines.slice(2, lines.indexOf("", 2)).join(" ");
    expect(summary, path).toMatch(/^[A-Z`][^#|]*\.$/);
    expect(summary.match(/\. /g), `${path} has one sentence as its summary`).toBeNull();
  }
});

/** Whether a line of a page is inside of a code block. */
function inBlock(path: string, line: number): boolean {
  return blocks.some(({ page, line: first, code }) => page === path && line > first && line < first + code.split("\n").length);
}

test("lines have at most 120 characters, and the README at most 120 lines", () => {
  const tooLong = pages.flatMap(({ path, lines }) =>
    lines.flatMap((line, index) => (withoutUrls(line).length > maxWidth ? [`${path}:${index + 1}`] : [])),
  );
  expect(tooLong).toEqual([]);
  expect(pages.find(({ path }) => path === readme)?.lines.length).toBeLessThanOrEqual(maxReadmeLines + 1);
});

/** Shortens long URLs in a line, because a URL can't be wrapped. */
const withoutUrls = (line: string) => line.replace(/https?:\/\/\S{60,}/g, "https://…");

test("every link leads to a page, a heading or a file", () => {
  const broken = pages.flatMap((page) =>
    page.links.filter(({ target }) => !leadsSomewhere(page, target)).map(({ line, target }) => `${page.path}:${line}: ${target}`),
  );
  expect(broken).toEqual([]);
});

/** Pages of the guide link to each other and show pictures; develop.md and the README link to files, too. */
function leadsSomewhere({ path, fragments }: Page, target: string): boolean {
  if (/^https?:/.test(target)) return true;
  const [file = "", heading] = target.split("#");
  if (file === "") return heading !== undefined && fragments.has(heading);
  if (file.startsWith("/")) return path !== readme && /^\/(docs|openapi\.json)/.test(file);
  const full = normalize(join(dirname(path), file));
  const other = pages.find((page) => page.path === full);
  if (other) return heading === undefined || other.fragments.has(heading);
  if (file.endsWith(".svg")) return existsSync(join(root, full));
  return [readme, pathOf("develop")].includes(path) && heading === undefined && existsSync(join(root, full));
}

/** What the guide says, without the README. */
const guideText = guide.flatMap(({ lines }) => lines).join("\n");

test("the guide names every command of the binary", () => {
  const help = execFileSync(binary, ["--help"], { encoding: "utf8" });
  const list = /^Commands:\n((?: .*\n)+)/m.exec(help)?.[1] ?? "";
  const commands = [...list.matchAll(/^ {2}([a-z-]+)/gm)].map(([, name]) => name).filter((name) => name !== "help");
  expect(commands.length).toBeGreaterThan(10);
  expect(commands.filter((name) => !guideText.includes(`server ${name}`))).toEqual([]);
});

test("the webhooks page describes every event", () => {
  const document = JSON.parse(readFileSync(join(root, "server/openapi.json"), "utf8"));
  const events: string[] = document.components.schemas.WebhookEvent.enum;
  expect(events.length).toBeGreaterThan(0);
  const text = pages.find(({ path }) => path === pathOf("webhooks"))?.lines.join("\n") ?? "";
  expect(events.filter((event) => !text.includes(`\`${event}\``))).toEqual([]);
});

test("the settings page lists every setting with its default", () => {
  const page = pages.find(({ path }) => path === pathOf("settings"));
  const documented = (page?.lines ?? []).flatMap((line) => {
    const entry = /^- `([A-Z_]+)` \(([^;)]+); (?:default `([^`]*)`|([^)]*))\):? /.exec(`${line} `);
    return entry ? [{ name: entry[1] ?? "", value: entry[3] }] : [];
  });
  const { PATH = "", HOME = "" } = process.env;
  const printed = new Map(
    execFileSync(binary, ["config"], { env: { PATH, HOME }, encoding: "utf8" })
      .trim()
      .split("\n")
      .map((line) => [line.slice(0, line.indexOf("=")), line.slice(line.indexOf("=") + 1)]),
  );
  expect(documented.map(({ name }) => name).sort()).toEqual([...printed.keys()].sort());
  const wrong = documented.filter(({ name, value }) => value !== undefined && printed.get(name) !== value);
  expect(wrong).toEqual([]);
});
