/** Where the platform is and who asks: from options, else from the environment. Every error teaches. */
import { algoId as algoIdSchema } from "../../src/contract/primitives.ts";
import { TrunklineConfigError } from "./errors.ts";

export const DEFAULT_URL = "http://127.0.0.1:8787";

export interface ConnectionOptions {
  /** The platform's address, e.g. `https://trunkline.example.com`. Default: `TRUNKLINE_URL`, else http://127.0.0.1:8787. */
  url?: string | undefined;
  /** Default: `TRUNKLINE_KEY`. It is never logged. */
  key?: string | undefined;
  /** Lets the key travel over plain http to another machine. Only for a network that you trust. */
  allowInsecure?: boolean | undefined;
}

export interface Config {
  /** Without a slash at the end. */
  url: string;
  streamUrl: string;
  key: string;
}

export type Environment = Record<string, string | undefined>;

/** The process's environment; empty in a browser. */
export function environment(): Environment {
  return (globalThis as { process?: { env?: Environment } }).process?.env ?? {};
}

const LOCAL_HOSTS: ReadonlySet<string> = new Set(["localhost", "127.0.0.1", "[::1]"]);

/** Throws `TrunklineConfigError` when something is missing or wrong. */
export function resolveConfig(
  options: ConnectionOptions,
  env: Environment = environment(),
): Config {
  const url = parseUrl(options.url ?? (env["TRUNKLINE_URL"] || DEFAULT_URL));
  const key = (options.key ?? env["TRUNKLINE_KEY"] ?? "").trim();
  if (key === "") {
    throw new TrunklineConfigError(
      "no key: set TRUNKLINE_KEY or pass { key }. On your own machine take the development key that " +
        '`npm start` made: export TRUNKLINE_KEY="$(cat .trunkline/dev-key)". For a deployment make a ' +
        "key with the scope `trade` for this algo (POST /v1/keys).",
    );
  }
  if (!/^[A-Za-z0-9._~+/=-]+$/.test(key)) {
    throw new TrunklineConfigError(
      "the key holds characters that no key has (was it cut or quoted?): copy it whole, without spaces",
    );
  }
  if (url.protocol === "http:" && !LOCAL_HOSTS.has(url.hostname) && !options.allowInsecure) {
    throw new TrunklineConfigError(
      `${url.origin} would carry the key in the open: use https://, or pass { allowInsecure: true } on a network that you trust`,
    );
  }
  const base = `${url.origin}${url.pathname.replace(/\/+$/, "")}`;
  return { url: base, streamUrl: `${base.replace(/^http/, "ws")}/v1/stream?format=compact`, key };
}

function parseUrl(text: string): URL {
  // `URL.parse` would be plainer, but Node 20 has it not.
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null || (url.protocol !== "http:" && url.protocol !== "https:")) {
    throw new TrunklineConfigError(
      `TRUNKLINE_URL (or { url }) must be an http or https address such as ${DEFAULT_URL}, not ${JSON.stringify(text)}`,
    );
  }
  return url;
}

/** The algo's name, checked as the platform will check it. */
export function checkAlgoId(id: string | undefined): string {
  if (id === undefined || id === "") {
    throw new TrunklineConfigError(
      'no algo id: pass { algoId: "my-algo" } (runAlgo: { id }); orders and risk are kept under it',
    );
  }
  const parsed = algoIdSchema.safeParse(id);
  if (parsed.success) return parsed.data;
  const message = parsed.error.issues[0]?.message ?? "is not valid";
  throw new TrunklineConfigError(`the algo id ${JSON.stringify(id)} ${message}`);
}
