/** Which market a new algo socket is opened on, from what is known without asking any of them. Pure. */

export interface MarketRoom {
  market: string;
  /** As the market last said. */
  sockets: number;
  /** Sent there since; some may not have arrived. */
  placed: number;
  isDraining: boolean;
}

/**
 * The first market with room, or null when another has to be opened. First-fit keeps few markets busy:
 * each one more costs a link to every shard. A guess only: the market itself refuses what is too much.
 */
export function placeSocket(rooms: Iterable<MarketRoom>, socketsMax: number): string | null {
  for (const { market, sockets, placed, isDraining } of rooms)
    if (!isDraining && sockets + placed < socketsMax) return market;
  return null;
}

/** Whether a market that is emptied after hours is to be closed now: nothing it serves trades, or it has waited a day. */
export function isAfterHours(
  now: number,
  since: number,
  waitMsMax: number,
  isAnyOpen: boolean,
): boolean {
  return !isAnyOpen || now - since >= waitMsMax;
}
