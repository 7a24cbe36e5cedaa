/** The platform's API as typed calls. Each throws `TrunklineError` or `TrunklineConnectionError`. */
import { z } from "zod";
import {
  candlesView,
  instrumentView,
  quotesView,
  type Candle,
  type CandleInterval,
  type InstrumentView,
} from "../../src/contract/market.ts";
import {
  explainView,
  orderEventView,
  type ExplainView,
  type OrderEventView,
} from "../../src/contract/explorer.ts";
import {
  cancelAllRequest,
  cancelAllView,
  closeAllRequest,
  closePositionRequest,
  closePositionsView,
  orderView,
  positionView,
  tradeView,
  type CancelAllView,
  type ClosePositionsView,
  type OrderChangeRequest,
  type OrderRequest,
  type OrderRequestInput,
  type OrderView,
  type PositionView,
} from "../../src/contract/orders.ts";
import {
  cleaningView,
  qualityView,
  type CleaningRequest,
  type CleaningView,
  type QualityState,
  type QualityView,
} from "../../src/contract/quality.ts";
import { pageOf, PAGE_ROWS_MAX } from "../../src/contract/primitives.ts";
import { riskStatusView, type RiskStatusView } from "../../src/contract/risk.ts";
import { signalView, type SignalView } from "../../src/contract/signals.ts";
import { resolveConfig, type ConnectionOptions } from "./config.ts";
import { Http, type HttpRequest, type Query } from "./http.ts";
import { TrunklineError } from "./errors.ts";
import { CLOSE_TIMEOUT_MS } from "./limits.ts";

/** What is left out is not asked about; a key that is bound to an algo acts on that algo's own. */
export type CancelAllInput = z.input<typeof cancelAllRequest>;

/** `closeId` is the caller's: the same again is the same close, and places nothing new. */
export type CloseAllInput = z.input<typeof closeAllRequest>;

export type ClosePositionInput = z.input<typeof closePositionRequest>;

export type TradeView = z.infer<typeof tradeView>;

export type QuotesView = z.infer<typeof quotesView>;

/** Lists are paged; an answer that is not is one page. */
const listOf = <Row extends z.ZodType>(row: Row) =>
  pageOf(row).extend({ nextCursor: z.string().nullable().default(null) });

const cleaningPath = (instrument: string): string =>
  `/v1/instruments/${encodeURIComponent(instrument)}/cleaning`;

const cleanings = z.object({ items: z.array(cleaningView) });

const orderPath = (clientOrderId: string): string =>
  `/v1/orders/${encodeURIComponent(clientOrderId)}`;

export class TrunklineClient {
  readonly #http: Http;

  constructor(options: ConnectionOptions = {}) {
    this.#http = new Http(resolveConfig(options));
  }

  async instruments(query: { search?: string; exchange?: string } = {}): Promise<InstrumentView[]> {
    return this.#all("/v1/instruments", instrumentView, query);
  }

  quotes(instruments: readonly string[]): Promise<QuotesView> {
    const query = { instruments: instruments.join(",") };
    return this.#http.request({ path: "/v1/quotes", answer: quotesView, query });
  }

  /** Bars that start from `from` to before `to` (ms since 1970), oldest first. */
  async candles(query: {
    instrument: string;
    interval: CandleInterval;
    from: number;
    to: number;
  }): Promise<Candle[]> {
    const answer = await this.#http.request({ path: "/v1/candles", answer: candlesView, query });
    return answer.items;
  }

  /** How good the data of each followed instrument is: its state, its age, and what was dropped by which rule. */
  feedQuality(
    query: { instrument?: string; provider?: string; state?: QualityState } = {},
  ): Promise<QualityView[]> {
    return this.#all("/v1/feeds/quality", qualityView, query);
  }

