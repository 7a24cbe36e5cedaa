/**
 * While a recording plays, its instruments follow the exchange that plays it and no other: the providers
 * that stand by would fill its pauses with invented prices. What was changed for it is taken back when
 * the platform starts without one.
 */
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Failure } from "../lib/failure.ts";
import type { Home } from "../lib/paths.ts";

/** The exchange that plays recordings. */
const PLAYER = "paper";

/** Beside the state whose providers it names, so that `--fresh` takes both away. */
const listFile = (home: Home): string => join(home.state, "replayed.json");

/** Empty when none plays: then what an earlier one changed is taken back. Throws `Failure` when the platform refuses. */
export async function followRecording(
  home: Home,
  url: string,
  key: string,
  recorded: readonly string[],
): Promise<void> {
  const file = listFile(home);
  const before = existsSync(file) ? (JSON.parse(readFileSync(file, "utf8")) as string[]) : [];
  // Written first: a start that breaks off in the middle is taken back by the next one.
  mkdirSync(home.state, { recursive: true });
  writeFileSync(file, JSON.stringify([...new Set([...before, ...recorded])]));
  const now = new Set(recorded);
  for (const id of before) if (!now.has(id)) await rank(url, key, id, null);
  for (const id of now) await rank(url, key, id, [PLAYER]);
  if (now.size > 0) writeFileSync(file, JSON.stringify([...now]));
  else rmSync(file);
}

async function rank(url: string, key: string, id: string, ranked: string[] | null): Promise<void> {
  const path = `/v1/instruments/${encodeURIComponent(id)}/providers`;
  const answer = await fetch(`${url}${path}`, {
    method: "PUT",
    headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
    body: JSON.stringify({ ranked }),
  });
  if (!answer.ok) throw new Failure(`${path} answered ${answer.status}: ${await answer.text()}`);
}
