/**
 * The paper exchange as the platform uses it: requests and sockets through an injected `fetch`, as to a
 * broker on the other side of the world. It never retries and never decides what an answer means.
 */
import type { z } from "zod";
import type {
  BrokerFeed,
  BrokerReference,
  BrokerSessions,
  BrokerTrading,
  QuotePolling,
  SignInKind,
  TokenSource,
  WebSocketLike,
} from "../broker.ts";
import { ConnectionRefused } from "../connection-refused.ts";
import { SessionExpired } from "../session-expired.ts";
import { err, ok } from "../../domain/result.ts";
import type { Result } from "../../domain/result.ts";
import { bodyOf, items, pager, pastTrades, readAnswer } from "./answers.ts";
import { paperChecksum } from "./checksum.ts";
import { paperSessions } from "./sign-in.ts";
import { bearer, type Call, type TokenCall, withToken } from "./token.ts";
import { cancelOutcome, outcomeWithoutAnswer, sessionRefusal, submitOutcome } from "./errors.ts";
import type { NoAnswer, RawAnswer } from "./errors.ts";
import {
  formatBookResync,
  formatChanges,
  formatOrder,
  formatSubscribe,
  formatUnsubscribe,
} from "./format.ts";
import { executionsOf, parseFeedFrame, parseOrderStreamFrame } from "./parse.ts";
import {
  PAPER_POLL_COSTS,
  PAPER_QUOTES_PER_SECOND,
  PAPER_REST_RULES,
  PAPER_RULES,
} from "./rules.ts";
import {
  balancesAnswer,
  candlesAnswer,
  executionsAnswer,
  hoursAnswer,
  instrumentsAnswer,
  ordersAnswer,
  PAPER_ERRORS,
  positionsAnswer,
} from "./wire.ts";

/** The part of a Durable Object's stub, or of any server's, that this client uses. */
export interface PaperExchange {
  fetch(
    input: string,
    init?: {
      method?: string;
      headers?: Record<string, string>;
      body?: string;
      signal?: AbortSignal;
    },
  ): Promise<{ status: number; text(): Promise<string>; webSocket?: WebSocketLike | null }>;
}

/**
 * What an exchange's `fetch` throws when it can prove that no connection was made. Anything else that
 * it throws proves nothing: the request may have arrived.
 */
export class ConnectFailure extends Error {
  override name = "ConnectFailure";
}

export interface PaperClientOptions {
  /** Whose executions these are, in our words. */
  account: string;
  /** The name under which its data goes: a second exchange of the same kind has its own. */
  broker?: string;
  /** Deadline of every call, from its first byte to the last of its answer. */
  answerTimeoutMs: number;
  /** True for an exchange that has no data socket and is asked for quotes. */
  isPolled?: boolean;
  /** False when the exchange keeps to its instruments' hours. */
  alwaysOpen?: boolean;
  /** Whose token goes with each call; left out, none does. */
  tokens?: TokenSource;
  signIn?: SignInKind;
}

export interface PaperClients {
  feed: BrokerFeed;
  reference: BrokerReference;
  trading: BrokerTrading;
  sessions: BrokerSessions;
}

const url = (path: string): string => `https://paper.exchange${path}`;

const orderPath = (id: string): string => `/orders/${encodeURIComponent(id)}`;

const messageOf = (error: unknown): string =>
  error instanceof Error ? error.message : String(error);

