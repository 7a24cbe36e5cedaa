/**
 * One limiter for each scope that a broker meters, in front of every call to it. Orders wait a bounded
 * time, cancels never, and look-ups leave a reserve to both. It sends nothing itself.
 */
import type { BrokerFailure, BrokerRules, BrokerTrading } from "../../brokers/broker.ts";
import type { InstrumentId } from "../../domain/instrument.ts";
import { LOOK_UP_RATE_WAIT_MS_MAX, ORDER_RATE_WAIT_MS_MAX } from "../../domain/limits.ts";
import {
  checkMeter,
  forceTurn,
  meterUsage,
  pollTurn,
  takeTurn,
  type BrokerCall,
  type Meter,
  type MeterUsage,
  type TokenBucket,
  type Turn,
} from "../../domain/rate-limit.ts";
import { err, type Result } from "../../domain/result.ts";

export interface LimiterClock {
  now(): number;
  sleep(ms: number): Promise<void>;
}

/** A broker that names no meters counts only what changes orders, by account. */
export function metersOf({ meters, ordersPerSecond }: BrokerRules): readonly Meter[] {
  if (meters) return meters;
  const burst = Math.max(1, Math.floor(ordersPerSecond));
  const weights = { submit: 1, modify: 1, cancel: 1 };
  const rate = { perSecond: ordersPerSecond, burst, orderReserve: 0 };
  return [{ name: "orders", scope: "account", ...rate, weights }];
}

export class Limiter {
  readonly #meters: readonly Meter[];
  readonly #clock: LimiterClock;
  /** Full at the start: an object is gone from memory only after a quiet minute, or after a crash, which is rare. */
  readonly #pools = new Map<string, TokenBucket>();

  constructor(rules: BrokerRules, clock: LimiterClock) {
    this.#meters = metersOf(rules);
    this.#meters.forEach(checkMeter);
    this.#clock = clock;
  }

  /** Waits for an order's turn. Null when it has come; why not, when that would be too late. */
  async order(
    call: "submit" | "modify",
    instrument: InstrumentId,
    waitMsMax: number = ORDER_RATE_WAIT_MS_MAX,
  ): Promise<string | null> {
    const now = this.#clock.now();
    const turn = takeTurn(this.#meters, this.#pools, { call, instrument }, now, waitMsMax);
    this.#take(turn);
    if (turn.waitMs === null) return tooBusy(turn.busiest);
    if (turn.waitMs > 0) await this.#clock.sleep(turn.waitMs);
    return null;
  }

  /** A cancel goes at once, whatever the meters say: the others pay for it. */
  cancel(instrument: InstrumentId | null): void {
    const call = { call: "cancel", instrument } as const;
    this.#take(forceTurn(this.#meters, this.#pools, call, this.#clock.now()));
  }

  /** Waits until a look-up may go without touching the orders' reserve. Null when it may; why not, past the bound. */
  async lookUp(call: BrokerCall): Promise<string | null> {
    const until = this.#clock.now() + LOOK_UP_RATE_WAIT_MS_MAX;
    for (;;) {
      const now = this.#clock.now();
      const turn = pollTurn(this.#meters, this.#pools, { call, instrument: null }, now);
      this.#take(turn);
      const { waitMs } = turn;
      if (waitMs === 0) return null;
      if (waitMs === null || now + waitMs > until) return tooBusy(turn.busiest);
      await this.#clock.sleep(waitMs);
    }
  }

  usage(): MeterUsage[] {
    return meterUsage(this.#meters, this.#pools, this.#clock.now());
  }

  #take({ taken }: Turn): void {
    for (const [key, bucket] of taken) this.#pools.set(key, bucket);
  }
}

const tooBusy = (meter: Meter | null): string =>
  `more than ${meter?.perSecond ?? 0} calls per second of the broker's ${meter?.name ?? "limit"}, counted by ${meter?.scope ?? "account"}`;

/**
 * The same broker, whose look-ups wait for their turn. One that does not get it fails, and a failed
 * look-up proves nothing. Orders and cancels take their turns where they are sent.
 */
export function metered(broker: BrokerTrading, limiter: Limiter): BrokerTrading {
  const ask = async <T>(
    call: BrokerCall,
    query: () => Promise<Result<T, BrokerFailure>>,
  ): Promise<Result<T, BrokerFailure>> => {
    const reason = await limiter.lookUp(call);
    return reason === null ? query() : err({ kind: "rate_limited", reason });
  };
  return {
    rules: broker.rules,
    submit: (order) => broker.submit(order),
    cancel: (order) => broker.cancel(order),
    modify: (order, changes) => broker.modify(order, changes),
    openOrders: () => ask("open_orders", () => broker.openOrders()),
    closedOrders: (since) => ask("closed_orders", () => broker.closedOrders(since)),
    executions: (since) => ask("executions", () => broker.executions(since)),
    positions: () => ask("positions", () => broker.positions()),
    balances: () => ask("balances", () => broker.balances()),
    openOrderStream: () => broker.openOrderStream(),
    parseOrderStream: (data) => broker.parseOrderStream(data),
  };
}
