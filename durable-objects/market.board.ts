/**
 * Routes ticks to the algos that want them: sockets with the same list and format share each frame's
 * text, so a tick is written once for all of them. It never stores, never calls out and never waits.
 */
import { compactRow, plainRow, seqOfFields } from "../src/contract/link.ts";
import type { InstrumentId } from "../src/domain/instrument.ts";

export type StreamFormat = "plain" | "compact";

/** One that is to receive a group's frames. */
export interface FrameReceiver {
  /** `frame` is counted by the group's `seq`, unless it is a snapshot. */
  receive(frame: string, group: FrameGroup): void;
}

/** Receivers with the same list of instruments and the same format. */
export interface FrameGroup {
  readonly key: string;
  readonly format: StreamFormat;
  readonly instruments: readonly BoardInstrument[];
  readonly receivers: Set<FrameReceiver>;
  /** Number of the last counted frame. */
  seq: number;
  /** Rows of the frame in the making. */
  rows: string[];
}

export interface BoardInstrument {
  readonly instrument: InstrumentId;
  readonly json: string;
  /** Stands for it in compact frames, for as long as this market exists. */
  readonly alias: number;
  isLive: boolean;
  seq: number;
  /** Fields of its last tick as the link brought them; null before the first. */
  fields: string | null;
  /** The board's frame that brought it. */
  frame: number;
  groups: FrameGroup[];
}

export class Board {
  /** This incarnation of the market: stamped on every frame. */
  readonly epoch: number;
  /** Link frames routed so far. */
  frame = 0;
  /** Ticks that came twice, or late over another link. */
  repeated = 0;
  readonly #instruments = new Map<InstrumentId, BoardInstrument>();
  readonly #groups = new Map<string, FrameGroup>();
  #touched: FrameGroup[] = [];

  constructor(epoch: number) {
    this.epoch = epoch;
  }

  get(instrument: InstrumentId): BoardInstrument | undefined {
    return this.#instruments.get(instrument);
  }

  admit(instrument: InstrumentId, alias: number): BoardInstrument {
    const known = this.#instruments.get(instrument);
    if (known) return known;
    const one: BoardInstrument = {
      instrument,
      json: JSON.stringify(instrument),
      alias,
      isLive: false,
      seq: 0,
      fields: null,
      frame: 0,
      groups: [],
    };
    this.#instruments.set(instrument, one);
    return one;
  }

  /** Takes a tick. One that is not newer than the last of its instrument was delivered already. */
  take(one: BoardInstrument, fields: string): void {
    const seq = seqOfFields(fields);
    if (!(seq > one.seq)) {
      this.repeated += 1;
      return;
    }
    one.seq = seq;
    one.fields = fields;
    one.frame = this.frame;
    let plain: string | null = null;
    let compact: string | null = null;
    for (const group of one.groups) {
      if (group.rows.length === 0) this.#touched.push(group);
      if (group.format === "plain") group.rows.push((plain ??= plainRow(one.json, fields)));
      else group.rows.push((compact ??= compactRow(one.alias, fields)));
    }
  }

  /** Sends what was taken since the last flush: one frame for each group it concerns. */
  flush(isSnapshot: boolean): void {
    const touched = this.#touched;
    this.#touched = [];
    for (const group of touched) {
      const { rows } = group;
      group.rows = [];
      if (!isSnapshot) group.seq += 1;
      const frame = this.frameText(group, rows, isSnapshot);
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
    const rows: string[] = [];
    for (const one of group.instruments) {
      if (one.fields === null || one.frame < since) continue;
      if (only !== null && !only.has(one.instrument)) continue;
      rows.push(rowText(group.format, one, one.fields));
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
    instruments: ReadonlySet<InstrumentId>,
  ): FrameGroup | null {
    if (instruments.size === 0) return null;
    const list = [...instruments].sort();
    const key = `${format}|${list.join(",")}`;
    const group = this.#groups.get(key) ?? this.#open(key, format, list);
    group.receivers.add(receiver);
    return group;
  }

  leave(receiver: FrameReceiver, group: FrameGroup): void {
    group.receivers.delete(receiver);
    if (group.receivers.size > 0) return;
    this.#groups.delete(group.key);
    for (const one of group.instruments) one.groups = one.groups.filter((other) => other !== group);
  }

  #open(key: string, format: StreamFormat, list: readonly InstrumentId[]): FrameGroup {
    const instruments = list.flatMap((instrument) => this.#instruments.get(instrument) ?? []);
    const group = {
      key,
      format,
      instruments,
      receivers: new Set<FrameReceiver>(),
      seq: 0,
      rows: [],
    };
    for (const one of instruments) one.groups.push(group);
    this.#groups.set(key, group);
    return group;
  }
}

const rowText = (format: StreamFormat, one: BoardInstrument, fields: string): string =>
  format === "plain" ? plainRow(one.json, fields) : compactRow(one.alias, fields);
