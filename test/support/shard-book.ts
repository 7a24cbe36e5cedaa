/** A shard's book of instruments with one consumer that takes everything. */
import { TickBook } from "../../durable-objects/feed-shard.book.ts";
import type { LineGroup } from "../../durable-objects/feed-shard.held.ts";
import type { AssignedInstrument } from "../../src/application/ports.ts";
import { seqOfFields } from "../../src/contract/link.ts";
import type { MarketUpdate } from "../../src/domain/tick.ts";

export const entry = (
  instrument: string,
  more: Partial<AssignedInstrument> = {},
): AssignedInstrument => ({
  instrument,
  mode: "quote",
  consumers: [{ id: "market:m1", mode: "quote" }],
  standby: false,
  handOver: null,
  ...more,
});

/** The nth update of an instrument: its volume tells it apart, several share a millisecond. */
export const update = (instrument: string, n: number): MarketUpdate => ({
  instrument,
  last: 100,
  lastQuantity: 1,
  bid: null,
  bidQuantity: null,
  ask: null,
  askQuantity: null,
  volume: n,
  exchangeTime: 1_000 + Math.floor(n / 3),
});

/** A book with one group that takes everything; `read` gives volumes and numbers of what came out. */
export function heldBook(assigned: AssignedInstrument[]) {
  const unconfirmed: string[] = [];
  const book = new TickBook("x", (held) => {
    unconfirmed.push(held.instrument);
    held.isLive = true;
  });
  const group: LineGroup = { instruments: new Set(["X:A", "X:B"]), lines: [] };
  const connect = () => {
    for (const held of book.held.values()) held.groups = [group];
  };
  book.openEpoch(1);
  book.assign(assigned, [], 0);
  connect();
  const read = () =>
    group.lines.splice(0).map((line) => {
      const fields = line.slice(line.indexOf(",") + 1);
      return { volume: Number(fields.split(",")[6]), seq: seqOfFields(fields) };
    });
  return { book, read, connect, unconfirmed, group };
}
