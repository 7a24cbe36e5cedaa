/** Reads the repository's source files as syntax trees, for rules that look at the code itself. */
import { globSync, readFileSync } from "node:fs";
import { dirname, join, posix } from "node:path";
import { fileURLToPath } from "node:url";
import { parseSync } from "oxc-parser";

export const ROOT = dirname(dirname(dirname(dirname(fileURLToPath(import.meta.url)))));

export interface Import {
  /** As written: `./tick.ts`, `zod`. */
  specifier: string;
  /** Path in the repository of a relative import; null for a package. */
  target: string | null;
  typeOnly: boolean;
}

/** Any node of the syntax tree; rules narrow it by `type`. */
export interface Node {
  type: string;
  [key: string]: unknown;
}

export interface Source {
  /** Relative to the repository, with forward slashes. */
  path: string;
  text: string;
  imports: Import[];
  program: Node;
}

const PATTERNS = [
  "{src,durable-objects,sdk,examples,dashboard,scripts,bench,test,agent}/**/*.{ts,tsx,mjs}",
  "*.config.ts",
];

const GENERATED = /(?:^|\/)(?:node_modules|dist|generated)\/|\.d\.ts$/;

function specifiers(path: string, text: string): Omit<Import, "target">[] {
  const { module, program } = parseSync(path, text);
  const found: Omit<Import, "target">[] = [];
  for (const each of module.staticImports) {
    const typeOnly = each.entries.length > 0 && each.entries.every((entry) => entry.isType);
    found.push({ specifier: each.moduleRequest.value, typeOnly });
  }
  for (const each of module.staticExports) {
    for (const entry of each.entries) {
      if (!entry.moduleRequest) continue;
      found.push({ specifier: entry.moduleRequest.value, typeOnly: entry.isType });
    }
  }
  walk(program as unknown as Node, (node) => {
    if (node.type !== "ImportExpression" && node.type !== "TSImportType") return;
    const source = node["source"] as Node | undefined;
    if (typeof source?.["value"] !== "string") return;
    found.push({ specifier: source["value"], typeOnly: node.type === "TSImportType" });
  });
  return found;
}

/** Visits every node of a tree, parents first. */
export function walk(node: Node, visit: (node: Node, parent: Node | null) => void): void {
  const step = (current: Node, parent: Node | null): void => {
    visit(current, parent);
    for (const value of Object.values(current)) {
      for (const child of Array.isArray(value) ? value : [value]) {
        if (typeof (child as Node | null)?.type === "string") step(child as Node, current);
      }
    }
  };
  step(node, null);
}

/** One file, from its text; tests of the rules make bad ones this way. */
export function parse(path: string, text: string): Source {
  const folder = posix.dirname(path);
  const imports = specifiers(path, text).map((each) => ({
    ...each,
    target: each.specifier.startsWith(".") ? posix.join(folder, each.specifier) : null,
  }));
  const { program } = parseSync(path, text);
  return { path, text, imports, program: program as unknown as Node };
}

/** Every source file that people write. */
export function readSources(): Source[] {
  return globSync(PATTERNS, { cwd: ROOT })
    .map((path) => path.replaceAll("\\", "/"))
    .filter((path) => !GENERATED.test(path))
    .toSorted()
    .map((path) => parse(path, readFileSync(join(ROOT, path), "utf8")));
}
