// Reads README.md and the pages of server/docs: their code blocks, headings and links.
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

export const root = join(dirname(fileURLToPath(import.meta.url)), "../..");
export const folder = "server/docs";
export const readme = "README.md";

/** A fenced code block. Its info string is a language and marks, such as `sh not-run="needs a key"`. */
export interface Block {
  page: string;
  /** The line of the opening fence, from 1. */
  line: number;
  language: string;
  /** Values by mark; "" for a mark without a value. */
  marks: Map<string, string>;
  code: string;
}

export interface Link {
  line: number;
  target: string;
}

export interface Page {
  /** The path from the root of the repository. */
  path: string;
  lines: string[];
  blocks: Block[];
  /** The fragments that a link to the page may have. */
  fragments: Set<string>;
  links: Link[];
}

/** Names of the files in server/docs that are pages. */
export function pageNames(): string[] {
  return readdirSync(join(root, folder)).filter((name) => name.endsWith(".md"));
}

export function readPage(path: string): Page {
  const lines = readFileSync(join(root, path), "utf8").split("\n");
  const page: Page = { path, lines, blocks: [], fragments: new Set(), links: [] };
  let open: { block: Block; code: string[] } | undefined;
  for (const [index, text] of lines.entries()) {
    const line = index + 1;
    if (text.startsWith("```")) {
      if (open) {
        page.blocks.push({ ...open.block, code: open.code.map((code) => `${code}\n`).join("") });
        open = undefined;
      } else {
        open = { block: { page: path, line, code: "", ...parseInfo(text.slice(3)) }, code: [] };
      }
    } else if (open) {
      open.code.push(text);
    } else {
      const heading = /^#+ (.*)$/.exec(text)?.[1];
      if (heading) page.fragments.add(fragment(heading));
      for (const [, target = ""] of text.matchAll(/\]\(([^)\s]+)\)/g)) page.links.push({ line, target });
    }
  }
  if (open) throw new Error(`${path}:${open.block.line}: the code block has no end`);
  return page;
}

function parseInfo(info: string): { language: string; marks: Map<string, string> } {
  const [language = "", ...rest] = info.trim().split(" ");
  const marks = new Map<string, string>();
  for (const [, name = "", value = ""] of rest.join(" ").matchAll(/([a-z-]+)(?:="([^"]*)")?/g)) marks.set(name, value);
  return { language, marks };
}

/** The fragment of a heading: lower case, hyphens for spaces, no other punctuation. */
function fragment(heading: string): string {
  return heading.toLowerCase().replace(/[^a-z0-9 _-]/g, "").replaceAll(" ", "-");
}
