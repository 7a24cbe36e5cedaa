/** Incidents: what people were told of besides dead letters, and who takes it on. */
import { createRoute } from "@hono/zod-openapi";
import { z } from "zod";
import { callerName } from "../../application/order-access.ts";
import {
  incidentDetail,
  incidentId,
  incidentsQuery,
  incidentView,
} from "../../contract/incidents.ts";
import { pageOf } from "../../contract/primitives.ts";
import {
  acknowledgeIncident,
  incidentDetail as detailOf,
  incidentsPage,
} from "../../storage/incidents.ts";
import type { ApiApp } from "../context.ts";
import { fail, orFail } from "../error-handler.ts";
import { answer, ERRORS, type Gate } from "../route.ts";

const tags = ["Desk"];
const params = z.object({ id: incidentId });
const path = "/v1/incidents/{id}" as const;

export function incidentRoutes(app: ApiApp, gate: Gate): void {
  app.openapi(
    createRoute({
      method: "get",
      path: "/v1/incidents",
      summary: "What people have to hear of besides dead letters, newest first",
      description:
        "Trips that fired, instruments that are frozen, orders placed past the platform, exits that are missing. `open=true`: what nobody has taken on.",
      tags,
      ...gate("read"),
      request: { query: incidentsQuery },
      responses: { 200: answer(pageOf(incidentView)), ...ERRORS },
    }),
    async (c) =>
      c.json(orFail(await incidentsPage(c.get("ports").book, c.req.valid("query"))), 200),
  );

  app.openapi(
    createRoute({
      method: "get",
      path,
      summary: "One incident, with every message that was sent of it",
      tags,
      ...gate("read"),
      request: { params },
      responses: { 200: answer(incidentDetail), ...ERRORS },
    }),
    async (c) => {
      const { id } = c.req.valid("param");
      const incident = await detailOf(c.get("ports").book, id);
      if (!incident) throw fail("NOT_FOUND", `there is no incident ${id}`);
      return c.json(incident, 200);
    },
  );

  app.openapi(
    createRoute({
      method: "post",
      path: `${path}/acknowledge`,
      summary: "Take an incident on: nobody else is called",
      description:
        "Whoever came first stays. It changes nothing of what the incident is about: a trip's latch is reset with the kill switch.",
      tags,
      ...gate("trade", ["person"], "way_out"),
      request: { params },
      responses: { 200: answer(incidentDetail), ...ERRORS },
    }),
    async (c) => {
      const { id } = c.req.valid("param");
      const { book } = c.get("ports");
      const incident = await detailOf(book, id);
      if (!incident) throw fail("NOT_FOUND", `there is no incident ${id}`);
      if (incident.acknowledgedAt !== null) return c.json(incident, 200);
      await acknowledgeIncident(book, id, callerName(c.get("caller")), c.get("now")());
      return c.json((await detailOf(book, id)) ?? incident, 200);
    },
  );
}
