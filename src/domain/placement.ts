/**
 * Where each wanted instrument stands, and where it is on its way to. A move is make-before-break: the
 * new shard holds the instrument in standby, the old one delivers it until the new one is live. Pure.
 */
import type { InstrumentId } from "./instrument.ts";
import { planShards, type ShardLayout } from "./sharding.ts";
import type { MarketUpdate } from "./tick.ts";

export interface Placement {
  instrument: InstrumentId;
  /** The shard that delivers it. */
  shard: number;
  /** The shard that is getting ready to; null when it stands still. */
  movingTo: number | null;
  /** The move is being finished: `shard` may have let go already, so there is no way back. */
  isHandingOver: boolean;
  /**
   * Since when `shard` delivers it: an epoch above all that any shard before it can have used, and the
   * last update of the one that it took over from, and until when that told all; null when it took over from none.
   */
  handOver: { epoch: number; after: MarketUpdate | null; wholeUntil?: number | null };
}

export type Placements = ReadonlyMap<InstrumentId, Placement>;

/**
 * Places what is wanted as the layout says. What is being handed over is left as it is: a later plan
 * moves it on. `nextEpoch` gives the epoch of what is new here: it may have been on another shard
 * before, and its numbers must still rise. A move waits while its new shard holds `roomMax` already:
 * in a move both shards hold the instrument, and the broker would refuse one too many.
 */
export function replan(
  placements: Placements,
  wanted: Iterable<InstrumentId>,
  layout: ShardLayout,
  nextEpoch: () => number,
  roomMax = Infinity,
): Map<InstrumentId, Placement> {
  let epoch: number | null = null;
  const current = new Map<InstrumentId, number>();
  for (const { instrument, shard, movingTo } of placements.values())
    current.set(instrument, movingTo ?? shard);
  const next = new Map<InstrumentId, Placement>();
  for (const [instrument, target] of planShards(current, wanted, layout)) {
    const placed = placements.get(instrument);
    if (!placed) {
      epoch ??= nextEpoch();
      next.set(instrument, standing(instrument, target, { epoch, after: null }));
    } else next.set(instrument, placed.isHandingOver ? placed : moveTo(placed, target));
  }
  return roomMax === Infinity ? next : holdBack(next, placements, roomMax);
}

/** Calls off the moves that are new in this plan and find their shard full. */
function holdBack(
  next: Map<InstrumentId, Placement>,
  before: Placements,
  roomMax: number,
): Map<InstrumentId, Placement> {
  const isNew = ({ instrument, movingTo }: Placement) =>
    movingTo !== null && before.get(instrument)?.movingTo !== movingTo;
  const loads = new Map<number, number>();
  const load = (shard: number) => loads.set(shard, (loads.get(shard) ?? 0) + 1);
  for (const placed of next.values()) {
    load(placed.shard);
    if (placed.movingTo !== null && !isNew(placed)) load(placed.movingTo);
  }
  for (const placed of next.values()) {
    const { instrument, movingTo } = placed;
    if (movingTo === null || !isNew(placed)) continue;
    if ((loads.get(movingTo) ?? 0) < roomMax) load(movingTo);
    else next.set(instrument, { ...placed, movingTo: null });
  }
  return next;
}

/** An instrument that stands still on a shard. */
export const standing = (
  instrument: InstrumentId,
  shard: number,
  handOver: Placement["handOver"],
): Placement => ({ instrument, shard, movingTo: null, isHandingOver: false, handOver });

const moveTo = (placed: Placement, target: number): Placement => {
  const movingTo = target === placed.shard ? null : target;
  return movingTo === placed.movingTo ? placed : { ...placed, movingTo };
};

/** What each shard holds: delivered by it, or in standby on it. */
export function holdings(
  placements: Placements,
): Map<number, { placement: Placement; standby: boolean }[]> {
  const byShard = new Map<number, { placement: Placement; standby: boolean }[]>();
  const add = (shard: number, placement: Placement, standby: boolean) => {
    const list = byShard.get(shard);
    if (list) list.push({ placement, standby });
    else byShard.set(shard, [{ placement, standby }]);
  };
  for (const placement of placements.values()) {
    add(placement.shard, placement, false);
    if (placement.movingTo !== null) add(placement.movingTo, placement, true);
  }
  return byShard;
}

/** Moves that can be finished, because the new shard is live with the instrument, or that have to be. By old and new shard. */
export function readyMoves(
  placements: Placements,
  isLive: (shard: number, instrument: InstrumentId) => boolean,
): { from: number; to: number; instruments: InstrumentId[] }[] {
  const moves = new Map<string, { from: number; to: number; instruments: InstrumentId[] }>();
  for (const { instrument, shard: from, movingTo: to, isHandingOver } of placements.values()) {
    if (to === null || !(isHandingOver || isLive(to, instrument))) continue;
    const move = moves.get(`${from}>${to}`) ?? { from, to, instruments: [] };
    move.instruments.push(instrument);
    moves.set(`${from}>${to}`, move);
  }
  return [...moves.values()];
}
