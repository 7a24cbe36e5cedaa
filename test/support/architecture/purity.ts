/** The pure folders read no clock, no chance and no outside world: these calls would let one in. */
import { type Node, type Source, walk } from "./source.ts";

/** Pure by the architecture; `tsconfig.pure.json` names the same folders. */
export const PURE =
  /^src\/(?:domain|contract|fix)\/|^src\/brokers\/(?:broker\.ts|[^/]+\/(?:parse|format|errors|rules)\.ts)$/;

/** Members of global objects that read the clock or chance. */
const BANNED_MEMBERS = new Set(["Date.now", "Math.random", "performance.now"]);

const BANNED_GLOBALS = new Set([
  "crypto",
  "fetch",
  "setTimeout",
  "setInterval",
  "queueMicrotask",
  "console",
  "process",
  "WebSocket",
  "caches",
]);

const name = (node: unknown): string => {
  const identifier = node as Node | null;
  return identifier?.type === "Identifier" ? String(identifier["name"]) : "";
};

function bannedHere(node: Node): string | null {
  if (node.type === "MemberExpression" && node["computed"] !== true) {
    const object = name(node["object"]);
    if (object === "globalThis") return `globalThis.${name(node["property"])}`;
    if (BANNED_GLOBALS.has(object)) return object;
    const member = `${object}.${name(node["property"])}`;
    return BANNED_MEMBERS.has(member) ? member : null;
  }
  if (node.type === "CallExpression") {
    const callee = name(node["callee"]);
    return BANNED_GLOBALS.has(callee) || callee === "Date" ? `${callee}()` : null;
  }
  if (node.type === "NewExpression") {
    const callee = name(node["callee"]);
    const bare = (node["arguments"] as unknown[]).length === 0;
    if (callee === "Date" && bare) return "new Date()";
    return BANNED_GLOBALS.has(callee) ? `new ${callee}` : null;
  }
  return null;
}

/** Clock, chance, timers, network and console in pure folders. */
export function impureCalls(sources: Source[]): string[] {
  const found: string[] = [];
  for (const { path, program } of sources.filter((source) => PURE.test(source.path))) {
    walk(program, (node) => {
      const banned = bannedHere(node);
      if (banned) found.push(`${path}: ${banned} in a pure folder; take it as an argument`);
    });
  }
  return found;
}
