// Runs the code blocks of a page in order, in one shell, as a reader would who has started the demo.
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import ts from "typescript";
import { binary, type Demo } from "../demo.ts";
import { type Block, root } from "./pages.ts";

/** What runs a file of each language, and the file's ending. */
const runners: Record<string, [command: string, ending: string]> = {
  sh: ["source", "sh"],
  python: ["python3", "py"],
  js: ["node", "mjs"],
  ts: ["node", "mjs"],
};
/** How long all blocks of a page may take together. */
const timeoutMs = 100_000;
/** The addresses and the ports that the pages use. */
const demoAddress = "127.0.0.1:3000";
const sandboxAddress = "127.0.0.1:12111";
const metricsAddress = "127.0.0.1:9464";
const receiverPort = /\b8099\b/g;
const productPort = /\b8098\b/g;
/** Variables that npm needs to reach its registry. Others of npm's name the folder that it runs in. */
const registryVariables =
  /^(npm_config_(registry|cafile|cache|userconfig|globalconfig)|.*_proxy|.*_ca_(certs|bundle)|ssl_cert_file)$/i;

export interface Outcome {
  /** The output of each block that ran, in order. */
  outputs: Map<Block, string>;
  /** The block that failed, with what it printed. */
  failure?: string;
}

export const isRun = ({ language, marks }: Block) =>
  language in runners && !marks.has("not-run") && !marks.has("file");

/** Whether a reader saves the block under a name. */
export const isFile = ({ marks }: Block) => marks.has("file");

/** Replaces the addresses of a page by those of the test. */
export type Localize = (text: string) => string;

export function localizer(demo: Demo, receiver: number, product: number): Localize {
  const host = (url: string) => new URL(url).host;
  return (text) =>
    text
      .replaceAll(demoAddress, host(demo.url))
      .replaceAll(sandboxAddress, host(demo.sandboxUrl))
      .replaceAll(metricsAddress, demo.metricsAddress)
      .replace(receiverPort, String(receiver))
      .replace(productPort, String(product));
}

/** The packages of the Python client's tests, where frontend/tools.sh has them. */
const pythonPackages = join(process.env.XDG_CACHE_HOME ?? join(homedir(), ".cache"), "dues/python-client");

/** The packed client, which `make clients` and `npm run docs` write. */
export const packedClient = join(root, "target/clients/dues-client.tgz");

/**
 * Runs `blocks` in a new folder, which stands for that of the repository: `data` is the demo's, and `server/clients` and
 * `target/clients` are the repository's. `target/product/venv` has Python's packages. The command `server` is the
 * binary.
 */
export function runBlocks(blocks: Block[], demo: Demo, localize: Localize): Outcome {
  const home = mkdtempSync(join(tmpdir(), "dues-docs-"));
  try {
    const [reader, parts] = [join(home, "reader"), join(home, "parts")];
    for (const folder of [parts, join(home, "bin"), join(reader, "target")]) mkdirSync(folder, { recursive: true });
    symlinkSync(demo.folder, join(reader, "data"));
    symlinkSync(join(root, "server"), join(reader, "server"));
    symlinkSync(join(root, "target/clients"), join(reader, "target/clients"));
    mkdirSync(join(reader, "target/product"));
    symlinkSync(pythonPackages, join(reader, "target/product/venv"));
    symlinkSync(binary, join(home, "bin/server"));
    const isNew = ({ marks }: Block, index: number) =>
      blocks.findIndex((other) => other.marks.get("file") === marks.get("file")) === index;
    const steps = blocks.map((block, index) => step(block, join(parts, String(index)), isNew(block, index), localize));
    const script = [
      "set -euo pipefail",
      `trap 'kill $(jobs -p) 2>${parts}/killed || true' EXIT`,
      ...steps,
    ].join("\n");
    const registries = Object.entries(process.env).filter(([name]) => registryVariables.test(name));
    const env = {
      ...Object.fromEntries(registries),
      PATH: `${join(home, "bin")}:${process.env.PATH}`,
      HOME: process.env.HOME,
      npm_config_prefer_offline: "true",
      npm_config_audit: "false",
      PYTHONPATH: join(root, "server/clients/python/src"),
    };
    const ended = spawnSync("bash", ["-c", script], { cwd: reader, env, encoding: "utf8", timeout: timeoutMs });
    const outputs = new Map<Block, string>();
    let failure: string | undefined;
    for (const [index, block] of blocks.entries()) {
      if (!isRun(block)) continue;
      const part = (name: string) => {
        const file = join(parts, `${index}.${name}`);
        return existsSync(file) ? readFileSync(file, "utf8") : undefined;
      };
      const output = part("out");
      if (output !== undefined) outputs.set(block, output);
      if (part("done") !== undefined) continue;
      failure = `${block.page}:${block.line} failed:\n${output ?? ""}${part("err") ?? ""}${ended.stderr}`;
      break;
    }
    if (!failure && ended.status !== 0) failure = `the session ended with ${ended.status ?? ended.signal}: ${ended.stderr}`;
    return { outputs, failure };
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
}

/** The shell commands that run a block, or save it as a file. A file that is not new grows by the block. */
function step(block: Block, base: string, isNew: boolean, localize: Localize): string {
  const code = localize(block.code);
  const name = block.marks.get("file");
  if (name !== undefined) {
    writeFileSync(`${base}.file`, code);
    return `cat ${base}.file ${isNew ? ">" : ">>"} ./${name}`;
  }
  const runner = runners[block.language];
  if (!runner || !isRun(block)) return ":";
  const [command, ending] = runner;
  writeFileSync(`${base}.${ending}`, block.language === "ts" ? javascript(code) : code);
  const run = `${command} ${base}.${ending} >${base}.out 2>${base}.err </dev/null`;
  return `${block.marks.has("fails") ? `if (${run}); then exit 1; fi` : run}\ntouch ${base}.done`;
}

const compilerOptions: ts.CompilerOptions = {
  target: ts.ScriptTarget.ES2022,
  module: ts.ModuleKind.NodeNext,
  moduleResolution: ts.ModuleResolutionKind.NodeNext,
  strict: true,
  noEmit: true,
  skipLibCheck: true,
};

function javascript(code: string): string {
  const options = { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext };
  return ts.transpileModule(code, { compilerOptions: options }).outputText;
}

/** The errors that the compiler finds in TypeScript examples. `modules` is a folder of npm packages. */
export function typeErrors(blocks: Block[], modules: string): string[] {
  const folder = mkdtempSync(join(tmpdir(), "dues-docs-types-"));
  try {
    symlinkSync(modules, join(folder, "node_modules"));
    const files = blocks.map(({ code }, index) => {
      const file = join(folder, `${index}.mts`);
      writeFileSync(file, code);
      return file;
    });
    const options = { ...compilerOptions, types: ["node"], typeRoots: [join(modules, "@types")] };
    return ts.getPreEmitDiagnostics(ts.createProgram(files, options)).map(({ file, messageText }) => {
      const block = blocks[files.indexOf(file?.fileName ?? "")];
      return `${block?.page}:${block?.line}: ${ts.flattenDiagnosticMessageText(messageText, " ")}`;
    });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
