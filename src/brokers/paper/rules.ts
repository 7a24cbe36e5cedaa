/** What the paper broker permits. It is our own exchange, so each figure is a choice, with its reason beside it. */
import type { BrokerRules } from "../broker.ts";
import { ORDER_TYPES, TIMES_IN_FORCE } from "../../domain/order.ts";
import type { PollCosts } from "../../domain/polling.ts";
import { STALE_AFTER_MS_MAX } from "../../domain/quality-limits.ts";

/** Above the 1,500 orders/s that the ledger and gateway are measured at, so that the exchange is never what is measured. */
export const PAPER_ORDERS_PER_SECOND = 5_000;

/** A day, as at brokers whose token dies overnight. */
export const PAPER_SESSION_LIFETIME_MS = 24 * 60 * 60_000;

/** How long a request token waits to be used: as at brokers whose sign-in page hands one out. */
export const PAPER_REQUEST_TOKEN_MS = 5 * 60_000;

/** 06:00 in India, which knows no summer time: by then the brokers there have ended every session of the day before. */
const DAY_ENDS_AT_MS = 30 * 60_000;

const DAY_MS = 24 * 60 * 60_000;

/** When a session ends that a person has opened at that time, ms since 1970: at the next of the daily hours. */
export const paperDayEnd = (openedAt: number): number =>
  (Math.floor((openedAt - DAY_ENDS_AT_MS) / DAY_MS) + 1) * DAY_MS + DAY_ENDS_AT_MS;

/** What the exchange asks for at its door. It guards play money only, so it is no secret. */
export const PAPER_CREDENTIAL = "paper-account";

export const PAPER_RULES: BrokerRules = {
  broker: "paper",
  // Enough for every split worth trying, few enough that the limit itself can be met in a test.
  connectionsMax: 10,
  instrumentsPerConnectionMax: 1_000,
  // Small enough that a burst has to be cut, large enough that 1,000 instruments take a second.
  subscribeBatchMax: 100,
  subscribeMessagesPerSecond: 20,
  // All of its connections at once after an outage, and again six seconds later.
  connectsPerMinute: 600,
  // A second to subscribe 1,000 instruments, and a few for a busy machine.
  changeOverMs: 5_000,
  // Five heartbeats of one second.
  silenceBoundMs: 5_000,
  // Nobody is hammered here: a tenth of what is right for a real broker.
  reconnect: { baseDelayMs: 200, factor: 1.5, maxDelayMs: 5_000 },
  orderTypes: ORDER_TYPES,
  timesInForce: TIMES_IN_FORCE,
  ordersPerSecond: PAPER_ORDERS_PER_SECOND,
  meters: [
    {
      name: "orders",
      scope: "account",
      perSecond: PAPER_ORDERS_PER_SECOND,
      burst: PAPER_ORDERS_PER_SECOND,
      orderReserve: 0,
      weights: { submit: 1, modify: 1, cancel: 1 },
    },
    {
      // Every request with one key, so that an order and a poll draw on the same pool, as at most brokers.
      name: "requests",
      scope: "key",
      perSecond: PAPER_ORDERS_PER_SECOND * 2,
      burst: PAPER_ORDERS_PER_SECOND * 2,
      orderReserve: PAPER_ORDERS_PER_SECOND,
      weights: {
        submit: 1,
        modify: 1,
        cancel: 1,
        open_orders: 1,
        closed_orders: 1,
        executions: 1,
        positions: 1,
        balances: 1,
      },
    },
  ],
  honoursClientOrderId: true,
  // Look-ups read the same storage that accepting wrote, so this covers only an answer still under way.
  settlingTimeMs: 1_000,
  calendarAlwaysOpen: true,
};

/** Quotes by request and second: what retail brokers allow. */
export const PAPER_QUOTES_PER_SECOND = 10;

/** A request costs as much as one change that is seen a twentieth of a second late: it is cheap, and its number is what is bounded. */
export const PAPER_POLL_COSTS: PollCosts = { request: 0.05, staleness: 1 };

/** The same exchange without a data socket: it gives quotes when it is asked. */
export const PAPER_REST_RULES: BrokerRules = {
  ...PAPER_RULES,
  broker: "paper-rest",
  // Requests are counted by account: a second one who asks would only share them.
  connectionsMax: 1,
  changeOverMs: 0,
  // An answer that brings no news is an answer: only polls that fail lose the line.
  silenceBoundMs: STALE_AFTER_MS_MAX,
};

/** Both sockets say that they live, every second. */
export const PAPER_HEARTBEAT_MS = 1_000;

/** Rows of one look-up answer; the client asks on until a page is short. */
export const PAPER_ROWS_PER_ANSWER = 1_000;

/** Trades of one answer of the past: half a minute of a very busy instrument. */
export const PAPER_TRADES_PER_ANSWER = 5_000;

/**
 * Rows of the execution list that move a position. Everything else that an account's history holds,
 * such as funding, dividends and fees, moves money only, whatever quantity it names.
 */
export const PAPER_QUANTITY_ROWS: readonly string[] = ["trade", "liquidation"];
