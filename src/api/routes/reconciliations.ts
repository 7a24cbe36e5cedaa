/** How we stand with the broker: each comparison, the reports of days, and what a person takes on. */
import { createRoute } from "@hono/zod-openapi";
import { z } from "zod";
import { callerName } from "../../application/order-access.ts";
import {
  acceptReconciliationRequest,
  freedBy,
  reconciliationDetail,
  type ReconciliationDetail,
  reconciliationsQuery,
  reconciliationsView,
  runReconciliationRequest,
  waitsForPerson,
} from "../../contract/reconciliation.ts";
import { tradingDay } from "../../domain/risk/state.ts";
import { DEFAULT_ACCOUNT } from "../../platform/deployment.ts";
import {
  acceptReconciliation,
  isWakeBlocked,
  reconciliation,
  reconciliationsPage,
} from "../../storage/reconciliations.ts";
import { auditAsked } from "../audit.ts";
import type { ApiApp, ApiContext } from "../context.ts";
import { fail, orFail } from "../error-handler.ts";
import { answer, body, ERRORS, type Gate } from "../route.ts";

const tags = ["Reconciliation"];
const params = z.object({ id: z.string().min(1).max(120) });
const path = "/v1/reconciliations/{id}" as const;

export function reconciliationRoutes(app: ApiApp, gate: Gate): void {
  app.openapi(
    createRoute({
      method: "get",
      path: "/v1/reconciliations",
      summary: "How each comparison with the broker stands, and the reports, newest first",
      tags,
      ...gate("read"),
      request: { query: reconciliationsQuery },
      responses: { 200: answer(reconciliationsView), ...ERRORS },
    }),
    async (c) => {
      const { book, orders } = c.get("ports");
      const page = orFail(await reconciliationsPage(book, c.req.valid("query")));
      const accounts = await Promise.all(
        orders.accounts.map((account) => orders.gateway(account).reconciliation()),
      );
      return c.json({ accounts, wakeBlocked: await isWakeBlocked(book), ...page }, 200);
    },
  );

  app.openapi(
    createRoute({
      method: "get",
      path,
      summary: "One report with all its differences",
      tags,
      ...gate("read"),
      request: { params },
      responses: { 200: answer(reconciliationDetail), ...ERRORS },
    }),
    async (c) => c.json(await reportOf(c, c.req.valid("param").id), 200),
  );

  actionRoutes(app, gate);
}

function actionRoutes(app: ApiApp, gate: Gate): void {
  app.openapi(
    createRoute({
      method: "post",
      path: "/v1/reconciliations",
      summary: "Compare today with the broker now",
      description:
        "Our tradebook, the broker's executions, and its positions and funds. What the broker alone can know is repaired in the tradebook, with an audit row each. A query that fails gives a report that says so and changes nothing.",
      tags,
      ...gate("admin"),
      request: { body: body(runReconciliationRequest) },
      responses: { 201: answer(reconciliationDetail), ...ERRORS },
    }),
    async (c) => {
      const ports = c.get("ports");
      const account = c.req.valid("json").account ?? DEFAULT_ACCOUNT;
      if (!ports.orders.accounts.includes(account))
        throw fail("NOT_FOUND", `there is no account ${account}`);
      const now = c.get("now")();
      const day = tradingDay(now);
      const id = `${account}-${day}-${now.toString(36)}`;
      const startedBy = callerName(c.get("caller"));
      await auditAsked(c, "reconciliation_run", id, null);
      await ports.reconcile({ id, account, day, startedBy });
      return c.json(await reportOf(c, id), 201);
    },
  );

  app.openapi(
    createRoute({
      method: "post",
      path: `${path}/accept`,
      summary: "Take a report on, so that the next wake may go and what is frozen may trade",
      description:
        "Only a person, with a reason. Instruments that were frozen because positions did not agree may trade again, and are compared anew. A report that is unresolved or failed is taken on as it is; one in which all agrees only while something is still frozen that was so before it. Accepting a report again does what of it was not done, and changes nothing else.",
      tags,
      ...gate("admin", ["person"]),
      request: { params, body: body(acceptReconciliationRequest) },
      responses: { 200: answer(reconciliationDetail), ...ERRORS },
    }),
    async (c) => {
      const report = await reportOf(c, c.req.valid("param").id);
      const { reason } = c.req.valid("json");
      const by = callerName(c.get("caller"));
      const isOpen = waitsForPerson(report, []);
      // Before the gateway is asked: a wake must not wait for one that is away.
      if (isOpen) await takeOn(c, report, reason);
      const gateway = c.get("ports").orders.gateway(report.account);
      const { frozen } = await gateway.reconciliation();
      const instruments = freedBy(report, frozen).map(({ instrument }) => instrument);
      if (!isOpen) await takeOnFrozen(c, report, instruments, reason);
      // The trips first: where this stops in between, what is frozen still says which they are.
      await endTrips(c, instruments, by, reason);
      await gateway.unfreeze(instruments, by);
      return c.json(await reportOf(c, report.id), 200);
    },
  );
}

async function takeOn(
  c: ApiContext,
  { id }: Pick<ReconciliationDetail, "id">,
  reason: string,
): Promise<void> {
  const { book } = c.get("ports");
  const by = callerName(c.get("caller"));
  const taken = await acceptReconciliation(book, id, by, reason, c.get("now")());
  if (!taken) throw fail("CONFLICT", `report ${id} was accepted meanwhile`);
}

/** With nothing open in the report, for the sake of what is frozen still. An acceptance that stands is not made twice. */
async function takeOnFrozen(
  c: ApiContext,
  report: ReconciliationDetail,
  instruments: readonly string[],
  reason: string,
): Promise<void> {
  const { id, status } = report;
  if (status !== "accepted") {
    if (instruments.length > 0) return takeOn(c, report, reason);
    throw fail("CONFLICT", `report ${id} is ${status}, and nothing was frozen before it`);
  }
  if (instruments.length > 0) await auditAsked(c, "reconciliation_accept", id, status, reason);
}

/** What the reconcile trip latched in the ledger ends with the person's word; what a person latched stays. */
async function endTrips(
  c: ApiContext,
  instruments: readonly string[],
  by: string,
  reason: string,
): Promise<void> {
  const { ledger } = c.get("ports").orders;
  const { tradingStates } = await ledger.status();
  for (const instrument of instruments) {
    const scope = `instrument:${instrument}`;
    const latched = tradingStates.find((each) => each.scope === scope);
    if (latched?.state !== "reducing" || latched.by !== "trip:reconcileFailure") continue;
    orFail(await ledger.control({ kind: "trading_state", scope, state: "active", reason }, by));
  }
}

async function reportOf(c: ApiContext, id: string): Promise<ReconciliationDetail> {
  const report = await reconciliation(c.get("ports").book, id);
  if (!report) throw fail("NOT_FOUND", `there is no reconciliation ${id}`);
  return report;
}
