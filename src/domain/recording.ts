/**
 * Ticks packed for the archive: a blob holds what one shard delivered in a minute or a part of it. Each
 * row says only what changed since the row before of the same instrument. Decoding gives back exactly
 * what was encoded, and a blob that cannot be read is refused whole.
 *
 * Layout, version 2: `TLR2`, the provider as text, then rows. A row: instrument (its number; the next
 * free number is followed by its id as text), shape, time of receipt (difference to the row before),
 * [epoch and count within it, differences, when the shape says so], mask of changed fields, mask of
 * those that are null, mask of those that fit 4 bytes, the changed fields that are not null, and, when the
 * shape says that the open interest is another one, its bytes (0 where there is none now) and itself.
 * Version 1, `TLR1`, is the same without open interest; it is read, and not written any more.
 * Numbers without a size are varints of 7 bits a byte, lowest first; differences are zigzag.
 */
import { ByteReader, ByteWriter } from "./bytes.ts";
import type { InstrumentId } from "./instrument.ts";
import { err, ok, type Result } from "./result.ts";
import { type MarketUpdate, type Tick, tickSeqBase } from "./tick.ts";

/** The version follows as one more digit. */
const MAGIC = [0x54, 0x4c, 0x52];
const DIGIT_0 = 0x30;
const VERSION = 2;

/** The order of the bits in a row's masks; a new order is a new version. */
const FIELDS = [
  "last",
  "lastQuantity",
  "bid",
  "bidQuantity",
  "ask",
  "askQuantity",
  "volume",
  "exchangeTime",
] as const;

/** Bits of a row's shape. */
const IS_LATE = 1;
const HAS_NUMBER = 2;
const HAS_OPEN_INTEREST = 4;

/** The bits that a row of each version may have. */
const SHAPES: Readonly<Record<number, number>> = {
  1: IS_LATE | HAS_NUMBER,
  2: IS_LATE | HAS_NUMBER | HAS_OPEN_INTEREST,
};

/** Bytes of a number that 4 bytes hold exactly, and of any other. */
const SHORT_BYTES = 4;
const LONG_BYTES = 8;

type Values = (number | null)[];

interface Known {
  index: number;
  epoch: number;
  count: number;
  values: Values;
  openInterest: number | undefined;
}

const known = (index: number): Known => ({
  index,
  epoch: 0,
  count: 0,
  values: FIELDS.map(() => null),
  openInterest: undefined,
});

/** Where a tick stands: `seq` is within its epoch's range. */
export interface RecordedPlace {
  receivedTime: number;
  epoch: number;
  seq: number;
  late: boolean;
}

/** Packs ticks in the order in which they are added. */
export class RecordingEncoder {
  ticks = 0;
  readonly #out = new ByteWriter();
  readonly #known = new Map<InstrumentId, Known>();
  #receivedTime = 0;

  constructor(provider: string) {
    for (const byte of [...MAGIC, DIGIT_0 + VERSION]) this.#out.byte(byte);
    this.#out.text(provider);
  }

  get bytes(): number {
    return this.#out.length;
  }

  add(update: MarketUpdate, { receivedTime, epoch, seq, late }: RecordedPlace): void {
    const out = this.#out;
    let last = this.#known.get(update.instrument);
    if (last === undefined) {
      last = known(this.#known.size);
      this.#known.set(update.instrument, last);
      out.varint(last.index);
      out.text(update.instrument);
    } else out.varint(last.index);
    const count = seq - tickSeqBase(epoch);
    const isNext = epoch === last.epoch && count === last.count + 1;
    const isOther = update.openInterest !== last.openInterest;
    out.byte((late ? IS_LATE : 0) | (isNext ? 0 : HAS_NUMBER) | (isOther ? HAS_OPEN_INTEREST : 0));
    out.difference(receivedTime - this.#receivedTime);
    if (!isNext) {
      out.difference(epoch - last.epoch);
      out.difference(count - last.count);
    }
    this.#receivedTime = receivedTime;
    last.epoch = epoch;
    last.count = count;
    this.#fields(update, last.values);
    if (isOther) this.#openInterest((last.openInterest = update.openInterest));
    this.ticks += 1;
  }

  /** The blob. Nothing may be added after. */
  finish(): Uint8Array {
    return this.#out.taken();
  }

  #fields(update: MarketUpdate, values: Values): void {
    let changed = 0;
    let empty = 0;
    let short = 0;
    for (let bit = 0; bit < FIELDS.length; bit += 1) {
      const value = valueOf(update, bit);
      if (Object.is(value, values[bit])) continue;
      values[bit] = value;
      changed |= 1 << bit;
      if (value === null) empty |= 1 << bit;
      else if (Object.is(Math.fround(value), value)) short |= 1 << bit;
    }
    this.#out.byte(changed);
    this.#out.byte(empty);
    this.#out.byte(short);
    for (let bit = 0; bit < FIELDS.length; bit += 1) {
      const value = values[bit];
      if ((changed & (1 << bit)) === 0 || typeof value !== "number") continue;
      if ((short & (1 << bit)) !== 0) this.#out.float32(value);
      else this.#out.float64(value);
    }
  }

  #openInterest(value: number | undefined): void {
    if (value === undefined) return this.#out.byte(0);
    const isShort = Object.is(Math.fround(value), value);
    this.#out.byte(isShort ? SHORT_BYTES : LONG_BYTES);
    if (isShort) this.#out.float32(value);
    else this.#out.float64(value);
  }
}

