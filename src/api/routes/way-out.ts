/** The ways out of the market at once: cancel what is open, close what is held. None of them can raise exposure. */
import { createRoute } from "@hono/zod-openapi";
import { cancelOrders } from "../../application/cancel-orders.ts";
import { closePositions, type ClosePositionsAnswer } from "../../application/close-positions.ts";
import {
  cancelAllRequest,
  cancelAllView,
  closeAllRequest,
  closePositionRequest,
  closePositionsView,
} from "../../contract/orders.ts";
import type { ApiApp } from "../context.ts";
import { orFail } from "../error-handler.ts";
import { answer, body, ERRORS, type Gate } from "../route.ts";

export function wayOutRoutes(app: ApiApp, gate: Gate): void {
  app.openapi(
    createRoute({
      method: "post",
      path: "/v1/orders/cancel-all",
      summary: "Cancel every open order of an account, algo, instrument or side",
      description:
        "The fields narrow what is meant; with none it is everything that the caller may trade. Idempotent. A key that is bound to an algo cancels that algo's orders.",
      tags: ["Orders"],
      ...gate("trade", undefined, "way_out"),
      request: { body: body(cancelAllRequest) },
      responses: { 200: answer(cancelAllView), ...ERRORS },
    }),
    async (c) => {
      const { orders } = c.get("ports");
      return c.json(orFail(await cancelOrders(orders, c.get("caller"), c.req.valid("json"))), 200);
    },
  );

  const closing =
    "A market order for each position, which may only reduce: it never turns a position round. A position larger than the largest order is closed in parts, each an entry of the answer. The ids of the orders come from closeId, so the same request again places nothing new. What was refused of a position is answered with the refusal; where its orders would be refused anyway, cancelOpen cancels nothing of it.";

  app.openapi(
    createRoute({
      method: "post",
      path: "/v1/positions/close",
      summary: "Close the positions in one instrument, or part of one of them",
      description: closing,
      tags: ["Portfolio"],
      ...gate("trade", undefined, "way_out"),
      request: { body: body(closePositionRequest) },
      responses: { 200: answer(closePositionsView), ...ERRORS },
    }),
    async (c) => {
      const { orders } = c.get("ports");
      const request = c.req.valid("json");
      const done = await closePositions(orders, c.get("caller"), request, c.get("now")());
      return c.json(viewOf(orFail(done)), 200);
    },
  );

  app.openapi(
    createRoute({
      method: "post",
      path: "/v1/positions/close-all",
      summary: "Close every position of an account or algo",
      description: closing,
      tags: ["Portfolio"],
      ...gate("trade", undefined, "way_out"),
      request: { body: body(closeAllRequest) },
      responses: { 200: answer(closePositionsView), ...ERRORS },
    }),
    async (c) => {
      const { orders } = c.get("ports");
      const request = c.req.valid("json");
      const done = await closePositions(orders, c.get("caller"), request, c.get("now")());
      return c.json(viewOf(orFail(done)), 200);
    },
  );
}

/** Of a refusal only its code, its words and its facts. */
const viewOf = ({ positions, cancels }: ClosePositionsAnswer) =>
  closePositionsView.parse({ positions, cancels });
