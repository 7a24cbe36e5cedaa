/** Token buckets as plain data, and the metered scopes of a broker made of them: how long a call must wait. It reads no clock. */
import { assert } from "./assert.ts";
import type { InstrumentId } from "./instrument.ts";

export interface BucketRate {
  perSecond: number;
  /** Tokens that may go at once after a quiet while. At least 1. */
  burst: number;
}

/** `tokens` below 0 are turns already given away to callers that still wait. */
export interface TokenBucket {
  tokens: number;
  /** ms since 1970. */
  at: number;
}

/** What a broker counts calls by. */
export const METER_SCOPES = ["account", "ip", "key", "pair"] as const;

export type MeterScope = (typeof METER_SCOPES)[number];

/** What is asked of a broker's trading side, each with its own weight in each meter. */
export type BrokerCall =
  | "submit"
  | "cancel"
  | "modify"
  | "open_orders"
  | "closed_orders"
  | "executions"
  | "positions"
  | "balances";

/** One metered scope of a broker. */
export interface Meter extends BucketRate {
  name: string;
  scope: MeterScope;
  /** Tokens that look-ups leave to orders and cancels. Below `burst`. */
  orderReserve: number;
  /** Tokens that each call draws; one that is not named draws none here. */
  weights: Partial<Record<BrokerCall, number>>;
}

/** The buckets of a broker's meters by name; a `pair` meter has one for each instrument. */
export type Pools = ReadonlyMap<string, TokenBucket>;

export interface MeteredCall {
  call: BrokerCall;
  /** Null for a call that is about no single instrument. */
  instrument: InstrumentId | null;
}

/** What a call came to: what it takes from which pools, or, with `waitMs` null, who was too busy. */
export interface Turn {
  taken: [string, TokenBucket][];
  waitMs: number | null;
  busiest: Meter | null;
}

/** How full a metered scope is. */
export interface MeterUsage {
  name: string;
  scope: MeterScope;
  /** Tokens drawn and not yet refilled, of the fullest bucket; above `capacity` are turns given in advance. */
  used: number;
  capacity: number;
  /** What of the capacity look-ups leave to orders. */
  reserve: number;
  perSecond: number;
}

export const fullBucket = (rate: BucketRate, now: number): TokenBucket => ({
  tokens: rate.burst,
  at: now,
});

/** Throws when a meter could never let one of its calls through. */
export function checkMeter(meter: Meter): void {
  const { name, perSecond, burst, orderReserve, weights } = meter;
  assert(perSecond > 0 && burst >= 1, `meter ${name} needs a rate above 0 and a burst of 1`);
  assert(orderReserve >= 0 && orderReserve < burst, `meter ${name} reserves all it has`);
  for (const [call, weight] of Object.entries(weights)) {
    const most = isLookUp(call as BrokerCall) ? burst - orderReserve : burst;
    assert(weight >= 0 && weight <= most, `meter ${name} can never let ${call} through`);
  }
}

/** Calls that only read. They yield to orders. */
const isLookUp = (call: BrokerCall): boolean =>
  call !== "submit" && call !== "cancel" && call !== "modify";

const keyOf = ({ name, scope }: Meter, instrument: InstrumentId | null): string =>
  scope === "pair" ? `${name}|${instrument ?? ""}` : name;

function refilled(bucket: TokenBucket, rate: BucketRate, now: number): TokenBucket {
  // A clock that went back gives nothing and takes nothing.
  const elapsedMs = Math.max(0, now - bucket.at);
  const tokens = Math.min(rate.burst, bucket.tokens + (elapsedMs * rate.perSecond) / 1_000);
  return { tokens, at: Math.max(bucket.at, now) };
}

/** Takes one token, or answers null when there is none: nobody waits. */
export function takeToken(bucket: TokenBucket, rate: BucketRate, now: number): TokenBucket | null {
  const present = refilled(bucket, rate, now);
  return present.tokens < 1 ? null : { ...present, tokens: present.tokens - 1 };
}

/**
 * Takes an order's turn in every pool that counts it, or in none. `waitMs` is the longest wait of
 * all; null when that is beyond `waitMsMax`: what would go late does not go.
 */
export function takeTurn(
  meters: readonly Meter[],
  pools: Pools,
  call: MeteredCall,
  now: number,
  waitMsMax: number,
): Turn {
  const turn = forceTurn(meters, pools, call, now);
  assert(turn.waitMs !== null, "a forced turn is never refused");
  return turn.waitMs > waitMsMax ? { taken: [], waitMs: null, busiest: turn.busiest } : turn;
}

/** Takes a turn whatever the wait: for a call that must always go, such as a cancel. It delays the others. */
export function forceTurn(
  meters: readonly Meter[],
  pools: Pools,
  call: MeteredCall,
  now: number,
): Turn {
  return turnAt(meters, pools, call, now, () => 0);
}

/**
 * Takes a look-up's turn if every pool has it above the reserve of orders. Otherwise it takes
 * nothing, and `waitMs` says when to ask again: a turn given in advance would be eaten from orders.
 */
export function pollTurn(
  meters: readonly Meter[],
  pools: Pools,
  call: MeteredCall,
  now: number,
): Turn {
  const turn = turnAt(meters, pools, call, now, ({ orderReserve }) => orderReserve);
  return turn.waitMs === 0 ? turn : { ...turn, taken: [] };
}

function turnAt(
  meters: readonly Meter[],
  pools: Pools,
  { call, instrument }: MeteredCall,
  now: number,
  floorOf: (meter: Meter) => number,
): Turn {
  const turn: Turn & { waitMs: number } = { taken: [], waitMs: 0, busiest: null };
  for (const meter of meters) {
    const weight = meter.weights[call] ?? 0;
    if (weight === 0) continue;
    const key = keyOf(meter, instrument);
    const { tokens, at } = refilled(pools.get(key) ?? fullBucket(meter, now), meter, now);
    const left = tokens - weight;
    const missing = floorOf(meter) - left;
    const waitMs = missing > 0 ? Math.ceil((missing * 1_000) / meter.perSecond) : 0;
    turn.taken.push([key, { tokens: left, at }]);
    if (waitMs > turn.waitMs) Object.assign(turn, { waitMs, busiest: meter });
  }
  return turn;
}

/** How full each meter is; of a `pair` meter, its fullest bucket. */
export function meterUsage(meters: readonly Meter[], pools: Pools, now: number): MeterUsage[] {
  return meters.map((meter) => {
    const { name, scope, burst, perSecond, orderReserve } = meter;
    const isOwn = (key: string): boolean =>
      scope === "pair" ? key.startsWith(`${name}|`) : key === name;
    const used = [...pools]
      .filter(([key]) => isOwn(key))
      .map(([, bucket]) => burst - refilled(bucket, meter, now).tokens);
    const most = Math.max(0, ...used);
    return { name, scope, used: most, capacity: burst, reserve: orderReserve, perSecond };
  });
}
