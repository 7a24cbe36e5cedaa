/** A recorded day as NDJSON: one trade in each line, in order of time, as `npm start -- --replay FILE` takes it. */
import { decodeRecording } from "../domain/recording.ts";
import { TradeMerger } from "../domain/recorded-trades.ts";

/** Where recordings are kept. */
export interface RecordingsPort {
  /** Recordings of a broker's day in order of time, after `after` (a key) if given; at most `limit`. */
  list(
    broker: string,
    day: string,
    after: string | null,
    limit: number,
  ): Promise<{ key: string; minute: number; shard: string; bytes: number }[]>;
  /** Null when there is none. */
  read(key: string): Promise<Uint8Array | null>;
}

/** Recordings that one look at the archive names. */
const LIST_LIMIT = 500;

/** Gives lines in chunks of about a minute. Throws when a recording cannot be read: a day with a hole is not the day. */
export async function* recordedDay(
  recordings: RecordingsPort,
  broker: string,
  day: string,
): AsyncGenerator<string, void> {
  const merger = new TradeMerger();
  let minute = 0;
  for (let after: string | null = null; ;) {
    const listed = await recordings.list(broker, day, after, LIST_LIMIT);
    for (const entry of listed) {
      if (entry.minute !== minute) yield* linesOf(merger, false);
      minute = entry.minute;
      const blob = await recordings.read(entry.key);
      const read = blob && decodeRecording(blob);
      if (!read?.ok) throw new Error(`${entry.key} cannot be read: ${read ? read.error : "gone"}`);
      merger.add(read.value);
    }
    after = listed.at(-1)?.key ?? null;
    if (after === null) break;
  }
  yield* linesOf(merger, true);
}

function* linesOf(merger: TradeMerger, isEnd: boolean): Generator<string, void> {
  const trades = merger.take(isEnd);
  if (trades.length > 0) yield trades.map((trade) => `${JSON.stringify(trade)}\n`).join("");
}
