/** The development key and the keys of the example algos, as this machine keeps them. */
import { createHash, randomBytes } from "node:crypto";
import { chmodSync } from "node:fs";
import { join } from "node:path";
import { Failure } from "./failure.ts";
import { readText, writeText } from "./hash.ts";
import type { Home } from "./paths.ts";

const KEY_BYTES = 32;
/** Only the owner may read a key. */
const KEY_FILE_MODE = 0o600;

export interface DevelopmentKey {
  key: string;
  sha256: string;
}

/** Reads the home's development key, or makes one. */
export function developmentKey(home: Home): DevelopmentKey {
  let key = readText(home.developmentKey);
  if (!key) {
    key = randomBytes(KEY_BYTES).toString("hex");
    writeText(home.developmentKey, key, KEY_FILE_MODE);
  }
  chmodSync(home.developmentKey, KEY_FILE_MODE);
  return { key, sha256: createHash("sha256").update(key).digest("hex") };
}

const bearer = (key: string): { authorization: string } => ({ authorization: `Bearer ${key}` });

async function accepted(url: string, key: string): Promise<boolean> {
  const response = await fetch(`${url}/v1/status`, { headers: bearer(key) });
  await response.body?.cancel();
  return response.status !== 401;
}

/** The key of one algo: the stored one while the platform takes it, else a new one. */
export async function algoKey(
  home: Home,
  url: string,
  administrator: string,
  algoId: string,
): Promise<string> {
  const file = join(home.keys, `${algoId}.key`);
  const stored = readText(file);
  if (stored && (await accepted(url, stored))) return stored;
  const response = await fetch(`${url}/v1/keys`, {
    method: "POST",
    headers: { ...bearer(administrator), "content-type": "application/json" },
    body: JSON.stringify({ name: algoId, scopes: ["read", "trade"], algoId }),
  });
  if (!response.ok) {
    throw new Failure(`No key for the algo ${algoId}: ${response.status} ${await response.text()}`);
  }
  const { key } = (await response.json()) as { key: string };
  writeText(file, key, KEY_FILE_MODE);
  return key;
}
