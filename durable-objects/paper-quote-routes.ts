/** Quotes by request: the exchange's answer to who has no data socket, and the faults that befall it. */
import { Hono } from "hono";
import { PerSecond } from "../src/brokers/paper/per-second.ts";
import { PAPER_QUOTES_PER_SECOND } from "../src/brokers/paper/rules.ts";
import type { TickText } from "../src/brokers/paper/tick-text.ts";
import type { TickRow } from "../src/brokers/paper/wire.ts";
import { hold, paperError } from "./paper-answers.ts";
import type { PaperParts } from "./paper-control.ts";

export function quoteRoutes({ quotes, market, faults }: PaperParts): Hono {
  const routes = new Hono();
  const rate = new PerSecond(PAPER_QUOTES_PER_SECOND);

  routes.get("/quotes", async (c) => {
    const instrument = c.req.query("instrument") ?? "";
    const now = Date.now();
    const concerns = (id: string) => id === instrument;
    quotes.asked += 1;
    const held = faults.strike("hold_quote", concerns);
    if (held) {
      await hold(c.req.raw, held.durationMs);
      return paperError("INTERNAL", "nobody waits for this any more");
    }
    if (faults.strike("refuse_quote", concerns) || !rate.take(now))
      return paperError("RATE_LIMITED", `at most ${PAPER_QUOTES_PER_SECOND} quotes a second`);
    quotes.note(instrument, now);
    const text = market.snapshot(instrument, now);
    if (!text) return paperError("NOT_FOUND", `there is no price of ${instrument} here`);
    const isBare = faults.strike("bare_quote", concerns) !== null;
    return new Response(`{"type":"ticks","ticks":[${isBare ? bare(text) : text.quote}]}`, {
      headers: { "content-type": "application/json" },
    });
  });

  return routes;
}

/** The row as a provider gives it that knows the last price alone. */
function bare({ ltp }: TickText): string {
  const [instrument, last, , , , , , , exchangeTime] = JSON.parse(ltp) as TickRow;
  const row: TickRow = [instrument, last, null, null, null, null, null, null, exchangeTime];
  return JSON.stringify(row);
}
