/** Sets up the paper market over its own routes: hours, a recording to play, or the seeded prices. */
import { readFile } from "node:fs/promises";
import { basename, resolve } from "node:path";
import { parseRecording } from "../../src/brokers/paper/recording.ts";
import type { PaperView, RecordedTick } from "../../src/contract/paper.ts";
import { EXIT_USAGE, Failure } from "../lib/failure.ts";

/** Ticks in one request; the route takes no more. */
const CHUNK_TICKS = 1_000;

/** Why a file cannot be read, in words; others as the system says it. */
const READ_ERRORS: Record<string, string> = {
  ENOENT: "there is no such file",
  EISDIR: "it is a folder, not a file",
  EACCES: "it may not be read by you",
};

/** Reads a recording whole. A file that is missing or malformed is told by name, line and field. */
export async function readRecording(file: string): Promise<RecordedTick[]> {
  // Under npm the working directory is the repository; the path was meant from where npm was called.
  const path = resolve(process.env["INIT_CWD"] ?? process.cwd(), file);
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (error) {
    const { code = "", message } = error as NodeJS.ErrnoException;
    throw new Failure(
      `--replay cannot read ${path}: ${READ_ERRORS[code] ?? message}. Give the path of a recording; README.md says under Recordings what it looks like.`,
      EXIT_USAGE,
    );
  }
  const recording = parseRecording(basename(path), text);
  if (!recording.ok) throw new Failure(`--replay ${path}: ${recording.error.message}`, EXIT_USAGE);
  return recording.value;
}

export interface PaperMarket {
  market(request: object): Promise<PaperView>;
  replay(request: object): Promise<PaperView>;
  view(): Promise<PaperView>;
}

/** The paper broker's switches at a running platform, for a key with `admin`. */
export function paperMarket(url: string, administrator: string): PaperMarket {
  const call = async (path: string, body?: object): Promise<PaperView> => {
    const response = await fetch(`${url}${path}`, {
      method: body ? "POST" : "GET",
      headers: { authorization: `Bearer ${administrator}`, "content-type": "application/json" },
      ...(body ? { body: JSON.stringify(body) } : {}),
    });
    const text = await response.text();
    if (!response.ok) throw new Failure(`${path} answered ${response.status}: ${text}`);
    return JSON.parse(text) as PaperView;
  };
  return {
    market: (request) => call("/v1/paper/market", request),
    replay: (request) => call("/v1/paper/replay", request),
    view: () => call("/v1/paper"),
  };
}

/** Hands a recording to the paper broker in chunks. It does not play yet. */
export async function loadRecording(paper: PaperMarket, ticks: RecordedTick[]): Promise<void> {
  for (let from = 0; from < ticks.length; from += CHUNK_TICKS) {
    const chunk = ticks.slice(from, from + CHUNK_TICKS);
    await paper.replay({ op: "load", fresh: from === 0, ticks: chunk });
  }
}

/** A recording of an earlier run may still be in place: without `--replay` the seeded market is meant. */
export async function leaveReplay(paper: PaperMarket): Promise<void> {
  if ((await paper.view()).mode === "replay") await paper.replay({ op: "stop" });
}
