/** Orders: the only door through which an intent comes in. What happens to it is the use cases' business. */
import { createRoute } from "@hono/zod-openapi";
import { z } from "zod";
import { cancelOrder } from "../../application/cancel-order.ts";
import { anyOrder, orderHistory } from "../../application/explore-ledger.ts";
import { modifyOrder } from "../../application/modify-order.ts";
import { unknownOrder } from "../../application/order-errors.ts";
import { submitOrder } from "../../application/submit-order.ts";
import { orderListQuery } from "../../contract/order-list.ts";
import { orderEventView, versionPageQuery } from "../../contract/explorer.ts";
import {
  orderChangeRequest,
  orderRequest,
  orderView,
  tradesQuery,
  tradeView,
} from "../../contract/orders.ts";
import { clientOrderId, pageOf } from "../../contract/primitives.ts";
import { ordersPage } from "../../storage/orders.ts";
import { tradesPage } from "../../storage/trades.ts";
import type { ApiApp } from "../context.ts";
import { ApiFailure, orFail } from "../error-handler.ts";
import { answer, body, ERRORS, type Gate } from "../route.ts";

const params = z.object({ clientOrderId });
const path = "/v1/orders/{clientOrderId}" as const;
const tags = ["Orders"];

export function orderRoutes(app: ApiApp, gate: Gate): void {
  app.openapi(
    createRoute({
      method: "post",
      path: "/v1/orders",
      summary: "Send an order",
      description:
        "201: a new order that the ledger approved, in whatever state the broker left it. 200: the same intent was seen before, nothing was sent now. 422: the ledger denied it; the code and details say why. 409: the id was used with another body.",
      tags,
      ...gate("trade"),
      request: { body: body(orderRequest) },
      responses: {
        200: answer(orderView, "Seen before"),
        201: answer(orderView, "Approved"),
        ...ERRORS,
      },
    }),
    async (c) => {
      const { orders } = c.get("ports");
      const intent = c.req.valid("json");
      const sent = orFail(await submitOrder(orders, c.get("caller"), intent, c.get("now")()));
      return c.json(sent.order, sent.existing ? 200 : 201);
    },
  );

  app.openapi(
    createRoute({
      method: "get",
      path: "/v1/orders",
      summary: "Orders, newest first",
      description:
        "Without a time: what the ledger holds, that is all that is open and what ended in the last days. With `from` or `to`: every order that came in that time, out of the tradebook, which has a change a moment after it happened and no brackets. `from` is included, `to` is not. Days of weeks ago are read from files: a page of them may be short, and there is more as long as it has a `nextCursor`.",
      tags,
      ...gate("read"),
      request: { query: orderListQuery },
      responses: { 200: answer(pageOf(orderView)), ...ERRORS },
    }),
    async (c) => {
      const { orders, book, archive } = c.get("ports");
      const query = c.req.valid("query");
      const { from, to, ...now } = query;
      const isPast = from !== undefined || to !== undefined;
      if (isPast) return c.json(orFail(await ordersPage(book, archive, query)), 200);
      return c.json(await orders.ledger.orders(now), 200);
    },
  );

  app.openapi(
    createRoute({
      method: "get",
      path,
      summary: "One order",
      tags,
      ...gate("read"),
      request: { params },
      responses: { 200: answer(orderView), ...ERRORS },
    }),
    async (c) => {
      const { clientOrderId: id } = c.req.valid("param");
      const order = await anyOrder(c.get("ports").orders, id);
      if (!order) throw new ApiFailure(unknownOrder(id));
      return c.json(order, 200);
    },
  );

  app.openapi(
    createRoute({
      method: "get",
      path: `${path}/history`,
      summary: "An order's whole life, oldest event first",
      description:
        "Each event of the ledger: when, why, from where, and the state after it. A key that is bound to an algo sees that algo's orders.",
      tags,
      ...gate("read"),
      request: { params, query: versionPageQuery },
      responses: { 200: answer(pageOf(orderEventView)), ...ERRORS },
    }),
    async (c) => {
      const { clientOrderId: id } = c.req.valid("param");
      const { orders } = c.get("ports");
      const page = await orderHistory(orders, c.get("caller"), id, c.req.valid("query"));
      return c.json(orFail(page), 200);
    },
  );

  orderChangeRoutes(app, gate);

  app.openapi(
    createRoute({
      method: "get",
      path: "/v1/trades",
      summary: "Executions of the tradebook, newest first",
      description:
        "`from` is included, `to` is not. A fill is here a moment after it happened. Days of weeks ago are read from files: a page of them may be short, and there is more as long as it has a `nextCursor`.",
      tags,
      ...gate("read"),
      request: { query: tradesQuery },
      responses: { 200: answer(pageOf(tradeView)), ...ERRORS },
    }),
    async (c) => {
      const { book, archive } = c.get("ports");
      return c.json(orFail(await tradesPage(book, archive, c.req.valid("query"))), 200);
    },
  );
}

function orderChangeRoutes(app: ApiApp, gate: Gate): void {
  app.openapi(
    createRoute({
      method: "patch",
      path,
      summary: "Change quantity or prices of a live order",
      tags,
      ...gate("trade"),
      request: { params, body: body(orderChangeRequest) },
      responses: { 200: answer(orderView), ...ERRORS },
    }),
    async (c) => {
      const { orders } = c.get("ports");
      const { quantity = null, limitPrice = null, stopPrice = null } = c.req.valid("json");
      const changes = { quantity, limitPrice, stopPrice };
      const { clientOrderId: id } = c.req.valid("param");
      const now = c.get("now")();
      return c.json(orFail(await modifyOrder(orders, c.get("caller"), id, changes, now)), 200);
    },
  );

  app.openapi(
    createRoute({
      method: "delete",
      path,
      summary: "Cancel a live order",
      description:
        "Answers the order as it then stands, often pending_cancel: only the broker's evidence ends it.",
      tags,
      ...gate("trade", undefined, "way_out"),
      request: { params },
      responses: { 200: answer(orderView), ...ERRORS },
    }),
    async (c) => {
      const { orders } = c.get("ports");
      const { clientOrderId: id } = c.req.valid("param");
      const now = c.get("now")();
      return c.json(orFail(await cancelOrder(orders, c.get("caller"), id, now)), 200);
    },
  );
}
