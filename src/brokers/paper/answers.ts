/** Reads the exchange's answers to queries: rows, pages of rows, or why there are none. It asks nothing itself. */
import type { z } from "zod";
import type { BrokerFailure, BrokerReference } from "../broker.ts";
import { err, ok } from "../../domain/result.ts";
import type { Result } from "../../domain/result.ts";
import type { NoAnswer, RawAnswer } from "./errors.ts";
import { parseAs } from "./parse.ts";
import { PAPER_ROWS_PER_ANSWER } from "./rules.ts";
import { tradesAnswer } from "./wire.ts";

/** Pages one look-up may take: 200,000 rows are more than one session of a busy account. */
const LOOK_UP_PAGES_MAX = 200;

/** Asks one path, and reads the answer by its schema. */
export type Query = <T extends z.ZodType>(
  path: string,
  schema: T,
) => Promise<Result<z.output<T>, BrokerFailure>>;

/** A query's answer, or why it failed. A failed query is never "nothing there". */
export function bodyOf(answer: Result<RawAnswer, NoAnswer>): Result<string, BrokerFailure> {
  if (!answer.ok) {
    const { kind, reason } = answer.error;
    const isOurs = kind === "timeout" || kind === "session_expired";
    return err({ kind: isOurs ? kind : "network", reason });
  }
  const { status, body } = answer.value;
  if (status >= 500) return err({ kind: "network", reason: `status ${status}` });
  if (status >= 300)
    return err({ kind: "refused", reason: `status ${status}: ${body.slice(0, 200)}` });
  return ok(body);
}

/** The same, read by its schema. */
export function readAnswer<T extends z.ZodType>(
  answer: Result<RawAnswer, NoAnswer>,
  schema: T,
): Result<z.output<T>, BrokerFailure> {
  const body = bodyOf(answer);
  if (!body.ok) return body;
  const parsed = parseAs(schema, body.value);
  return parsed.ok ? parsed : err({ kind: "unreadable", reason: parsed.error.reason });
}

export const items = <T>(
  answer: Result<{ items: T[] }, BrokerFailure>,
): Result<T[], BrokerFailure> => (answer.ok ? ok(answer.value.items) : answer);

type Paged<T> = z.ZodType<{ items: T[]; next: string | null }>;

/** All pages of a look-up or a failure: a part of the rows must not pass for all of them. */
export function pager(query: Query) {
  return async <T>(path: string, schema: Paged<T>): Promise<Result<T[], BrokerFailure>> => {
    const rows: T[] = [];
    let after = "";
    for (let page = 0; page < LOOK_UP_PAGES_MAX; page += 1) {
      const answer = await query(`${path}${after}`, schema);
      if (!answer.ok) return answer;
      rows.push(...answer.value.items);
      if (answer.value.next === null) return ok(rows);
      after = `&after=${encodeURIComponent(answer.value.next)}`;
    }
    const most = LOOK_UP_PAGES_MAX * PAPER_ROWS_PER_ANSWER;
    return err({ kind: "unreadable", reason: `more than ${most} rows` });
  };
}

/** The trades of the past, where they are all there. */
export const pastTrades =
  (query: Query): NonNullable<BrokerReference["trades"]> =>
  async ({ instrument, since, max }) => {
    const asked = `instrument=${encodeURIComponent(instrument)}&since=${since}&max=${max}`;
    const answer = await query(`/trades?${asked}`, tradesAnswer);
    if (!answer.ok) return answer;
    const { items: rows, from, isCut } = answer.value;
    const trades = rows.map(([time, price, quantity]) => ({
      tradeId: null,
      time,
      price,
      quantity,
    }));
    return ok({ trades, isWhole: from <= since && !isCut });
  };
