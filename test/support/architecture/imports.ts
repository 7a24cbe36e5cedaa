/** Who may import whom: the matrix of the architecture, and no cycles. */
import type { Source } from "./source.ts";

interface Layer {
  name: string;
  files: RegExp;
  /** Layers it may import besides itself. */
  may: string[];
  /** Packages it may import; `*` for any. */
  packages: (RegExp | "*")[];
  /** Layers of which it may import types, but no values. */
  mayTypes?: string[];
}

const CORE = ["domain", "contract", "broker ports", "broker rules", "application"];
const OUTER = ["storage", "notify", "broker clients", "platform"];
const EDGES = ["queues", "schedule", "api"];

/** First match wins: a more special folder stands before its parent. */
export const LAYERS: Layer[] = [
  { name: "domain", files: /^src\/domain\//, may: [], packages: [/^big\.js$/] },
  {
    name: "contract",
    files: /^src\/contract\//,
    may: ["domain"],
    packages: [/^zod$/, /^@hono\/zod-openapi$/],
  },
  {
    name: "broker clients",
    files: /^src\/brokers\/(?:[^/]+\/(?:client|.*-client)|registry)\.ts$/,
    may: [...CORE, "platform"],
    packages: ["*"],
  },
  {
    name: "broker ports",
    files: /^src\/brokers\/[^/]+\.ts$/,
    may: ["domain", "contract"],
    packages: [],
  },
  {
    name: "broker rules",
    files: /^src\/brokers\//,
    may: ["domain", "contract", "broker ports"],
    packages: [/^zod$/, /^big\.js$/],
  },
  {
    name: "application",
    files: /^src\/application\//,
    may: ["domain", "contract", "broker ports", "broker rules"],
    packages: [],
  },
  {
    name: "storage",
    files: /^src\/storage\//,
    may: [...CORE, "platform"],
    packages: [/^drizzle-orm/, /^zod$/],
  },
  { name: "notify", files: /^src\/notify\//, may: [...CORE, "platform"], packages: ["*"] },
  { name: "platform", files: /^src\/platform\//, may: [...CORE, ...OUTER], packages: ["*"] },
  { name: "queues", files: /^src\/queues\//, may: [...CORE, ...OUTER], packages: ["*"] },
  { name: "schedule", files: /^src\/schedule\//, may: [...CORE, ...OUTER], packages: ["*"] },
  { name: "api", files: /^src\/api\//, may: [...CORE, ...OUTER], packages: ["*"] },
  {
    name: "durable objects",
    files: /^durable-objects\//,
    may: [...CORE, ...OUTER],
    packages: ["*"],
  },
  {
    name: "worker entry",
    files: /^src\/index\.ts$/,
    may: [...CORE, ...OUTER, ...EDGES, "durable objects"],
    packages: ["*"],
  },
  { name: "sdk", files: /^sdk\//, may: ["contract"], packages: ["*"] },
  {
    name: "examples",
    files: /^examples\//,
    may: ["sdk", "contract"],
    packages: [/^@trunkline\/sdk/, /^node:/],
  },
  { name: "agent", files: /^agent\//, may: ["sdk", "contract"], packages: ["*"] },
  {
    name: "dashboard",
    files: /^dashboard\//,
    may: ["contract"],
    mayTypes: ["api"],
    packages: ["*"],
  },
];

/** Scripts, tests and benches stand outside the product and may look at all of it. */
const OUTSIDE = /^(?:scripts|test|bench)\/|^sdk\/test\/|(?:^|\/)[^/]+\.config\.ts$/;

export const layerOf = (path: string): Layer | null =>
  LAYERS.find((layer) => layer.files.test(path)) ?? null;

/** Every import that the matrix does not allow, and every file that has no place in it. */
export function forbiddenImports(sources: Source[]): string[] {
  const found: string[] = [];
  for (const { path, imports } of sources) {
    if (OUTSIDE.test(path)) continue;
    const layer = layerOf(path);
    if (!layer) {
      found.push(`${path}: stands in no layer of the import matrix`);
      continue;
    }
    for (const each of imports) {
      if (each.target === null) {
        const allowed = layer.packages.some((rule) => rule === "*" || rule.test(each.specifier));
        if (!allowed) found.push(`${path}: ${layer.name} may not import ${each.specifier}`);
        continue;
      }
      const target = layerOf(each.target);
      const allowed =
        target === layer ||
        layer.may.includes(target?.name ?? "") ||
        (each.typeOnly && (layer.mayTypes ?? []).includes(target?.name ?? ""));
      if (!allowed) found.push(`${path}: ${layer.name} may not import ${each.target}`);
    }
  }
  return found;
}

/**
 * Every cycle of imports, as the list of files that it runs through. Type-only imports count: two
 * files that need each other's types are one file, or lack a third.
 */
export function importCycles(sources: Source[]): string[] {
  const targets = new Map(
    sources.map(({ path, imports }) => [path, imports.flatMap((each) => each.target ?? [])]),
  );
  const done = new Set<string>();
  const trail: string[] = [];
  const cycles: string[] = [];
  const visit = (path: string): void => {
    const start = trail.indexOf(path);
    if (start >= 0) {
      cycles.push([...trail.slice(start), path].join(" → "));
      return;
    }
    if (done.has(path)) return;
    trail.push(path);
    for (const target of targets.get(path) ?? []) visit(target);
    trail.pop();
    done.add(path);
  };
  for (const path of targets.keys()) visit(path);
  return cycles;
}
