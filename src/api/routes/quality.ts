/** How good the market data is, and the rules that each instrument's is cleaned by. */
import { createRoute } from "@hono/zod-openapi";
import { z } from "zod";
import { instrumentId, pageOf } from "../../contract/primitives.ts";
import {
  cleaningRequest,
  cleaningView,
  qualityQuery,
  qualityView,
  type QualityView,
} from "../../contract/quality.ts";
import type { CleaningSettings } from "../../domain/cleaning.ts";
import type { InstrumentId } from "../../domain/instrument.ts";
import { FEED_BROKERS } from "../../platform/deployment.ts";
import { auditAsked } from "../audit.ts";
import type { ApiApp, ApiContext } from "../context.ts";
import { fail, orFail } from "../error-handler.ts";
import type { InstrumentMaster } from "../instrument-master.ts";
import type { ApiPorts } from "../ports.ts";
import { answer, body, ERRORS, type Gate, pageOfList } from "../route.ts";

type Manager = ReturnType<ApiPorts["brokerManager"]>;

const params = z.object({ instrument: instrumentId });
const tags = ["Market data"];
const path = "/v1/instruments/{instrument}/cleaning";
const cleaningsView = z.object({ items: z.array(cleaningView) });

export function qualityRoutes(app: ApiApp, gate: Gate, master: InstrumentMaster): void {
  app.openapi(
    createRoute({
      method: "get",
      path: "/v1/feeds/quality",
      summary: "How good the data of each followed instrument is, by provider",
      description:
        "`stale` is older than its data usually gets while the market is open; entries are then refused, exits are not. " +
        "`invalid_book`: its order book broke, and a fresh one is asked for. `dropped` counts by rule what was not passed on.",
      tags,
      ...gate("read"),
      request: { query: qualityQuery },
      responses: { 200: answer(pageOf(qualityView)), ...ERRORS },
    }),
    async (c) => {
      const query = c.req.valid("query");
      const brokers = FEED_BROKERS.filter((broker) => (query.provider ?? broker) === broker);
      const managers = brokers.map((broker) => c.get("ports").brokerManager(broker));
      const rows = await Promise.all(managers.map((manager) => manager.quality()));
      const found = rows.flat().filter(matches(query));
      return c.json(
        pageOfList(found, query, (row) => `${row.instrument}|${row.provider}|${row.shard}`),
        200,
      );
    },
  );

  app.openapi(
    createRoute({
      method: "get",
      path,
      summary: "The rules an instrument's data is cleaned by, for each provider",
      tags,
      ...gate("read"),
      request: { params },
      responses: { 200: answer(cleaningsView), ...ERRORS },
    }),
    async (c) => {
      const { instrument } = c.req.valid("param");
      const known = await knownTo(c, instrument);
      return c.json({ items: known.flatMap(({ rules }) => rules) }, 200);
    },
  );

  app.openapi(
    createRoute({
      method: "put",
      path,
      summary: "Set the rules an instrument's data is cleaned by",
      description:
        "At once, for every provider of the instrument. What is left out is the default.",
      tags,
      ...gate("admin"),
      request: { params, body: body(cleaningRequest) },
      responses: { 200: answer(cleaningsView), ...ERRORS },
    }),
    async (c) => {
      const { instrument } = c.req.valid("param");
      const managers = await givenBy(c, master, instrument);
      return c.json(await setCleaning(c, managers, instrument, c.req.valid("json")), 200);
    },
  );

  app.openapi(
    createRoute({
      method: "delete",
      path,
      summary: "Go back to the default rules",
      description: "Also of an instrument that no broker gives any more, as long as it has rules.",
      tags,
      ...gate("admin"),
      request: { params },
      responses: { 200: answer(cleaningsView), ...ERRORS },
    }),
    async (c) => {
      const { instrument } = c.req.valid("param");
      const managers = (await knownTo(c, instrument)).map(({ manager }) => manager);
      return c.json(await setCleaning(c, managers, instrument, null), 200);
    },
  );
}

const matches =
  ({ instrument, state }: z.output<typeof qualityQuery>) =>
  (row: QualityView): boolean =>
    (instrument ?? row.instrument) === row.instrument && (state ?? row.state) === row.state;

async function setCleaning(
  c: ApiContext,
  managers: readonly Manager[],
  instrument: InstrumentId,
  settings: CleaningSettings | null,
): Promise<z.output<typeof cleaningsView>> {
  await auditAsked(c, "cleaning_set", instrument, settings);
  const items = await Promise.all(
    managers.map(async (manager) => orFail(await manager.setCleaning(instrument, settings))),
  );
  return { items };
}

const nobodyGives = (instrument: InstrumentId) =>
  fail("UNKNOWN_INSTRUMENT", `No broker gives ${instrument}.`, { instruments: [instrument] });

/** Every provider of the instrument; one that nobody gives refuses the call by name. */
async function givenBy(c: ApiContext, master: InstrumentMaster, instrument: InstrumentId) {
  const ports = c.get("ports");
  const listed = await master(ports, c.get("now")());
  const brokers = listed.filter((one) => one.instrument.id === instrument);
  if (brokers.length === 0) throw nobodyGives(instrument);
  return brokers.map(({ broker }) => ports.brokerManager(broker));
}

/** The same, and those that gave it once and still have rules of it. */
async function knownTo(c: ApiContext, instrument: InstrumentId) {
  const answers = await Promise.all(
    FEED_BROKERS.map(async (broker) => {
      const manager = c.get("ports").brokerManager(broker);
      return { manager, answer: await manager.cleaning([instrument]) };
    }),
  );
  const known = answers.flatMap(({ manager, answer: rules }) =>
    rules.ok ? [{ manager, rules: rules.value }] : [],
  );
  if (known.length > 0) return known;
  // A list that could not be read says so; else nobody knows it.
  for (const { answer: refused } of answers)
    if (!refused.ok && refused.error.code !== "UNKNOWN_INSTRUMENT") orFail(refused);
  throw nobodyGives(instrument);
}
