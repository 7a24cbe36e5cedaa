/** Reconciliation through the API: what is shown, what is run, and that only a person takes a report on. */
import { env } from "cloudflare:workers";
import { beforeAll, expect, test } from "vitest";
import { reconciliationDetail, reconciliationsView } from "../../src/contract/reconciliation.ts";
import { controlsView } from "../../src/application/ledger/controls.ts";
import { ok } from "../../src/domain/result.ts";
import { emptyLedger } from "../../src/domain/risk/state.ts";
import { layReport, RECONCILING } from "../support/workers/api-reconciliation.ts";
import {
  DEVELOPMENT_KEY,
  errorOf,
  failing,
  makeKey,
  played,
  RISK,
  type Played,
} from "../support/workers/api.ts";

const key = { reader: "", admin: "" };
const person = { key: DEVELOPMENT_KEY };
const REASON = { reason: "looked at both sides" };

beforeAll(async () => {
  key.reader = await makeKey(["read"]);
  key.admin = await makeKey(["read", "admin"]);
});

const open = (id: string) =>
  layReport({ id, account: "paper", day: "2026-11-20", startedBy: "a test" }, "unresolved");

const clean = (id: string) =>
  layReport({ id, account: "paper", day: "2026-11-20", startedBy: "a test" });

test("lists each check, what is frozen and the reports, newest first", async () => {
  await open("list-1");
  const response = await played().call("GET", "/v1/reconciliations", { key: key.reader });
  const view = reconciliationsView.parse(await response.json());
  expect(view.accounts).toMatchObject([{ account: "paper", frozen: [{ instrument: "NSE:TCS" }] }]);
  expect(view.wakeBlocked).toBe(true);
  expect(view.items.map(({ id }) => id)).toContain("list-1");
});

test("a run answers its whole report, and leaves an audit row", async () => {
  const response = await played().call("POST", "/v1/reconciliations", {
    key: key.admin,
    body: { account: "paper" },
  });
  expect(response.status).toBe(201);
  const report = reconciliationDetail.parse(await response.json());
  expect(report).toMatchObject({ account: "paper", status: "clean" });
  const rows = await env.DB.prepare("SELECT subject FROM audit_log WHERE action = ?")
    .bind("reconciliation_run")
    .all();
  expect(rows.results).toContainEqual({ subject: report.id });
});

test.each([
  [{ account: "nobody" }, 404, "NOT_FOUND"],
  [{ account: "" }, 400, "BAD_REQUEST"],
  [{ day: "2026-11-20" }, 400, "BAD_REQUEST"],
])("a run of %j is refused", async (body, status, code) => {
  const response = await played().call("POST", "/v1/reconciliations", { key: key.admin, body });
  expect(response.status).toBe(status);
  expect((await errorOf(response)).code).toBe(code);
});

/** A gateway that has one instrument frozen, since then, until it is let go; and a ledger whose trip latched it. */
function frozenSince(since: number) {
  const done: string[] = [];
  let [isFrozen, isLatched] = [true, true];
  let away: "gateway" | "ledger" | "letting go" | null = null;
  const gateway: Played["gateway"] = {
    reconciliation: async () => {
      if (away === "gateway") return failing();
      const frozen = isFrozen ? [{ instrument: "NSE:TCS", since, reason: "a test says so" }] : [];
      return { ...(await RECONCILING.reconciliation()), frozen };
    },
    unfreeze: async ([instrument]) => {
      if (away === "letting go") return failing();
      if (instrument === undefined) return;
      isFrozen = false;
      done.push(`unfrozen ${instrument}`);
    },
  };
  const latch = {
    scope: "instrument:NSE:TCS",
    state: "reducing",
    by: "trip:reconcileFailure",
    reason: "a test says so",
    since,
    version: 1,
  } as const;
  const ledger: Played["ledger"] = {
    status: async () => ({ ...RISK, tradingStates: isLatched ? [latch] : [] }),
    control: async (command) => {
      if (away === "ledger") return failing();
      isLatched = false;
      done.push(`${command.kind} of ${"scope" in command ? command.scope : ""}`);
      return ok(controlsView(emptyLedger(0), 0, []));
    },
  };
  const { call } = played({ gateway, ledger });
  const accept = (id: string) =>
    call("POST", `/v1/reconciliations/${id}/accept`, { ...person, body: REASON });
  return { accept, call, done, away: (who: typeof away) => void (away = who) };
}

