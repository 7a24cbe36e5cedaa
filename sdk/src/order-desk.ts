/**
 * The algo's orders: fixes each id before the first send, turns every answer into one outcome, and
 * looks an order up when its fate is in doubt. It never sends an order again under another id.
 */
import type { z } from "zod";
import {
  isTerminal,
  orderChangeRequest,
  orderRequest,
  type OrderRequestInput,
  type OrderState,
  type OrderView,
} from "../../src/contract/orders.ts";
import type { TrunklineClient } from "./client.ts";
import { TrunklineError, TrunklineTimeoutError } from "./errors.ts";
import {
  CANCEL_ATTEMPTS,
  ENDED_ORDERS_KEPT_MAX,
  LOOK_UP_PAUSE_MAX_MS,
  type Timing,
} from "./limits.ts";
import { isNews, type KnownOrder, type Source } from "./order-news.ts";
import { outcomeOfOrder, verdictOfError, type OrderOutcome } from "./outcome.ts";
import { stopped } from "./connection.ts";

/** An order as an algo gives it; the id is made when it is left out. */
export type NewOrder = Omit<OrderRequestInput, "clientOrderId" | "algoId"> & {
  clientOrderId?: string;
};

export type OrderChanges = z.input<typeof orderChangeRequest>;

export type OrderCondition = OrderState | readonly OrderState[] | ((order: OrderView) => boolean);

interface Waiter {
  clientOrderId: string;
  matches(order: OrderView): boolean;
  resolve(order: OrderView): void;
  reject(error: Error): void;
  timer: ReturnType<typeof setTimeout>;
}

interface DeskOptions {
  client: TrunklineClient;
  algoId: string;
  timing: Timing;
  randomId(): string;
  /** Once for each change of an order of this algo. */
  onOrder(order: OrderView): void;
}

export class OrderDesk {
  readonly #options: DeskOptions;
  readonly #orders = new Map<string, KnownOrder>();
  #revision = 0;
  readonly #waiters = new Set<Waiter>();

  constructor(options: DeskOptions) {
    this.#options = options;
  }

  /** The orders known here that can still trade. */
  get open(): OrderView[] {
    const all = [...this.#orders.values()].map(({ order }) => order);
    return all.filter((order) => !isTerminal(order.state));
  }

  /** True while anything may still happen to an order of this algo, or somebody waits for it. */
  get isWaiting(): boolean {
    return this.#waiters.size > 0 || this.open.length > 0;
  }

  known(clientOrderId: string): OrderView | null {
    return this.#orders.get(clientOrderId)?.order ?? null;
  }

  /** A frame of the stream. */
  hear(order: OrderView, version: number): void {
    this.#apply(order, { from: "stream", version });
  }

  /** Old and doubled views change nothing. */
  #apply(order: OrderView, source: Source): void {
    if (order.algoId !== this.#options.algoId) return;
    const { clientOrderId } = order;
    const known = this.#orders.get(clientOrderId) ?? null;
    if (!isNews(known, order, source)) return;
    this.#revision += 1;
    const version = source.from === "stream" ? source.version : (known?.version ?? null);
    this.#orders.delete(clientOrderId);
    this.#orders.set(clientOrderId, { order, version, revision: this.#revision });
    this.#forgetOldest();
    this.#options.onOrder(order);
    for (const waiter of this.#waiters) {
      if (waiter.clientOrderId !== order.clientOrderId || !waiter.matches(order)) continue;
      this.#release(waiter);
      waiter.resolve(order);
    }
  }

  async submit(order: NewOrder): Promise<OrderOutcome> {
    const clientOrderId = order.clientOrderId ?? this.#options.randomId();
    const input = { ...order, clientOrderId, algoId: this.#options.algoId };
    const parsed = orderRequest.safeParse(input);
    if (!parsed.success) return refusedInput(clientOrderId, parsed.error.issues);
    const { client, timing } = this.#options;
    return this.#settle(clientOrderId, () => client.submit(parsed.data, timing.orderTimeoutMs));
  }

  /** Asking twice is harmless, so a broken line is tried again. */
  async cancel(clientOrderId: string): Promise<OrderOutcome> {
    const { client, timing } = this.#options;
    for (let attempt = 1; ; attempt += 1) {
      try {
        const asOf = this.#revision;
        return this.#took(await client.cancel(clientOrderId, timing.orderTimeoutMs), asOf);
      } catch (error) {
        const verdict = verdictOfError(clientOrderId, error);
        if (verdict.kind === "settled" && verdict.outcome.outcome === "refused") {
          return verdict.outcome;
        }
        if (attempt < CANCEL_ATTEMPTS) {
          await pause(timing.lookUpPauseMs * attempt);
          continue;
        }
        if (verdict.kind === "settled") return verdict.outcome;
        const order = this.known(clientOrderId);
        return { outcome: "unknown", clientOrderId, message: verdict.message, order };
      }
    }
  }

  async modify(clientOrderId: string, changes: OrderChanges): Promise<OrderOutcome> {
    const parsed = orderChangeRequest.safeParse(changes);
    if (!parsed.success) return refusedInput(clientOrderId, parsed.error.issues);
    const { client, timing } = this.#options;
    try {
      const asOf = this.#revision;
      const order = await client.modify(clientOrderId, parsed.data, timing.orderTimeoutMs);
      return this.#took(order, asOf);
    } catch (error) {
      const verdict = verdictOfError(clientOrderId, error);
      if (verdict.kind === "settled") return verdict.outcome;
      // Whether the new terms hold cannot be read from a look-up with certainty: the algo decides.
      const order = await this.order(clientOrderId).catch(() => this.known(clientOrderId));
      return { outcome: "unknown", clientOrderId, message: verdict.message, order };
    }
  }

  /** Asks the platform; null when it knows no such order of this algo. */
  async order(clientOrderId: string): Promise<OrderView | null> {
    const asOf = this.#revision;
    const order = await this.#options.client.order(clientOrderId);
    if (order !== null) this.#apply(order, { from: "request", asOf });
    return order;
  }

  /** Resolves as soon as the order is as wanted; rejects with `TrunklineTimeoutError`. */
  async waitFor(
    clientOrderId: string,
    condition: OrderCondition,
    timeoutMs: number,
  ): Promise<OrderView> {
    const matches = matcher(condition);
    const known = this.known(clientOrderId);
    if (known !== null && matches(known)) return known;
    const waiting = new Promise<OrderView>((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#release(waiter);
        const state = this.known(clientOrderId)?.state ?? "not known here";
        const message = `order ${clientOrderId} is ${state} after ${timeoutMs} ms, not as awaited`;
        reject(new TrunklineTimeoutError(message));
      }, timeoutMs);
      const waiter: Waiter = { clientOrderId, matches, resolve, reject, timer };
      this.#waiters.add(waiter);
    });
    // An order of an earlier run is not known yet; a failed read is mended by the stream.
    if (known === null) void this.order(clientOrderId).catch(() => null);
    return waiting;
  }

