/** Where things lie in the repository. `TRUNKLINE_HOME` moves everything that is written at run time. */
import { delimiter, dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

export const ROOT = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

const TOOLS = join(ROOT, "node_modules", ".bin");

export const tool = (name: string): string => join(TOOLS, name);

/** Environment of everything we start: our tools come first, and with them the pinned Node. */
export const toolEnvironment = (extra: Record<string, string> = {}): NodeJS.ProcessEnv => ({
  ...process.env,
  PATH: `${TOOLS}${delimiter}${process.env["PATH"] ?? ""}`,
  WRANGLER_SEND_METRICS: "false",
  ...extra,
});

/** What one running platform writes: its database, keys and logs. Git-ignored. */
export interface Home {
  directory: string;
  /** Databases of the objects and of D1. */
  state: string;
  log: string;
  keys: string;
  developmentKey: string;
}

export function homeAt(directory: string): Home {
  return {
    directory,
    state: join(directory, "state"),
    log: join(directory, "log"),
    keys: join(directory, "keys"),
    developmentKey: join(directory, "dev-key"),
  };
}

export function defaultHome(env: NodeJS.ProcessEnv): Home {
  const moved = env["TRUNKLINE_HOME"];
  return homeAt(moved ? resolve(moved) : join(ROOT, ".trunkline"));
}