export function paperClients(exchange: PaperExchange, options: PaperClientOptions): PaperClients {
  const { isPolled = false, alwaysOpen = true } = options;
  const own = isPolled ? PAPER_REST_RULES : PAPER_RULES;
  const rules = { ...own, broker: options.broker ?? own.broker, calendarAlwaysOpen: alwaysOpen };
  const bare = caller(exchange, options.answerTimeoutMs);
  const call = withToken(bare, options.tokens);
  const query = async <T extends z.ZodType>(path: string, schema: T) =>
    readAnswer(await call("GET", path), schema);
  const pages = pager(query);

  const feed: BrokerFeed = {
    rules,
    open: () => openSocket(exchange, "/feed", options.tokens),
    formatSubscribe,
    formatUnsubscribe,
    formatBookResync,
    bookChecksum: paperChecksum,
    ...(isPolled && { polling: quotePolling(call) }),
    parse: parseFeedFrame,
  };

  const reference: BrokerReference = {
    instruments: async () => items(await query("/instruments", instrumentsAnswer)),
    alwaysOpen: async () => {
      const answer = await query("/hours", hoursAnswer);
      return answer.ok ? ok(answer.value.hours === "always") : answer;
    },
    candles: async ({ instrument, interval, from, to }) => {
      const search = new URLSearchParams({
        instrument,
        interval,
        from: String(from),
        to: String(to),
      });
      return items(await query(`/candles?${search.toString()}`, candlesAnswer));
    },
    // Who polls sees a part of the trades only: which of them it was told can not be said.
    ...(!isPolled && { trades: pastTrades(query) }),
  };

  const trading: BrokerTrading = {
    rules,
    submit: async (approved) => {
      const answer = await call("POST", "/orders", formatOrder(approved));
      return answer.ok ? submitOutcome(answer.value) : outcomeWithoutAnswer(answer.error);
    },
    cancel: async ({ brokerOrderId }) => {
      const answer = await call("DELETE", orderPath(brokerOrderId));
      return answer.ok ? cancelOutcome(answer.value) : outcomeWithoutAnswer(answer.error);
    },
    modify: async ({ brokerOrderId }, changes) => {
      const answer = await call("PATCH", orderPath(brokerOrderId), formatChanges(changes));
      return answer.ok ? cancelOutcome(answer.value) : outcomeWithoutAnswer(answer.error);
    },
    openOrders: () => pages("/orders/open?", ordersAnswer),
    closedOrders: (since) => pages(`/orders/closed?since=${since}`, ordersAnswer),
    executions: async (since) => {
      const rows = await pages(`/executions?since=${since}`, executionsAnswer);
      return rows.ok ? ok(executionsOf(rows.value, options.account)) : rows;
    },
    positions: async () => items(await query("/positions", positionsAnswer)),
    balances: async () => items(await query("/balances", balancesAnswer)),
    openOrderStream: () => openSocket(exchange, "/order-stream", options.tokens),
    parseOrderStream: (data) => parseOrderStreamFrame(data, options.account),
  };

  const sessions = paperSessions(bare, options.signIn ?? "automatic");
  return { feed, reference, trading, sessions };
}

const quotePolling = (call: Call): QuotePolling => ({
  poll: async (instrument) => {
    const answer = await call("GET", `/quotes?instrument=${encodeURIComponent(instrument)}`);
    const text = bodyOf(answer);
    if (text.ok || !answer.ok || answer.value.status !== PAPER_ERRORS.RATE_LIMITED) return text;
    return err({ kind: "rate_limited", reason: text.error.reason });
  },
  rate: { perSecond: PAPER_QUOTES_PER_SECOND, burst: 1 },
  costs: PAPER_POLL_COSTS,
});

/** One request with its deadline, which covers the whole answer: a body that stops half-way is no answer. */
function caller(exchange: PaperExchange, answerTimeoutMs: number): TokenCall {
  return async (method, path, body, token) => {
    const abort = new AbortController();
    const exchangeCall = async (): Promise<Result<RawAnswer, NoAnswer>> => {
      const headers: Record<string, string> = {
        ...(body !== undefined && { "content-type": "application/json" }),
        ...(token !== undefined && bearer(token)),
      };
      const request = {
        method,
        headers,
        signal: abort.signal,
        ...(body !== undefined && { body }),
      };
      const answer = await exchange.fetch(url(path), request);
      return ok({ status: answer.status, body: await answer.text() });
    };
    const deadline = Promise.withResolvers<Result<RawAnswer, NoAnswer>>();
    const timer = setTimeout(() => {
      deadline.resolve(err({ kind: "timeout", reason: `no answer within ${answerTimeoutMs} ms` }));
      // Nobody waits for it any more.
      abort.abort();
    }, answerTimeoutMs);
    try {
      return await Promise.race([exchangeCall(), deadline.promise]);
    } catch (error) {
      const kind = error instanceof ConnectFailure ? "not_connected" : "broken";
      return err({ kind, reason: messageOf(error) });
    } finally {
      clearTimeout(timer);
    }
  };
}

async function openSocket(
  exchange: PaperExchange,
  path: string,
  tokens: TokenSource | undefined,
): Promise<WebSocketLike> {
  const held = await tokens?.current();
  if (held && !held.ok) {
    if (held.error.kind === "session_expired") throw new SessionExpired(held.error.reason);
    throw new Error(held.error.reason);
  }
  const authorization = held ? bearer(held.value.token) : {};
  const answer = await exchange.fetch(url(path), {
    headers: { Upgrade: "websocket", ...authorization },
  });
  if (answer.webSocket) return answer.webSocket;
  const body = await answer.text();
  const reason = sessionRefusal({ status: answer.status, body });
  if (held && reason !== null) {
    tokens?.refused(held.value.generation, reason);
    throw new SessionExpired(reason);
  }
  const refusal = `the paper exchange refused ${path}: ${answer.status} ${body.slice(0, 200)}`;
  if (answer.status === PAPER_ERRORS.NOT_ACCEPTED) throw new ConnectionRefused(refusal);
  throw new Error(refusal);
}