  /** After a new connection: reads the open orders, and those that were open or awaited here. */
  async resync(): Promise<void> {
    const { client, algoId } = this.#options;
    const before = this.open.map((order) => order.clientOrderId);
    const awaited = [...this.#waiters].map((waiter) => waiter.clientOrderId);
    const asOf = this.#revision;
    const open = await client.orders({ algoId, open: true });
    for (const order of open) this.#apply(order, { from: "request", asOf });
    const read = new Set(open.map((order) => order.clientOrderId));
    for (const clientOrderId of new Set([...before, ...awaited])) {
      if (!read.has(clientOrderId)) await this.order(clientOrderId);
    }
  }

  close(): void {
    for (const waiter of this.#waiters) {
      this.#release(waiter);
      waiter.reject(stopped());
    }
  }

  /** Sends once. In doubt, asks until the order is found, the stream tells of it, or time is up. */
  async #settle(clientOrderId: string, send: () => Promise<OrderView>): Promise<OrderOutcome> {
    let doubt: string;
    try {
      const asOf = this.#revision;
      return this.#took(await send(), asOf);
    } catch (error) {
      const verdict = verdictOfError(clientOrderId, error);
      if (verdict.kind === "settled") return verdict.outcome;
      doubt = verdict.message;
    }
    const { timing } = this.#options;
    const deadline = Date.now() + timing.lookUpDeadlineMs;
    let pauseMs = timing.lookUpPauseMs;
    while (Date.now() < deadline) {
      if (isSettled(this.known(clientOrderId))) break;
      await this.#lookUp(clientOrderId);
      if (isSettled(this.known(clientOrderId))) break;
      await pause(pauseMs);
      pauseMs = Math.min(pauseMs * 2, LOOK_UP_PAUSE_MAX_MS);
    }
    const order = this.known(clientOrderId);
    if (order !== null) return outcomeOfOrder(order);
    const message = `${doubt}; the platform did not show the order within ${timing.lookUpDeadlineMs} ms. Ask again with order(), or submit it again with the same clientOrderId`;
    return { outcome: "unknown", clientOrderId, message, order: null };
  }

  /** "Not found" is no proof either: the first send may still be on its way. */
  async #lookUp(clientOrderId: string): Promise<void> {
    try {
      await this.order(clientOrderId);
    } catch {
      // Whatever kept the platform from answering, the order's fate is as open as before.
    }
  }

  #took(order: OrderView, asOf: number): OrderOutcome {
    this.#apply(order, { from: "request", asOf });
    // The stream may have told more while the answer was under way.
    return outcomeOfOrder(this.known(order.clientOrderId) ?? order);
  }

  #release(waiter: Waiter): void {
    clearTimeout(waiter.timer);
    this.#waiters.delete(waiter);
  }

  #forgetOldest(): void {
    if (this.#orders.size <= ENDED_ORDERS_KEPT_MAX) return;
    for (const [id, { order }] of this.#orders) {
      if (!isTerminal(order.state)) continue;
      this.#orders.delete(id);
      return;
    }
  }
}

/** An order that is there and not in doubt: nothing more has to be asked. */
const isSettled = (order: OrderView | null): boolean => order !== null && order.state !== "unknown";

function matcher(condition: OrderCondition): (order: OrderView) => boolean {
  if (typeof condition === "function") return condition;
  const states: readonly OrderState[] = typeof condition === "string" ? [condition] : condition;
  return (order) => states.includes(order.state);
}

/** Found wrong before sending: the same answer that the platform would give. */
function refusedInput(
  clientOrderId: string,
  found: readonly { path: PropertyKey[]; message: string }[],
): OrderOutcome {
  const issues = found.map(({ path, message }) => ({ path: path.map(String).join("."), message }));
  const error = new TrunklineError({
    code: "BAD_REQUEST",
    message: issues.map((issue) => `${issue.path} ${issue.message}`).join("; "),
    details: { issues },
  });
  const verdict = verdictOfError(clientOrderId, error);
  if (verdict.kind === "doubt") throw error;
  return verdict.outcome;
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
