/** The paper broker's own switches. They exist on paper accounts only. */
import { z } from "zod";
import { SIDES } from "../domain/order.ts";
import { instrumentId, positiveDecimalInput } from "./primitives.ts";

export const SIGN_IN_KINDS = ["automatic", "person"] as const;

/** Upper bound of the simulated market's total tick rate. */
export const PAPER_TICKS_PER_SECOND_MAX = 20_000;

export const PAPER_FAULTS = [
  /** Closes the data socket, or the order-update socket. */
  "drop_feed_socket",
  "drop_order_socket",
  /** Keeps the sockets open but sends no data. */
  "silent_feed",
  "silent_order_stream",
  "delay",
  "duplicate",
  "reorder",
  "malformed_feed",
  /** Order books: one change is not sent, tells a bid above the asks, or carries another book's checksum. */
  "drop_book_delta",
  "cross_book",
  "wrong_book_checksum",
  /** A heartbeat of the order-update socket tells a time that is `durationMs` ahead. */
  "skew_clock",
  "refuse_connection",
  "refuse_subscribe",
  /** Quotes by request: answered too late for anybody, or refused for going too fast. */
  "hold_quote",
  "refuse_quote",
  /** A quote without book and volume. */
  "bare_quote",
  /** Ends the session at once, before its time. */
  "expire_session",
  /** A sign-in is turned away. */
  "reject_credentials",
  /** The next session is given, and everything succeeds under it, but no price ever comes. */
  "silent_after_rollover",
  /** Order path: what the next matching requests meet. */
  "reject_order",
  "refuse_not_accepted",
  "timeout_before_accept",
  "timeout_after_accept",
  "error_5xx_before_accept",
  "error_5xx_after_accept",
  "malformed_answer",
  "late_fill",
  "lost_fill",
  /** Queries for orders, executions, positions and balances get no answer worth the name. */
  "fail_look_up",
] as const;

export const faultRequest = z.strictObject({
  fault: z.enum(PAPER_FAULTS),
  /** How many times it strikes; 0 switches it off. One-shot faults such as a drop strike at once. */
  count: z.number().int().min(0).max(1_000_000).default(1),
  /** Length of a delay or a silence, ms. */
  durationMs: z.number().int().min(1).max(600_000).default(5_000),
  /** Only this instrument; every one when left out. */
  instrument: instrumentId.optional(),
});

export type FaultRequest = z.infer<typeof faultRequest>;

export const marketRequest = z
  .strictObject({
    /** Ticks per second of the whole simulated market, 0 stops it. */
    ticksPerSecond: z.number().min(0).max(PAPER_TICKS_PER_SECOND_MAX).optional(),
    /** `always`: open around the clock. `exchange`: each exchange's own hours. */
    hours: z.enum(["always", "exchange"]).optional(),
    seed: z.number().int().min(0).max(0xffff_ffff).optional(),
    /** Takes fewer instruments on each data connection than its rules say. */
    instrumentsPerConnection: z.number().int().min(1).max(1_000).optional(),
    /** How long sessions live that are opened from now on, ms. */
    sessionLifetimeMs: z.number().int().min(1_000).max(604_800_000).optional(),
  })
  .refine((request) => Object.values(request).some((value) => value !== undefined), {
    message: "must set ticksPerSecond, hours, seed, instrumentsPerConnection or sessionLifetimeMs",
  });

/** An order placed past the platform. Without side and quantity the exchange closes the position itself. */
export const handOrderRequest = z
  .strictObject({
    instrument: instrumentId,
    side: z.enum(SIDES).optional(),
    quantity: positiveDecimalInput.optional(),
    /** A market order when left out. */
    limitPrice: positiveDecimalInput.optional(),
  })
  .refine(({ side, quantity }) => (side === undefined) === (quantity === undefined), {
    message: "must name side and quantity, or neither to liquidate the position",
  });

export type HandOrderRequest = z.infer<typeof handOrderRequest>;

export type MarketRequest = z.infer<typeof marketRequest>;

/** One recorded tick, as the documented NDJSON and CSV formats hold it. */
export const recordedTick = z.object({
  instrument: instrumentId,
  /** ms since 1970. */
  time: z.number().int().positive(),
  price: z.number().positive(),
  quantity: z.number().positive(),
  /** Of a derivative, where the recording has it. */
  openInterest: z.number().nonnegative().optional(),
});

export type RecordedTick = z.infer<typeof recordedTick>;

/** Ticks are sent in chunks, in time order; `start` begins playing. */
export const replayRequest = z.strictObject({
  op: z.enum(["load", "start", "stop"]),
  ticks: z.array(recordedTick).max(1_000).default([]),
  /** Drops what was loaded before. */
  fresh: z.boolean().default(false),
  speed: z.number().positive().max(100_000).default(1),
});

export type ReplayRequest = z.infer<typeof replayRequest>;

export const paperView = z.object({
  ticksPerSecond: z.number(),
  hours: z.enum(["always", "exchange"]),
  seed: z.number().int(),
  mode: z.enum(["seeded", "replay"]),
  replay: z
    .object({
      ticks: z.number().int(),
      played: z.number().int(),
      speed: z.number(),
      finished: z.boolean(),
    })
    .nullable(),
  /** What is subscribed upstream, by data connection. */
  connections: z.array(
    z.object({ id: z.string(), subscriptions: z.number().int(), sentFrames: z.number().int() }),
  ),
  subscriptions: z.number().int(),
  ticksSent: z.number().int(),
  /** Requests for a quote, answered or not. */
  quotesAsked: z.number().int(),
  /** Generation 0: nobody has signed in yet, and no token is asked for. */
  session: z.object({
    /** `person`: by a request token alone. */
    signIn: z.enum(SIGN_IN_KINDS),
    generation: z.number().int(),
    expiresAt: z.number().int().nullable(),
    /** Sign-ins asked for, whatever came of them. */
    signIns: z.number().int(),
    /** Calls and sockets turned away for their token, since the exchange last started. */
    callsRefused: z.number().int(),
  }),
  ordersReceived: z.number().int(),
  orders: z.number().int(),
  faults: z.array(
    z.object({ fault: z.enum(PAPER_FAULTS), left: z.number().int(), struck: z.number().int() }),
  ),
});

/** What the sign-in page of a real broker would hand to a person: it is taken once, and not for long. */
export const requestTokenView = z.object({
  requestToken: z.string(),
  expiresAt: z.number().int(),
});

export type RequestTokenView = z.infer<typeof requestTokenView>;

export type PaperView = z.infer<typeof paperView>;