/** A switch, not an index by name: it runs eight times for each tick. */
function valueOf(update: MarketUpdate, bit: number): number | null {
  switch (bit) {
    case 0:
      return update.last;
    case 1:
      return update.lastQuantity;
    case 2:
      return update.bid;
    case 3:
      return update.bidQuantity;
    case 4:
      return update.ask;
    case 5:
      return update.askQuantity;
    case 6:
      return update.volume;
    default:
      return update.exchangeTime;
  }
}

/** The ticks of a blob in the order in which they were delivered; what is wrong with it otherwise. */
export function decodeRecording(blob: Uint8Array): Result<Tick[], string> {
  const input = new ByteReader(blob);
  for (const byte of MAGIC) if (input.byte() !== byte) return err("not a recording");
  const shapes = SHAPES[input.byte() - DIGIT_0];
  if (shapes === undefined) return err("not a recording of version 1 or 2");
  const provider = input.text();
  const instruments: (Known & { id: InstrumentId })[] = [];
  const ticks: Tick[] = [];
  let receivedTime = 0;
  while (!input.isAtEnd && !input.isBroken) {
    const index = input.varint();
    if (index > instruments.length) return err(`row ${ticks.length + 1}: no such instrument`);
    if (index === instruments.length) instruments.push({ ...known(index), id: input.text() });
    const last = instruments[index];
    if (last === undefined) return err(`row ${ticks.length + 1}: no such instrument`);
    const shape = input.byte();
    if ((shape & ~shapes) !== 0) return err(`row ${ticks.length + 1}: unknown shape`);
    receivedTime += input.difference();
    if ((shape & HAS_NUMBER) === 0) last.count += 1;
    else {
      last.epoch += input.difference();
      last.count += input.difference();
    }
    readFields(input, last.values);
    if ((shape & HAS_OPEN_INTEREST) !== 0) {
      const read = readOpenInterest(input);
      if (!read.ok) return err(`row ${ticks.length + 1}: ${read.error}`);
      last.openInterest = read.value;
    }
    ticks.push({
      ...updateOf(last.id, last.values),
      ...(last.openInterest !== undefined && { openInterest: last.openInterest }),
      provider,
      receivedTime,
      epoch: last.epoch,
      seq: tickSeqBase(last.epoch) + last.count,
      late: (shape & IS_LATE) !== 0,
    });
  }
  if (input.isBroken) return err(`row ${ticks.length}: the recording is cut off`);
  return ok(ticks);
}

function readFields(input: ByteReader, values: Values): void {
  const changed = input.byte();
  const empty = input.byte();
  const short = input.byte();
  for (let bit = 0; bit < FIELDS.length; bit += 1) {
    if ((changed & (1 << bit)) === 0) continue;
    if ((empty & (1 << bit)) !== 0) values[bit] = null;
    else values[bit] = (short & (1 << bit)) !== 0 ? input.float32() : input.float64();
  }
}

function readOpenInterest(input: ByteReader): Result<number | undefined, string> {
  const bytes = input.byte();
  if (bytes === 0) return ok(undefined);
  if (bytes === SHORT_BYTES) return ok(input.float32());
  return bytes === LONG_BYTES ? ok(input.float64()) : err("open interest of no known size");
}

const updateOf = (instrument: InstrumentId, values: Values): MarketUpdate => ({
  instrument,
  last: values[0] ?? null,
  lastQuantity: values[1] ?? null,
  bid: values[2] ?? null,
  bidQuantity: values[3] ?? null,
  ask: values[4] ?? null,
  askQuantity: values[5] ?? null,
  volume: values[6] ?? null,
  exchangeTime: values[7] ?? null,
});