const BOTH = ["trading_state of instrument:NSE:TCS", "unfrozen NSE:TCS"];

const rowOf = async (id: string) =>
  await env.DB.prepare("SELECT status, accepted_by FROM reconciliations WHERE id = ?")
    .bind(id)
    .first();

const acceptances = async (id: string) => {
  const rows = await env.DB.prepare(
    "SELECT reason FROM audit_log WHERE action = 'reconciliation_accept' AND subject = ?",
  )
    .bind(id)
    .all();
  return rows.results.length;
};

test("only a person accepts, with a reason; what was frozen may trade again", async () => {
  await open("accept-1");
  const path = "/v1/reconciliations/accept-1/accept";
  const { accept, call, done } = frozenSince(1);
  expect((await call("POST", path, { key: key.admin, body: REASON })).status).toBe(403);
  expect((await call("POST", path, { ...person, body: { reason: "x" } })).status).toBe(400);
  expect(done).toEqual([]);
  const taken = await accept("accept-1");
  expect(await taken.json()).toMatchObject({
    status: "accepted",
    acceptedReason: REASON.reason,
  });
  expect(done).toEqual(BOTH);
});

test("accepting again answers the same, and does nothing twice", async () => {
  await open("again-1");
  const { accept, done } = frozenSince(1);
  const first: unknown = await (await accept("again-1")).json();
  const again = await accept("again-1");
  expect([again.status, await again.json()]).toEqual([200, first]);
  expect(done).toEqual(BOTH);
  expect(await acceptances("again-1")).toBe(1);
});

test.each(["gateway", "ledger", "letting go"] as const)(
  "an acceptance that stopped half-way because the %s failed is ended by the next",
  async (who) => {
    const id = `half-${who.replace(" ", "-")}`;
    await open(id);
    const { accept, done, away } = frozenSince(1);
    away(who);
    expect((await accept(id)).status).toBeGreaterThanOrEqual(500);
    expect(await rowOf(id)).toMatchObject({ status: "accepted" });
    away(null);
    expect((await accept(id)).status).toBe(200);
    expect(done).toEqual(BOTH);
    // Who asks again is in the audit log, too.
    expect(await acceptances(id)).toBe(2);
  },
);

test("an acceptance stands for nothing that froze after it", async () => {
  await open("later-1");
  expect((await frozenSince(1).accept("later-1")).status).toBe(200);
  const { accept, done } = frozenSince(Date.now() + 60_000);
  expect((await accept("later-1")).status).toBe(200);
  expect(done).toEqual([]);
});

test("a report in which all agrees is accepted while something is frozen that was so before it", async () => {
  // A person put it right at the broker: no later report has anything open.
  await clean("clean-1");
  const { accept, done } = frozenSince(1);
  const taken = await accept("clean-1");
  expect(await taken.json()).toMatchObject({ status: "accepted", acceptedReason: REASON.reason });
  expect(done).toEqual(BOTH);
});

test("a report in which all agrees has nothing to accept when nothing is frozen, or only since it", async () => {
  await clean("clean-2");
  const { accept, done } = frozenSince(2);
  const refused = await accept("clean-2");
  expect([refused.status, (await errorOf(refused)).code]).toEqual([409, "CONFLICT"]);
  expect([done, await acceptances("clean-2")]).toEqual([[], 0]);
  expect(await rowOf("clean-2")).toEqual({ status: "clean", accepted_by: null });
  const free = frozenSince(1);
  await open("clean-3");
  await free.accept("clean-3");
  expect((await free.accept("clean-2")).status).toBe(409);
});
