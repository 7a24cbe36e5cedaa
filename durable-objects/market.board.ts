/**
 * Routes ticks to the algos that want them: sockets with the same list and format share each frame's
 * text, so a tick is written once for all of them. It never stores, never calls out and never waits.
 */
import { compactRow, ltpFields, plainRow, seqOfFields } from "../src/contract/link.ts";
import type { InstrumentId } from "../src/domain/instrument.ts";
import { FAN_OUT_SENDS_PER_TURN } from "../src/domain/limits.ts";
import type { FeedMode } from "../src/domain/tick.ts";
import { OwedFrames } from "./market.owed.ts";

export type StreamFormat = "plain" | "compact";

/** One that is to receive a group's frames. */
export interface FrameReceiver {
  /** `frame` is counted by the group's `seq`, unless it is a snapshot. */
  receive(frame: string, group: FrameGroup): void;
}

/** Receivers with the same list of instruments, in the same modes, and the same format. */
export interface FrameGroup {
  readonly key: string;
  readonly format: StreamFormat;
  readonly instruments: ReadonlyMap<BoardInstrument, FeedMode>;
  readonly receivers: Set<FrameReceiver>;
  /** Number of the last counted frame. */
  seq: number;
  readonly owed: OwedFrames;
  /** Rows of the frame in the making. */
  rows: string[];
  /** The board's frame when the first of them came. */
  since: number;
}

export interface BoardInstrument {
  readonly instrument: InstrumentId;
  readonly json: string;
  /** Stands for it in compact frames, for as long as this market exists. */
  readonly alias: number;
  /** Whose ticks are taken: those of any other provider are not. */
  provider: string;
  /** Received time of the last tick before a switch of provider, until the first one after it; else null. */
  gapFrom: number | null;
  /** Null while nothing was heard of it: just wanted, taken from another provider, or after an eviction. */
  isLive: boolean | null;
  /** Why its provider does not give it; null while nothing says so. */
  alarm: string | null;
  seq: number;
  /** Fields of its last tick as the link brought them; null before the first. */
  fields: string | null;
  /** Levels of its book with that tick, as text; null without. */
  depth: string | null;
  /** The board's frame that brought it. */
  frame: number;
  /** Those that get it in mode `quote`. */
  groups: FrameGroup[];
  /** Those that get it in another mode: its row is written for them apart. */
  otherGroups: FrameGroup[];
}

export class Board {
  /** This incarnation of the market: stamped on every frame. */
  readonly epoch: number;
  /** Link frames routed so far. */
  frame = 0;
  /** Frames handed to receivers so far. */
  deliveries = 0;
  /** Ticks that came twice, or late over another link. */
  repeated = 0;
  readonly #instruments = new Map<InstrumentId, BoardInstrument>();
  /** By format and list: more receivers than one turn serves are groups of their own. */
  readonly #groups = new Map<string, FrameGroup[]>();
  /** Those with rows, the one that waits longest first. */
  #touched: FrameGroup[] = [];

  constructor(epoch: number) {
    this.epoch = epoch;
  }

  get(instrument: InstrumentId): BoardInstrument | undefined {
    return this.#instruments.get(instrument);
  }

  admit(instrument: InstrumentId, alias: number, provider: string): BoardInstrument {
    const known = this.#instruments.get(instrument);
    if (known) return known;
    const one: BoardInstrument = {
      instrument,
      json: JSON.stringify(instrument),
      alias,
      provider,
      gapFrom: null,
      isLive: null,
      alarm: null,
      seq: 0,
      fields: null,
      depth: null,
      frame: 0,
      groups: [],
      otherGroups: [],
    };
    this.#instruments.set(instrument, one);
    return one;
  }

  /** Nobody wanted it for a while: what was heard of it before says nothing now. Its numbers and its place stay. */
  forget(instrument: InstrumentId): void {
    const one = this.#instruments.get(instrument);
    if (one)
      Object.assign(one, { isLive: null, alarm: null, gapFrom: null, fields: null, depth: null });
  }

  /** Takes a tick. One that is not newer than the last of its instrument was delivered already. */
  take(one: BoardInstrument, fields: string, depth: string | null = null): void {
    const seq = seqOfFields(fields);
    if (!(seq > one.seq)) {
      // The same tick again may bring what a lower mode had left out of it; late ones may have come after it.
      if (one.fields === null || seq === seqOfFields(one.fields))
        Object.assign(one, { fields, depth });
      this.repeated += 1;
      return;
    }
    one.seq = seq;
    one.fields = fields;
    one.depth = depth;
    one.frame = this.frame;
    this.#tell(one, fields, depth);
  }

  /** Takes a tick that is filled in: it is told like any other, and the last one stays what it was. */
  takeLate(one: BoardInstrument, fields: string): void {
    const seq = seqOfFields(fields);
    if (!(seq > one.seq)) {
      this.repeated += 1;
      return;
    }
    one.seq = seq;
    this.#tell(one, fields, null);
  }

