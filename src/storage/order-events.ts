/** Orders' events out of the tradebook, for the life of an order that the ledger has archived: from D1, and from the files to which old ones were moved. */
import { and, asc, eq, gte, lte, sql } from "drizzle-orm";
import type { PastOrdersPort } from "../application/past-orders.ts";
import { joinEvents } from "../domain/event-part.ts";
import type { LedgerEvent } from "../domain/risk/ledger.ts";
import type { Database } from "./database.ts";
import { eventsInFile } from "./event-files.ts";
import { daysOfOrder } from "./moved-ids.ts";
import { eventParts, orderEvents } from "./schema.ts";

export const pastOrdersIn = (book: Database, archive: R2Bucket): PastOrdersPort => ({
  async events(clientOrderId) {
    // One look at both: a row that has left D1 by then is in a file that is listed.
    const [rows, parts] = await book.batch([
      book.select().from(orderEvents).where(eq(orderEvents.clientOrderId, clientOrderId)),
      book
        .select({ key: eventParts.key, sha256: eventParts.sha256 })
        .from(eventParts)
        .where(
          and(
            sql`${eventParts.day} IN (${daysOfOrder(clientOrderId)})`,
            lte(eventParts.firstId, clientOrderId),
            gte(eventParts.lastId, clientOrderId),
          ),
        )
        .orderBy(asc(eventParts.key)),
    ]);
    const moved = await Promise.all(
      parts.map((part) => eventsInFile(archive, part, clientOrderId)),
    );
    return joinEvents(...moved, rows).map(({ version, at, eventId, body }) => ({
      version,
      at,
      eventId,
      body: JSON.parse(body) as LedgerEvent,
    }));
  },
});
