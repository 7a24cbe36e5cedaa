/** The desk: orders that machines gave up on, what the broker says of them now, and what people do about them. */
import { createRoute } from "@hono/zod-openapi";
import { z } from "zod";
import { unknownOrder } from "../../application/order-errors.ts";
import { callerName } from "../../application/order-access.ts";
import { retryDeadLetter, successorId } from "../../application/retry-dead-letter.ts";
import { discardDeadLetter, executeDeadLetter } from "../../application/work-dead-letter.ts";
import {
  deadLetterDetail,
  deadLettersQuery,
  deadLetterView,
  discardRequest,
  executedRequest,
  type DeadLetterView,
} from "../../contract/operations.ts";
import { orderView } from "../../contract/orders.ts";
import { clientOrderId, pageOf } from "../../contract/primitives.ts";
import { acknowledge, sendsOf, sendView } from "../../storage/alerts.ts";
import { deadLetter, deadLettersPage } from "../../storage/dead-letters.ts";
import { auditAsked } from "../audit.ts";
import type { ApiApp, ApiContext } from "../context.ts";
import { ApiFailure, fail, orFail } from "../error-handler.ts";
import { answer, body, ERRORS, type Gate } from "../route.ts";

const tags = ["Desk"];
const params = z.object({ clientOrderId });
const path = "/v1/dead-letters/{clientOrderId}" as const;

export function deadLetterRoutes(app: ApiApp, gate: Gate): void {
  app.openapi(
    createRoute({
      method: "get",
      path: "/v1/dead-letters",
      summary: "Orders that machines gave up on, newest first",
      tags,
      ...gate("read"),
      request: { query: deadLettersQuery },
      responses: { 200: answer(pageOf(deadLetterView)), ...ERRORS },
    }),
    async (c) =>
      c.json(orFail(await deadLettersPage(c.get("ports").book, c.req.valid("query"))), 200),
  );

  app.openapi(
    createRoute({
      method: "get",
      path,
      summary: "A dead letter with a fresh look at the broker",
      description:
        "lookUp.found is null when the broker could not be asked, which proves nothing. The look itself may take the order off the desk: then letter.status is closed.",
      tags,
      ...gate("trade", ["person"]),
      request: { params },
      responses: { 200: answer(deadLetterDetail), ...ERRORS },
    }),
    async (c) => {
      const { orders, book } = c.get("ports");
      const letter = await letterOf(c, c.req.valid("param").clientOrderId);
      const id = letter.clientOrderId;
      const known = await orders.ledger.order(id);
      if (!known) throw new ApiFailure(unknownOrder(id));
      const at = c.get("now")();
      const { found, record, attempts, brokerOrder } = await orders
        .gateway(known.account)
        .lookUp(id);
      const order = (await orders.ledger.order(id)) ?? known;
      const isOpen = order.state === "dead_lettered";
      const sends = (await sendsOf(book, [id])).map(sendView);
      const detail = {
        letter: { ...letter, status: isOpen ? ("open" as const) : ("closed" as const) },
        order,
        lookUp: { at, found, record, attempts, brokerOrder },
        sends,
      };
      // Parsed: of the broker's order only what the contract names goes out.
      return c.json(deadLetterDetail.parse(detail), 200);
    },
  );

  actionRoutes(app, gate);
}

function actionRoutes(app: ApiApp, gate: Gate): void {
  app.openapi(
    createRoute({
      method: "post",
      path: `${path}/acknowledge`,
      summary: "Take a dead letter on: nobody else is called",
      tags,
      ...gate("trade", ["person"], "way_out"),
      request: { params },
      responses: { 200: answer(deadLetterView), ...ERRORS },
    }),
    async (c) => {
      const letter = await letterOf(c, c.req.valid("param").clientOrderId);
      if (letter.acknowledgedAt !== null) return c.json(letter, 200);
      if (letter.status === "closed") throw fail("CONFLICT", "this order is off the desk already");
      const by = callerName(c.get("caller"));
      await acknowledge(c.get("ports").book, letter.clientOrderId, by, c.get("now")(), null);
      return c.json(await letterOf(c, letter.clientOrderId), 200);
    },
  );

  app.openapi(
    createRoute({
      method: "post",
      path: `${path}/executed`,
      summary: "Book what a person executed at the broker for it",
      description:
        "Idempotent by the broker's order id. The broker's own executions of that order are then not booked again; what goes beyond the quantity given here is adopted as external.",
      tags,
      ...gate("trade", ["person"], "way_out"),
      request: { params, body: body(executedRequest) },
      responses: { 200: answer(orderView), ...ERRORS },
    }),
    async (c) => {
      const id = c.req.valid("param").clientOrderId;
      const { reason, ...trade } = c.req.valid("json");
      await auditAsked(c, "dead_letter_executed", id, trade, reason);
      const claim = { ...trade, reason, by: callerName(c.get("caller")) };
      return c.json(orFail(await executeDeadLetter(c.get("ports").orders, id, claim)), 200);
    },
  );

  app.openapi(
    createRoute({
      method: "post",
      path: `${path}/retry`,
      summary: "Send a dead letter that was proven not sent once more",
      description:
        "As a new order, under an id made from the old one's, approved by the ledger as any other. The old order is ended first, so that at most one of them ever leaves. What the limits refuse stays on the desk; only not_sent can be retried, and only while the broker can be asked. The same call again answers the same order.",
      tags,
      ...gate("trade", ["person"]),
      request: { params, body: body(discardRequest) },
      responses: { 200: answer(orderView, "The new order"), ...ERRORS },
    }),
    async (c) => {
      const id = c.req.valid("param").clientOrderId;
      const { reason } = c.req.valid("json");
      const successor = successorId(id);
      await auditAsked(c, "dead_letter_retry", id, { successor }, reason);
      const { orders } = c.get("ports");
      const sent = await retryDeadLetter(orders, c.get("caller"), id, reason, c.get("now")());
      return c.json(orFail(sent), 200);
    },
  );

  app.openapi(
    createRoute({
      method: "post",
      path: `${path}/discard`,
      summary: "Give a dead letter up, with a reason",
      tags,
      ...gate("trade", ["person"], "way_out"),
      request: { params, body: body(discardRequest) },
      responses: { 200: answer(orderView), ...ERRORS },
    }),
    async (c) => {
      const id = c.req.valid("param").clientOrderId;
      const { reason } = c.req.valid("json");
      await auditAsked(c, "dead_letter_discard", id, null, reason);
      const by = callerName(c.get("caller"));
      return c.json(orFail(await discardDeadLetter(c.get("ports").orders, id, by, reason)), 200);
    },
  );
}

async function letterOf(c: ApiContext, id: string): Promise<DeadLetterView> {
  const letter = await deadLetter(c.get("ports").book, id);
  if (!letter) throw fail("NOT_FOUND", `${id} never was on the desk`);
  return letter;
}
