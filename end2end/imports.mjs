// Fails when files of one crate import each other in a circle, or when a script imports a file that does not exist.
// Reads the paths that begin with `crate`, `self` or `super` in the code of each crate, without its tests, and follows
// a re-exported name to the file that defines it.
// `node end2end/imports.mjs` prints each circle with the imports that close it.
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = join(dirname(fileURLToPath(import.meta.url)), "..");
const CRATES = ["app/src/lib.rs", "app/locales/src/lib.rs", "server/domain/src/lib.rs", "server/billing/src/lib.rs", "server/sandbox/src/lib.rs",
  "server/src/lib.rs", "server/src/main.rs"];
const SCRIPTS = ["end2end", "frontend"];

/** The text of a file without comments, string contents and `#[cfg(test)]` items. */
function code(file) {
  const text = readFileSync(file, "utf8");
  let out = "";
  for (let at = 0; at < text.length;) {
    const rest = text.slice(at, at + 2);
    const raw = /^r(#*)"/.exec(text.slice(at, at + 12));
    if (rest === "//") {
      while (at < text.length && text[at] !== "\n") at++;
    } else if (rest === "/*") {
      at = text.indexOf("*/", at) + 2;
    } else if (raw && !/\w/.test(text[at - 1] ?? "")) {
      at = text.indexOf(`"${raw[1]}`, at + raw[0].length) + 1 + raw[1].length;
      out += '""';
    } else if (text[at] === '"') {
      at++;
      while (text[at] !== '"') at += text[at] === "\\" ? 2 : 1;
      at++;
      out += '""';
    } else if (text[at] === "'" && /^'(\\.[^']*|[^\\'])'/.test(text.slice(at, at + 12))) {
      at += /^'(\\.[^']*|[^\\'])'/.exec(text.slice(at, at + 12))[0].length;
      out += "' '";
    } else out += text[at++];
  }
  return withoutTests(out);
}

function withoutTests(text) {
  const marker = /#\[cfg\((?:test|all\(test\b[^\]]*)\)\]/g;
  let out = "", from = 0;
  for (let found; (found = marker.exec(text));) {
    if (found.index < from) continue;
    out += text.slice(from, found.index);
    let at = marker.lastIndex, depth = 0;
    for (; at < text.length; at++) {
      if (text[at] === "{") depth++;
      if (text[at] === "}" && --depth === 0) break;
      if (text[at] === ";" && depth === 0) break;
    }
    from = at + 1;
  }
  return out + text.slice(from);
}

/** `a::{b, c::{d as e, *}}` as the list of `{ path, name }`. */
function expand(tree, prefix = []) {
  tree = tree.trim();
  const brace = tree.indexOf("{");
  if (brace >= 0) {
    const head = tree.slice(0, brace).split("::").map((part) => part.trim()).filter(Boolean);
    const inner = tree.slice(brace + 1, tree.lastIndexOf("}"));
    const parts = [];
    let depth = 0, start = 0;
    for (let at = 0; at <= inner.length; at++) {
      if (inner[at] === "{") depth++;
      if (inner[at] === "}") depth--;
      if (at === inner.length || (inner[at] === "," && depth === 0)) {
        parts.push(inner.slice(start, at));
        start = at + 1;
      }
    }
    return parts.filter((part) => part.trim()).flatMap((part) => expand(part, [...prefix, ...head]));
  }
  const [path, alias] = tree.split(/\s+as\s+/);
  const segments = [...prefix, ...path.split("::").map((part) => part.trim()).filter(Boolean)];
  if (segments.at(-1) === "self") segments.pop();
  return [{ path: segments, name: alias?.trim() ?? segments.at(-1) }];
}

/** All modules below a crate's root: path -> { file, text, uses, children }. */
function modules(root) {
  const all = new Map();
  const add = (path, file, folder, text) => {
    const module = { path, file, children: new Set(), uses: [], paths: [], items: new Set() };
    all.set(path.join("::"), module);
    let rest = text;
    for (const [, name, end] of text.matchAll(/\bmod\s+(\w+)\s*([;{])/g)) {
      module.children.add(name);
      if (end === ";") {
        const next = [join(folder, `${name}.rs`), join(folder, name, "mod.rs")].find((candidate) => existsSync(candidate));
        if (next) add([...path, name], next, join(folder, name), code(next));
      } else {
        const open = rest.search(new RegExp(`\\bmod\\s+${name}\\s*\\{`));
        let at = rest.indexOf("{", open), depth = 0;
        const start = at + 1;
        for (; at < rest.length; at++) {
          if (rest[at] === "{") depth++;
          if (rest[at] === "}" && --depth === 0) break;
        }
        add([...path, name], file, join(folder, name), rest.slice(start, at));
        rest = rest.slice(0, open) + rest.slice(at + 1);
      }
    }
    // A path that begins with `::` names another crate.
    module.uses = [...rest.matchAll(/\buse\s+(?!::)([^;]+);/g)].flatMap(([, tree]) => expand(tree));
    const body = rest.replace(/\buse\s+[^;]+;/g, "").replace(/\bpub\s*\(in [^)]*\)/g, "");
    module.paths = [...body.matchAll(/\b(?:crate|self|super)(?:::\w+)+/g)].map(([path]) => path.split("::"));
  };
  add([], root, dirname(root), code(root));
  return all;
}

/** The module that a path names, and the item in it. */
function resolve(all, from, path, depth = 0) {
  let at;
  let rest = path;
  if (rest[0] === "crate") { at = []; rest = rest.slice(1); }
  else if (rest[0] === "self") { at = from; rest = rest.slice(1); }
  else if (rest[0] === "super") {
    at = from;
    while (rest[0] === "super") { at = at.slice(0, -1); rest = rest.slice(1); }
  } else if (all.get(from.join("::"))?.children.has(rest[0])) at = from;
  else return null;
  while (rest.length && all.has([...at, rest[0]].join("::"))) { at = [...at, rest[0]]; rest = rest.slice(1); }
  const module = all.get(at.join("::"));
  if (!module) return null;
  const item = rest[0];
  if (item && item !== "*" && depth < 8) {
    const again = module.uses.find((use) => use.name === item && use.path.at(-1) !== "*");
    if (again && !(again.path.length === 1 && again.path[0] === item)) {
      const target = resolve(all, at, [...again.path, ...rest.slice(1)], depth + 1);
      return target ?? null;
    }
  }
  return { module, item: item ?? "self" };
}

function edges(all) {
  const graph = new Map();
  for (const module of all.values()) {
    const to = graph.get(module.file) ?? new Map();
    graph.set(module.file, to);
    for (const path of [...module.uses.map((use) => use.path), ...module.paths]) {
      const target = resolve(all, module.path, path);
      if (!target || target.module.file === module.file) continue;
      if (target.item === "self" && target.module.path.length <= module.path.length
        && target.module.path.every((part, at) => part === module.path[at])) continue;
      to.set(target.module.file, (to.get(target.module.file) ?? new Set()).add(target.item));
    }
  }
  return graph;
}

/** Groups of files that reach each other (Tarjan). */
function circles(graph) {
  const index = new Map(), low = new Map(), stack = [], on = new Set(), found = [];
  const visit = (file) => {
    index.set(file, index.size); low.set(file, index.get(file));
    stack.push(file); on.add(file);
    for (const next of graph.get(file)?.keys() ?? []) {
      if (!index.has(next)) { visit(next); low.set(file, Math.min(low.get(file), low.get(next))); }
      else if (on.has(next)) low.set(file, Math.min(low.get(file), index.get(next)));
    }
    if (low.get(file) === index.get(file)) {
      const group = [];
      for (let file_; (file_ = stack.pop());) { on.delete(file_); group.push(file_); if (file_ === file) break; }
      if (group.length > 1) found.push(group.sort());
    }
  };
  for (const file of graph.keys()) if (!index.has(file)) visit(file);
  return found;
}

/** The relative imports of scripts that lead to no file. */
function brokenImports(folder) {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return entry.name === "node_modules" ? [] : brokenImports(path);
    if (!entry.name.endsWith(".mjs")) return [];
    const imported = [...readFileSync(path, "utf8").matchAll(/\bfrom "(\.[^"]+)"/g)].map(([, to]) => to);
    return imported.filter((to) => !existsSync(join(folder, to))).map((to) => `${relative(ROOT, path)} -> ${to}`);
  });
}

const broken = SCRIPTS.flatMap((folder) => brokenImports(join(ROOT, folder)));
for (const line of broken) console.error(`import of a missing file: ${line}`);
if (broken.length > 0) process.exit(1);

let count = 0;
for (const root of CRATES.map((file) => join(ROOT, file)).filter((file) => existsSync(file))) {
  const graph = edges(modules(root));
  for (const group of circles(graph)) {
    count++;
    console.log(`circle of ${group.length} files:`);
    for (const file of group) {
      for (const [next, items] of graph.get(file)) {
        if (group.includes(next)) console.log(`  ${relative(ROOT, file)} -> ${relative(ROOT, next)}: ${[...items].join(", ")}`);
      }
    }
  }
}
if (count > 0) {
  console.error(`${count} circles of imports`);
  process.exit(1);
}
console.log("no circle of imports");
