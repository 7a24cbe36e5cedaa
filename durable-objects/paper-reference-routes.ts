/** Reference data of the exchange: what it lists, and history. */
import { Hono } from "hono";
import { PAPER_INSTRUMENTS, paperInstrument } from "../src/brokers/paper/instruments.ts";
import type { PaperInstrument } from "../src/brokers/paper/instruments.ts";
import { candlesQuery } from "../src/contract/market.ts";
import { CANDLE_INTERVAL_MS } from "../src/domain/candle.ts";
import { CANDLES_PER_CALL_MAX } from "../src/domain/limits.ts";
import { tradesQuery } from "../src/brokers/paper/wire.ts";
import { PAPER_TRADES_PER_ANSWER } from "../src/brokers/paper/rules.ts";
import { paperError } from "./paper-answers.ts";
import type { PaperParts } from "./paper-control.ts";

/** The instrument as the wire lists it: the start price is the exchange's own affair. */
const listed = ({ startPrice: _startPrice, ...instrument }: PaperInstrument) => instrument;

export function referenceRoutes({ market, orders }: PaperParts): Hono {
  const routes = new Hono();

  routes.get("/instruments", () => Response.json({ items: PAPER_INSTRUMENTS.map(listed) }));

  routes.get("/hours", () => Response.json({ hours: orders.hours }));

  routes.get("/candles", (c) => {
    const query = candlesQuery.safeParse(c.req.query());
    if (!query.success) {
      const issue = query.error.issues[0];
      return paperError("BAD_REQUEST", `${issue?.path.join(".") ?? ""}: ${issue?.message ?? ""}`);
    }
    const { instrument, interval, from, to } = query.data;
    if (!paperInstrument(instrument)) {
      return paperError("NOT_FOUND", `there is no instrument ${instrument} here`);
    }
    if ((to - from) / CANDLE_INTERVAL_MS[interval] > CANDLES_PER_CALL_MAX) {
      return paperError(
        "BAD_REQUEST",
        `from, to: at most ${CANDLES_PER_CALL_MAX} bars in one answer`,
      );
    }
    const items = market.candles(instrument, interval, { from, to }, Date.now());
    return Response.json({ items });
  });

  routes.get("/trades", (c) => {
    const query = tradesQuery.safeParse(c.req.query());
    if (!query.success) {
      const issue = query.error.issues[0];
      return paperError("BAD_REQUEST", `${issue?.path.join(".") ?? ""}: ${issue?.message ?? ""}`);
    }
    const { instrument, since, max } = query.data;
    if (!paperInstrument(instrument))
      return paperError("NOT_FOUND", `there is no instrument ${instrument} here`);
    return Response.json(market.trades(instrument, since, Math.min(max, PAPER_TRADES_PER_ANSWER)));
  });

  return routes;
}
