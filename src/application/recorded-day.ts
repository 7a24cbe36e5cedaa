/** A recorded day as NDJSON: one trade in each line, in order of time, as `npm start -- --replay FILE` takes it. */
import { decodeRecording } from "../domain/recording.ts";
import { RECORDED_TRADES_HOLD_MS } from "../domain/limits.ts";
import { TradeMerger } from "../domain/recorded-trades.ts";
import { minuteKey } from "../domain/recording-key.ts";

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

/** A part of a day by the exchange's clock, `from` included, `to` not; ms since 1970. */
export interface DayPart {
  from: number;
  to: number;
}

const WHOLE_DAY: DayPart = { from: -Infinity, to: Infinity };

/**
 * Gives lines in chunks of about a minute. Throws when a recording cannot be read: a day with a hole is not
 * the day. Of a part only the recordings around it are read, and parts one after the other are the day.
 */
export async function* recordedDay(
  recordings: RecordingsPort,
  broker: string,
  day: string,
  part: DayPart = WHOLE_DAY,
): AsyncGenerator<string, void> {
  const merger = new TradeMerger();
  let minute = 0;
  // A trade is received, and recorded, up to so long from its time: recordings of that time are read too.
  const first = part.from - RECORDED_TRADES_HOLD_MS;
  const last = part.to + RECORDED_TRADES_HOLD_MS;
  let after = first > Date.parse(day) ? minuteKey(broker, first) : null;
  for (;;) {
    const listed = await recordings.list(broker, day, after, LIST_LIMIT);
    for (const entry of listed) {
      if (entry.minute >= last) return yield* linesOf(merger, true, part);
      if (entry.minute !== minute) yield* linesOf(merger, false, part);
      minute = entry.minute;
      const blob = await recordings.read(entry.key);
      const read = blob && decodeRecording(blob);
      if (!read?.ok) throw new Error(`${entry.key} cannot be read: ${read ? read.error : "gone"}`);
      merger.add(read.value);
    }
    after = listed.at(-1)?.key ?? null;
    if (after === null) break;
  }
  yield* linesOf(merger, true, part);
}

function* linesOf(
  merger: TradeMerger,
  isEnd: boolean,
  { from, to }: DayPart,
): Generator<string, void> {
  const trades = merger.take(isEnd).filter(({ time }) => time >= from && time < to);
  if (trades.length > 0) yield trades.map((trade) => `${JSON.stringify(trade)}\n`).join("");
}
