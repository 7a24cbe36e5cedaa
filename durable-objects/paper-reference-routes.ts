/** Reference data of the exchange: what it lists, and history. */
import { Hono } from "hono";
import { PAPER_INSTRUMENTS } from "../src/brokers/paper/instruments.ts";
import type { PaperInstrument } from "../src/brokers/paper/instruments.ts";

/** The instrument as the wire lists it: the start price is the exchange's own affair. */
const listed = ({ startPrice: _startPrice, ...instrument }: PaperInstrument) => instrument;

export function referenceRoutes(): Hono {
  const routes = new Hono();
  routes.get("/instruments", () => Response.json({ items: PAPER_INSTRUMENTS.map(listed) }));
  return routes;
}