  #tell(one: BoardInstrument, fields: string, depth: string | null): void {
    let plain: string | null = null;
    let compact: string | null = null;
    for (const group of one.groups) {
      if (group.rows.length === 0) this.#touch(group);
      if (group.format === "plain") group.rows.push((plain ??= plainRow(one.json, fields)));
      else group.rows.push((compact ??= compactRow(one.alias, fields)));
    }
    if (one.otherGroups.length > 0) this.#takeModes(one, fields, depth);
  }

  #touch(group: FrameGroup): void {
    group.since = this.frame;
    this.#touched.push(group);
  }

  /** The rows of those that want less or more than a quote: each text is written once. */
  #takeModes(one: BoardInstrument, fields: string, depth: string | null): void {
    const texts = new Map<string, string>();
    for (const group of one.otherGroups) {
      const mode = group.instruments.get(one) ?? "ltp";
      const key = `${group.format} ${mode}`;
      const text = texts.get(key) ?? rowText(group.format, mode, one, fields, depth);
      texts.set(key, text);
      if (group.rows.length === 0) this.#touch(group);
      group.rows.push(text);
    }
  }

  /** Sends the live ticks that wait: before anything that is to be seen after them, or apart from them. */
  settle(): void {
    if (this.#touched.length > 0) this.flush(false);
  }

  get isWaiting(): boolean {
    return this.#touched.length > 0;
  }

  /** Sends to as many as one turn serves, those first that wait longest. Answers how many frames that were. */
  turn(): number {
    let sends = 0;
    let groups = 0;
    for (const group of this.#touched) {
      if (sends >= FAN_OUT_SENDS_PER_TURN) break;
      groups += 1;
      sends += group.receivers.size;
    }
    this.#send(this.#touched.splice(0, groups), false);
    return sends;
  }

  /** Sends all that was taken: one frame for each group it concerns. */
  flush(isSnapshot: boolean): void {
    const touched = this.#touched;
    this.#touched = [];
    this.#send(touched, isSnapshot);
  }

  #send(groups: readonly FrameGroup[], isSnapshot: boolean): void {
    for (const group of groups) {
      const { rows } = group;
      group.rows = [];
      if (!isSnapshot) group.seq += 1;
      const frame = this.frameText(group, rows, isSnapshot);
      if (!isSnapshot) group.owed.note(group.seq, frame.length);
      this.deliveries += group.receivers.size;
      for (const receiver of group.receivers) receiver.receive(frame, group);
    }
    this.frame += 1;
  }

  /** Last known ticks of a group's instruments, since a frame of the board: the text, or null when there are none. */
  snapshot(
    group: FrameGroup,
    only: ReadonlySet<InstrumentId> | null,
    since: number,
  ): string | null {
    this.settle();
    const rows: string[] = [];
    for (const [one, mode] of group.instruments) {
      if (one.fields === null || one.frame < since) continue;
      if (only !== null && !only.has(one.instrument)) continue;
      rows.push(rowText(group.format, mode, one, one.fields, one.depth));
    }
    return rows.length === 0 ? null : this.frameText(group, rows, true);
  }

  frameText(group: FrameGroup, rows: readonly string[], isSnapshot: boolean): string {
    const position = `"epoch":${this.epoch},"seq":${group.seq}`;
    return group.format === "plain"
      ? `{"type":"ticks",${position},${isSnapshot ? '"snapshot":true,' : ""}"ticks":[${rows.join(",")}]}`
      : `{"type":"t",${position},${isSnapshot ? '"s":1,' : ""}"t":[${rows.join(",")}]}`;
  }

  /** The group of this list and format, with the receiver in it; null for an empty list. */
  join(
    receiver: FrameReceiver,
    format: StreamFormat,
    instruments: ReadonlyMap<InstrumentId, FeedMode>,
  ): FrameGroup | null {
    this.settle();
    if (instruments.size === 0) return null;
    const list = [...instruments].sort(([a], [b]) => (a < b ? -1 : 1));
    const key = `${format}|${list.map(([id, mode]) => (mode === "quote" ? id : `${id} ${mode}`)).join(",")}`;
    const alike = this.#groups.get(key) ?? [];
    const hasRoom = ({ receivers }: FrameGroup) => receivers.size < FAN_OUT_SENDS_PER_TURN;
    const group = alike.find(hasRoom) ?? this.#open(key, format, list);
    group.receivers.add(receiver);
    return group;
  }

  leave(receiver: FrameReceiver, group: FrameGroup): void {
    this.settle();
    group.receivers.delete(receiver);
    if (group.receivers.size > 0) return;
    const alike = this.#groups.get(group.key)?.filter((other) => other !== group) ?? [];
    if (alike.length > 0) this.#groups.set(group.key, alike);
    else this.#groups.delete(group.key);
    for (const one of group.instruments.keys()) {
      one.groups = one.groups.filter((other) => other !== group);
      one.otherGroups = one.otherGroups.filter((other) => other !== group);
    }
  }

  #open(key: string, format: StreamFormat, list: readonly [InstrumentId, FeedMode][]): FrameGroup {
    const instruments = new Map<BoardInstrument, FeedMode>();
    for (const [instrument, mode] of list) {
      const one = this.#instruments.get(instrument);
      if (one) instruments.set(one, mode);
    }
    const group = {
      key,
      format,
      instruments,
      receivers: new Set<FrameReceiver>(),
      seq: 0,
      owed: new OwedFrames(),
      rows: [],
      since: 0,
    };
    for (const [one, mode] of instruments)
      (mode === "quote" ? one.groups : one.otherGroups).push(group);
    this.#groups.set(key, [...(this.#groups.get(key) ?? []), group]);
    return group;
  }
}

/** What a mode has of a tick, as a row: never more. */
function rowText(
  format: StreamFormat,
  mode: FeedMode,
  one: BoardInstrument,
  all: string,
  levels: string | null,
): string {
  const fields = mode === "ltp" ? ltpFields(all) : all;
  const depth = mode === "depth" ? levels : null;
  return format === "plain"
    ? plainRow(one.json, fields, depth)
    : compactRow(one.alias, fields, depth);
}
