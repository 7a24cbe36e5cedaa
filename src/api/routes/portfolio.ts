/** Positions and balances: what is held, by algo, and what is left to trade with, by account. */
import { createRoute } from "@hono/zod-openapi";
import { balanceView, positionView } from "../../contract/orders.ts";
import { pageOf, pageQuery } from "../../contract/primitives.ts";
import type { ApiApp } from "../context.ts";
import { fail } from "../error-handler.ts";
import { answer, ERRORS, type Gate, pageOfList } from "../route.ts";

const tags = ["Portfolio"];

export function portfolioRoutes(app: ApiApp, gate: Gate): void {
  app.openapi(
    createRoute({
      method: "get",
      path: "/v1/positions",
      summary: "Positions by algo, instrument and account",
      tags,
      ...gate("read"),
      request: { query: pageQuery },
      responses: { 200: answer(pageOf(positionView)), ...ERRORS },
    }),
    async (c) => {
      const positions = await c.get("ports").orders.ledger.positions();
      const page = pageOfList(positions, c.req.valid("query"), (position) =>
        [position.algoId, position.instrument, position.account].join("|"),
      );
      return c.json(page, 200);
    },
  );

  app.openapi(
    createRoute({
      method: "get",
      path: "/v1/balances",
      summary: "Balances as each account's broker says them now",
      tags,
      ...gate("read"),
      request: { query: pageQuery },
      responses: { 200: answer(pageOf(balanceView)), ...ERRORS },
    }),
    async (c) => {
      const { orders } = c.get("ports");
      const asOf = c.get("now")();
      const byAccount = await Promise.all(
        orders.accounts.map(async (account) => {
          const balances = await orders.gateway(account).balances();
          // A failed query is never "empty": without one account the whole answer would mislead.
          if (!balances.ok) throw fail("BROKER_UNAVAILABLE", `${account}: ${balances.error}`);
          return balances.value.map((balance) => ({ account, ...balance, asOf }));
        }),
      );
      const page = pageOfList(byAccount.flat(), c.req.valid("query"), (balance) =>
        [balance.account, balance.currency].join("|"),
      );
      return c.json(page, 200);
    },
  );
}
