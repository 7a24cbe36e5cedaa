/** Instruments, latest quotes and candles. Live data is the stream's business; this is for a look. */
import { createRoute } from "@hono/zod-openapi";
import type { z } from "zod";
import {
  candlesQuery,
  candlesView,
  instrumentsQuery,
  instrumentView,
  quotesQuery,
  quotesView,
  type TickView,
} from "../../contract/market.ts";
import { pageOf } from "../../contract/primitives.ts";
import { CANDLE_INTERVAL_MS } from "../../domain/candle.ts";
import type { InstrumentId } from "../../domain/instrument.ts";
import { CANDLES_PER_CALL_MAX } from "../../domain/limits.ts";
import type { ApiApp } from "../context.ts";
import { fail, orFail } from "../error-handler.ts";
import { type InstrumentMaster, keyOf, type ListedInstrument } from "../instrument-master.ts";
import type { ApiPorts } from "../ports.ts";
import { providers } from "../providers.ts";
import { answer, ERRORS, type Gate, pageOfList } from "../route.ts";

const tags = ["Market data"];

export function marketDataRoutes(app: ApiApp, gate: Gate, master: InstrumentMaster): void {
  app.openapi(
    createRoute({
      method: "get",
      path: "/v1/instruments",
      summary: "Instruments with their grid, by id",
      tags,
      ...gate("read"),
      request: { query: instrumentsQuery },
      responses: { 200: answer(pageOf(instrumentView)), ...ERRORS },
    }),
    async (c) => {
      const query = c.req.valid("query");
      const listed = await master(c.get("ports"), c.get("now")());
      const found = listed.filter(matches(query));
      const page = pageOfList(query.broker === undefined ? once(found) : found, query, keyOf);
      return c.json({ ...page, items: page.items.map(({ instrument }) => instrument) }, 200);
    },
  );

  app.openapi(
    createRoute({
      method: "get",
      path: "/v1/quotes",
      summary: "The latest tick of each instrument",
      description: "`missing` lists known instruments of which nobody has seen a tick yet.",
      tags,
      ...gate("read"),
      request: { query: quotesQuery },
      responses: { 200: answer(quotesView), ...ERRORS },
    }),
    async (c) => {
      const { instruments } = c.req.valid("query");
      const items = await quotesOf(c.get("ports"), instruments);
      const seen = new Set(items.map((tick) => tick.instrument));
      return c.json({ items, missing: instruments.filter((id) => !seen.has(id)) }, 200);
    },
  );

  app.openapi(
    createRoute({
      method: "get",
      path: "/v1/candles",
      summary: "Bars of one instrument, oldest first, the live one last",
      description: "`from` is included, `to` is not; both are ms since 1970.",
      tags,
      ...gate("read"),
      request: { query: candlesQuery },
      responses: { 200: answer(candlesView), ...ERRORS },
    }),
    async (c) => {
      const query = c.req.valid("query");
      refuseTooMany(query);
      const { instrument, interval } = query;
      const [broker] = (await providers(c.get("ports"), [instrument])).keys();
      const items = orFail(
        await c
          .get("ports")
          .brokerManager(broker ?? "")
          .candles(query),
      );
      return c.json({ instrument, interval, items }, 200);
    },
  );
}

const matches =
  ({ broker, exchange, search }: z.infer<typeof instrumentsQuery>) =>
  ({ broker: from, instrument }: ListedInstrument): boolean => {
    if (broker !== undefined && broker !== from) return false;
    if (exchange !== undefined && exchange !== instrument.exchange) return false;
    const text = `${instrument.id} ${instrument.name}`.toLowerCase();
    return search === undefined || text.includes(search.toLowerCase());
  };

/** Several brokers may give one instrument: a list of instruments names it once. */
const once = (listed: readonly ListedInstrument[]): ListedInstrument[] =>
  listed.filter(({ instrument }, at) => listed[at - 1]?.instrument.id !== instrument.id);

async function quotesOf(ports: ApiPorts, instruments: InstrumentId[]): Promise<TickView[]> {
  const byBroker = await providers(ports, instruments);
  const ticks = await Promise.all(
    [...byBroker].map(([broker, ids]) => ports.brokerManager(broker).quotes(ids)),
  );
  return ticks.flat();
}

function refuseTooMany({ interval, from, to }: z.infer<typeof candlesQuery>): void {
  const bars = Math.ceil((to - from) / CANDLE_INTERVAL_MS[interval]);
  if (bars <= CANDLES_PER_CALL_MAX) return;
  throw fail(
    "BAD_REQUEST",
    `This span holds ${bars} bars; ask for at most ${CANDLES_PER_CALL_MAX}.`,
    {
      issues: [{ path: "from", message: "must be nearer to `to`, or the interval longer" }],
      limit: String(CANDLES_PER_CALL_MAX),
      asked: String(bars),
    },
  );
}
