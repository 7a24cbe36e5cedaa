/** How files look: their size, their first line, their words, and what they must not contain. */
import { type Node, type Source, walk } from "./source.ts";

/** A file that does not fit here is two files. */
export const LINES_MAX = 300;

export const tooLong = (sources: Source[]): string[] =>
  sources
    .map(({ path, text }) => ({ path, lines: text.trimEnd().split("\n").length }))
    .filter(({ lines }) => lines > LINES_MAX)
    .map(({ path, lines }) => `${path}: ${lines} lines, at most ${LINES_MAX}`);

const OPENS_WITH_DOC = /^(?:#![^\n]*\n)?\/\*\*[\s*]*[^\s*/]/;

/** Each file opens with what it is for; a test file says it in the names of its tests. */
export const withoutDoc = (sources: Source[]): string[] =>
  sources
    .filter(({ path, text }) => !path.endsWith(".test.ts") && !OPENS_WITH_DOC.test(text))
    .map(({ path }) => `${path}: must open with a doc comment that says what the file is for`);

const RUNTIME = /^(?:src|durable-objects|sdk|dashboard|examples|agent)\//;

/** TypeScript's `private` is reachable over RPC; `#private` is not. */
export function typescriptPrivates(sources: Source[]): string[] {
  const found: string[] = [];
  for (const { path, program } of sources.filter((source) => RUNTIME.test(source.path))) {
    walk(program, (node) => {
      const { accessibility } = node;
      if (accessibility !== "private" && accessibility !== "protected") return;
      found.push(`${path}: a member is ${accessibility}; use a #name`);
    });
  }
  return found;
}

/** Where a double cast is a considered decision; each file says why. */
const DOUBLE_CASTS_ALLOWED = new Set(["src/platform/objects.ts"]);

/** `as unknown as` says that the compiler is wrong: it must be rare and stand in a known place. */
export function doubleCasts(sources: Source[]): string[] {
  const found: string[] = [];
  for (const { path, program } of sources.filter((source) => RUNTIME.test(source.path))) {
    if (DOUBLE_CASTS_ALLOWED.has(path)) continue;
    walk(program, (node) => {
      if (node.type !== "TSAsExpression") return;
      const inner = node["expression"] as Node;
      if (inner.type === "TSAsExpression") found.push(`${path}: a double cast (as … as …)`);
    });
  }
  return found;
}

/** One word for each idea: what is not to be said, and what is said instead. */
const BANNED_WORDS = new Map(
  Object.entries({
    trader: "algo",
    traders: "algos",
    bot: "algo",
    bots: "algos",
    strategy: "algo",
    strategies: "algos",
    venue: "broker or exchange",
    venues: "brokers or exchanges",
    scrip: "instrument",
    security: "instrument",
    securities: "instruments",
    ticker: "instrument",
    tickers: "instruments",
    qty: "quantity",
    px: "price",
    amt: "amount",
    pnl: "profit",
    pos: "position",
    tradebooks: "tradebook",
    wallet: "account",
  }),
);

/** Names that are given to us (`security` is OpenAPI's), or that the word list itself contains. */
const ALLOWED_IDENTIFIERS = new Set(["TraderManager", "security"]);

/** Folders of other brokers speak their broker's language at the edge. */
const FOREIGN = /^src\/brokers\/(?!paper\/)[^/]+\//;

const words = (identifier: string): string[] =>
  identifier
    .split(/[_$]|(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])/)
    .map((word) => word.toLowerCase());

/** Synonyms and abbreviations in identifiers. */
export function bannedWords(sources: Source[]): string[] {
  const found = new Set<string>();
  for (const { path, program } of sources) {
    if (!RUNTIME.test(path) || FOREIGN.test(path)) continue;
    walk(program, (node) => {
      if (node.type !== "Identifier" && node.type !== "PrivateIdentifier") return;
      const identifier = String(node["name"]);
      if (ALLOWED_IDENTIFIERS.has(identifier)) return;
      for (const word of words(identifier)) {
        const right = BANNED_WORDS.get(word);
        if (right) found.add(`${path}: ${identifier} says "${word}"; the word here is ${right}`);
      }
    });
  }
  return [...found];
}

/** Objects reached by requests and sockets only, or by a library's own client. */
const WITHOUT_PORT = new Set(["PaperBroker", "OperatorProfile"]);

/** Every Durable Object class says in its head which port it fills, so that the compiler checks it. */
export function objectsWithoutPort(sources: Source[]): string[] {
  const found: string[] = [];
  for (const { path, program } of sources) {
    if (!path.startsWith("durable-objects/")) continue;
    walk(program, (node) => {
      if (node.type !== "ClassDeclaration") return;
      const superClass = node["superClass"] as Node | null;
      const name = String((node["id"] as Node | null)?.["name"]);
      if (superClass?.["name"] !== "DurableObject" || WITHOUT_PORT.has(name)) return;
      const ports = (node["implements"] as Node[]).map((each) =>
        String((each["expression"] as Node)["name"]),
      );
      if (!ports.includes(`${name}Port`)) found.push(`${path}: ${name} must implement ${name}Port`);
    });
  }
  return found;
}

/** The folder of a file, at most two deep: what the code map names. */
const folderOf = (path: string): string => path.split("/").slice(0, -1).slice(0, 2).join("/");

/** Folders with code that the architecture document does not name. */
export function unnamedFolders(sources: Source[], architecture: string): string[] {
  const folders = new Set(sources.map(({ path }) => folderOf(path)).filter(Boolean));
  return [...folders]
    .filter(
      (folder) => !architecture.includes(`\`${folder}/`) && !architecture.includes(`\`${folder}\``),
    )
    .map((folder) => `${folder}/ has code and no line in ARCHITECTURE.md`);
}