  /** The rules an instrument's data is cleaned by, for each provider. */
  async cleaning(instrument: string): Promise<CleaningView[]> {
    const path = cleaningPath(instrument);
    return (await this.#http.request({ path, answer: cleanings })).items;
  }

  /** Sets them for every provider; what is left out, and everything when `null`, is the default. For admins. */
  async setCleaning(instrument: string, body: CleaningRequest | null): Promise<CleaningView[]> {
    const path = cleaningPath(instrument);
    const asked = body === null ? { method: "DELETE" as const } : { method: "PUT" as const, body };
    return (await this.#http.request({ path, answer: cleanings, ...asked })).items;
  }

  /** The same id and body twice is one order: the platform answers the one it has. */
  submit(order: OrderRequest, timeoutMs: number): Promise<OrderView> {
    return this.#order({ method: "POST", path: "/v1/orders", body: order, timeoutMs });
  }

  cancel(clientOrderId: string, timeoutMs: number): Promise<OrderView> {
    return this.#order({ method: "DELETE", path: orderPath(clientOrderId), timeoutMs });
  }

  modify(clientOrderId: string, body: OrderChangeRequest, timeoutMs: number): Promise<OrderView> {
    return this.#order({ method: "PATCH", path: orderPath(clientOrderId), body, timeoutMs });
  }

  /** Asks for every open order that is meant to be canceled. Twice is harmless. */
  cancelAll(filter: CancelAllInput = {}): Promise<CancelAllView> {
    const body = cancelAllRequest.parse(filter);
    const path = "/v1/orders/cancel-all";
    return this.#http.request({ method: "POST", path, body, answer: cancelAllView });
  }

  /** Closes the positions in one instrument, or part of one: market orders that may only reduce. */
  closePosition(position: ClosePositionInput): Promise<ClosePositionsView> {
    return this.#close("/v1/positions/close", closePositionRequest.parse(position));
  }

  /** Closes every position that is meant. Each is answered with its orders, in parts where it is larger than the largest, and with why something was refused. */
  closeAll(positions: CloseAllInput): Promise<ClosePositionsView> {
    return this.#close("/v1/positions/close-all", closeAllRequest.parse(positions));
  }

  #close(path: string, body: unknown): Promise<ClosePositionsView> {
    const timeoutMs = CLOSE_TIMEOUT_MS;
    return this.#http.request({
      method: "POST",
      path,
      body,
      answer: closePositionsView,
      timeoutMs,
    });
  }

  /** Null when the platform says that there is no such order: not when the line failed. */
  async order(clientOrderId: string): Promise<OrderView | null> {
    try {
      return await this.#order({ path: orderPath(clientOrderId) });
    } catch (error) {
      if (error instanceof TrunklineError && error.status === 404) return null;
      throw error;
    }
  }

  /**
   * What is open, and what ended in the last days. With `from` or `to`, ms since 1970, every order that
   * came in that time, however long ago it ended; `from` is included, `to` is not.
   */
  orders(query: {
    algoId?: string;
    instrument?: string;
    open?: boolean;
    from?: number;
    to?: number;
  }): Promise<OrderView[]> {
    return this.#all("/v1/orders", orderView, query);
  }

  /** The order's whole life, oldest event first. */
  history(clientOrderId: string): Promise<OrderEventView[]> {
    return this.#all(`${orderPath(clientOrderId)}/history`, orderEventView, {});
  }

  /** What each risk check would say to the order, and with what margin. Nothing is placed. */
  explain(order: Omit<OrderRequestInput, "clientOrderId" | "bracket">): Promise<ExplainView> {
    const query = { ...order };
    return this.#http.request({ path: "/v1/risk/explain", answer: explainView, query });
  }

  trades(query: { algoId?: string; instrument?: string; from?: number }): Promise<TradeView[]> {
    return this.#all("/v1/trades", tradeView, query);
  }

  positions(): Promise<PositionView[]> {
    return this.#all("/v1/positions", positionView, {});
  }

  /** The last value of every topic. */
  signals(): Promise<SignalView[]> {
    return this.#all("/v1/signals", signalView, {});
  }

  /** The value becomes the topic's last one; its `seq` is in the answer. */
  publish(topic: string, value: unknown): Promise<SignalView> {
    const path = `/v1/signals/${encodeURIComponent(topic)}`;
    return this.#http.request({ method: "POST", path, body: { value }, answer: signalView });
  }

  risk(): Promise<RiskStatusView> {
    return this.#http.request({ path: "/v1/risk", answer: riskStatusView });
  }

  #order(request: Omit<HttpRequest<typeof orderView>, "answer">): Promise<OrderView> {
    return this.#http.request({ ...request, answer: orderView });
  }

  /** Every row of a list, page by page. */
  async #all<Row extends z.ZodType>(
    path: string,
    row: Row,
    query: Query,
  ): Promise<z.output<Row>[]> {
    const rows: z.output<Row>[] = [];
    const answer = listOf(row);
    let cursor: string | undefined;
    do {
      const page = await this.#http.request({
        path,
        answer,
        query: { ...query, limit: PAGE_ROWS_MAX, cursor },
      });
      rows.push(...page.items);
      cursor = page.nextCursor ?? undefined;
    } while (cursor !== undefined);
    return rows;
  }
}
