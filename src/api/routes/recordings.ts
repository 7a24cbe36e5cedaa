/** Recorded ticks: what there is of a day, and the day itself, to be played again. */
import { createRoute } from "@hono/zod-openapi";
import { z } from "zod";
import { recordedDay } from "../../application/recorded-day.ts";
import { pageOf } from "../../contract/primitives.ts";
import {
  recordedDayQuery,
  recordingDay,
  recordingsQuery,
  recordingView,
} from "../../contract/recordings.ts";
import { FEED_BROKERS } from "../../platform/deployment.ts";
import { decodeCursor, pageFrom } from "../../storage/cursor.ts";
import type { ApiApp } from "../context.ts";
import { badInput, fail, orFail } from "../error-handler.ts";
import { answer, ERRORS, type Gate } from "../route.ts";

const NDJSON = "application/x-ndjson";
const tags = ["Market data"];
const cursorKey = z.tuple([z.string()]);

export function recordingRoutes(app: ApiApp, gate: Gate): void {
  app.openapi(
    createRoute({
      method: "get",
      path: "/v1/recordings",
      summary: "Recordings of one day, by minute and shard",
      description: "A minute is listed once it is over and written.",
      tags,
      ...gate("read"),
      request: { query: recordingsQuery },
      responses: { 200: answer(pageOf(recordingView)), ...ERRORS },
    }),
    async (c) => {
      const { day, broker = FEED_BROKERS[0], limit, cursor } = c.req.valid("query");
      const after = orFail(decodeCursor(cursor, cursorKey))?.[0] ?? null;
      const rows = await c.get("ports").recordings.list(broker, day, after, limit + 1);
      const page = pageFrom(
        rows,
        limit,
        ({ key }) => [key],
        ({ minute, shard, bytes }) => ({ broker, shard, minute, bytes }),
      );
      return c.json(page, 200);
    },
  );

  // Hono types no answer that is a stream beside answers in JSON: this route is declared and made by hand.
  const { middleware, ...access } = gate("read");
  app.openAPIRegistry.registerPath({
    method: "get",
    path: "/v1/recordings/{day}",
    summary: "The trades of one day as NDJSON, to be played again",
    description:
      "One trade in each line: instrument, time, price, quantity and, where its provider gave it, openInterest, in order of time. `npm start -- --replay FILE` takes it as it is. An answer that breaks off is not the whole day. A busy day is more than one request may work on: ask for parts of it with `from` and `to` (ms since 1970, by the exchange's clock, `to` not included); parts one after the other are the day.",
    tags,
    ...access,
    request: { params: recordingDay, query: recordedDayQuery },
    responses: {
      200: { description: "OK", content: { [NDJSON]: { schema: z.string() } } },
      ...ERRORS,
    },
  });
  app.use("/v1/recordings/:day", ...middleware);
  app.get("/v1/recordings/:day", async (c) => {
    const params = recordingDay.safeParse(c.req.param());
    if (!params.success) throw badInput(params.error, "param");
    const query = recordedDayQuery.safeParse(c.req.query());
    if (!query.success) throw badInput(query.error, "query");
    const { day } = params.data;
    const { broker = FEED_BROKERS[0], from = -Infinity, to = Infinity } = query.data;
    const { recordings } = c.get("ports");
    const [first] = await recordings.list(broker, day, null, 1);
    if (!first) throw fail("NOT_FOUND", `Nothing of ${broker} was recorded on ${day}.`);
    return c.body(streamOf(recordedDay(recordings, broker, day, { from, to })), 200, {
      "content-type": NDJSON,
    });
  });
}

/** Made as it is read: a day does not have to fit in memory. */
function streamOf(chunks: AsyncGenerator<string, void>): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      const { done, value } = await chunks.next();
      if (done) controller.close();
      else controller.enqueue(encoder.encode(value));
    },
    async cancel() {
      await chunks.return();
    },
  });
}
