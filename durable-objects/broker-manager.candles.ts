/** Bars that the shards built, kept for the days in which a broker's history may not have them, and joined with it when asked. */
import type { BrokerManagerPort, OwnCandles } from "../src/application/ports.ts";
import { type Candle, CANDLE_INTERVAL_MS, candleStart } from "../src/domain/candle.ts";
import type { CandlePart } from "../src/domain/candle-builder.ts";
import { type CandleGap, joinCandles, type MarkedCandle } from "../src/domain/candle-join.ts";
import type { InstrumentId } from "../src/domain/instrument.ts";
import { OWN_CANDLES_KEPT_MS } from "../src/domain/limits.ts";

type CandleRequest = Parameters<BrokerManagerPort["candles"]>[0];

type Row = Record<keyof CandlePart, number>;

export class OwnCandleStorage {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
    sql.exec(`
      CREATE TABLE IF NOT EXISTS own_candle (
        instrument TEXT NOT NULL, time INTEGER NOT NULL, epoch INTEGER NOT NULL,
        open REAL NOT NULL, high REAL NOT NULL, low REAL NOT NULL, close REAL NOT NULL, volume REAL NOT NULL,
        firstTime REAL NOT NULL, firstSeq INTEGER NOT NULL, lastTime REAL NOT NULL, lastSeq INTEGER NOT NULL,
        amendedAt REAL NOT NULL,
        PRIMARY KEY (instrument, time, epoch)
      ) WITHOUT ROWID;
      CREATE TABLE IF NOT EXISTS tick_gap (
        instrument TEXT NOT NULL, from_at INTEGER NOT NULL, to_at INTEGER NOT NULL,
        PRIMARY KEY (instrument, from_at)
      ) WITHOUT ROWID;
      CREATE TABLE IF NOT EXISTS tick_gap_filled (
        instrument TEXT NOT NULL, from_at INTEGER NOT NULL,
        PRIMARY KEY (instrument, from_at)
      ) WITHOUT ROWID;
    `);
  }

  /** A part told again replaces itself. What is too old leaves with the next bar of its instrument. */
  keep({ bars, gaps }: OwnCandles, now: number): void {
    for (const { instrument, part: p } of bars)
      this.#sql.exec(
        "INSERT OR REPLACE INTO own_candle VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        instrument,
        p.time,
        p.epoch,
        p.open,
        p.high,
        p.low,
        p.close,
        p.volume,
        p.firstTime,
        p.firstSeq,
        p.lastTime,
        p.lastSeq,
        p.amendedAt,
      );
    for (const gap of gaps) this.#keepGap(gap);
    const oldest = now - OWN_CANDLES_KEPT_MS;
    for (const instrument of new Set([...bars, ...gaps].map((entry) => entry.instrument))) {
      const what = "WHERE instrument = ? AND";
      this.#sql.exec(`DELETE FROM own_candle ${what} time < ?`, instrument, oldest);
      for (const table of ["tick_gap", "tick_gap_filled"])
        this.#sql.exec(`DELETE FROM ${table} ${what} from_at < ?`, instrument, oldest);
    }
  }

  /** Gaps that begin with the same last data are one: it reaches to the latest end, and is filled when all of that is. */
  #keepGap({ instrument, from, to, isFilled }: OwnCandles["gaps"][number]): void {
    const isLonger = "FROM tick_gap WHERE instrument = ?1 AND from_at = ?2 AND to_at";
    if (isFilled === true)
      this.#sql.exec(
        `INSERT OR REPLACE INTO tick_gap_filled SELECT ?1, ?2 WHERE NOT EXISTS (SELECT 1 ${isLonger} > ?3)`,
        instrument,
        from,
        to,
      );
    else
      this.#sql.exec(
        `DELETE FROM tick_gap_filled WHERE instrument = ?1 AND from_at = ?2 AND EXISTS (SELECT 1 ${isLonger} < ?3)`,
        instrument,
        from,
        to,
      );
    this.#sql.exec(
      "INSERT INTO tick_gap VALUES (?1, ?2, ?3) ON CONFLICT DO UPDATE SET to_at = MAX(to_at, ?3)",
      instrument,
      from,
      to,
    );
  }

  /** The broker's bars joined with our own; `live` is what the instrument's shard has in memory. */
  join(
    request: CandleRequest,
    broker: readonly Candle[],
    live: readonly CandlePart[],
    now: number,
    told: readonly CandleGap[] = [],
  ): MarkedCandle[] {
    const { instrument, interval, from, to } = request;
    const start = candleStart(from, interval);
    const end = to + CANDLE_INTERVAL_MS[interval];
    // Seconds are not stored: what the shard has is all there is.
    const stored = interval === "1s" ? [] : this.parts(instrument, start, end);
    const gaps = [...this.gaps(instrument, start, end), ...told];
    return joinCandles({ interval, from, to, now, broker, own: withLive(stored, live), gaps });
  }

  /** Minutes that start in `[from, to)`. */
  parts(instrument: InstrumentId, from: number, to: number): CandlePart[] {
    return this.#sql
      .exec<Row>(
        "SELECT time, epoch, open, high, low, close, volume, firstTime, firstSeq, lastTime, lastSeq, amendedAt FROM own_candle WHERE instrument = ? AND time >= ? AND time < ?",
        instrument,
        from,
        to,
      )
      .toArray();
  }

  gaps(instrument: InstrumentId, from: number, to: number): CandleGap[] {
    return this.#sql
      .exec<{ from_at: number; to_at: number; filled: number }>(
        "SELECT from_at, to_at, EXISTS (SELECT 1 FROM tick_gap_filled AS f WHERE f.instrument = g.instrument AND f.from_at = g.from_at) AS filled FROM tick_gap AS g WHERE instrument = ? AND from_at < ? AND to_at > ?",
        instrument,
        to,
        from,
      )
      .toArray()
      .map((row) => ({ from: row.from_at, to: row.to_at, isFilled: row.filled === 1 }));
  }
}

/** The shard's word on a part is newer than what it handed over before. */
function withLive(stored: readonly CandlePart[], live: readonly CandlePart[]): CandlePart[] {
  const parts = new Map<string, CandlePart>();
  for (const part of [...stored, ...live]) parts.set(`${part.time},${part.epoch}`, part);
  return [...parts.values()];
}
