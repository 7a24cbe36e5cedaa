/** Orders' events out of the tradebook: the life of an order that the ledger has archived. */
import { asc, eq } from "drizzle-orm";
import type { PastOrdersPort } from "../application/past-orders.ts";
import type { LedgerEvent } from "../domain/risk/ledger.ts";
import type { Database } from "./database.ts";
import { orderEvents } from "./schema.ts";

export const pastOrdersIn = (book: Database): PastOrdersPort => ({
  async events(clientOrderId) {
    const { version, at, eventId, body } = orderEvents;
    const rows = await book
      .select({ version, at, eventId, body })
      .from(orderEvents)
      .where(eq(orderEvents.clientOrderId, clientOrderId))
      .orderBy(asc(version));
    return rows.map((row) => ({ ...row, body: JSON.parse(row.body) as LedgerEvent }));
  },
});
