/** Reconciliation through the API: what is shown, what is run, and that only a person takes a report on. */
import { env } from "cloudflare:workers";
import { beforeAll, expect, test } from "vitest";
import { reconciliationDetail, reconciliationsView } from "../../src/contract/reconciliation.ts";
import { layReport, unfrozen } from "../support/workers/api-reconciliation.ts";
import { DEVELOPMENT_KEY, errorOf, makeKey, played } from "../support/workers/api.ts";

const key = { reader: "", admin: "" };
const person = { key: DEVELOPMENT_KEY };
const REASON = { reason: "looked at both sides" };

beforeAll(async () => {
  key.reader = await makeKey(["read"]);
  key.admin = await makeKey(["read", "admin"]);
});

const open = (id: string) =>
  layReport({ id, account: "paper", day: "2026-11-20", startedBy: "a test" }, "unresolved");

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

test("only a person accepts, with a reason, once; what was frozen may trade again", async () => {
  await open("accept-1");
  const path = "/v1/reconciliations/accept-1/accept";
  const { call } = played();
  expect((await call("POST", path, { key: key.admin, body: REASON })).status).toBe(403);
  expect((await call("POST", path, { ...person, body: { reason: "x" } })).status).toBe(400);
  expect(unfrozen).toEqual([]);
  const taken = await call("POST", path, { ...person, body: REASON });
  expect(await taken.json()).toMatchObject({
    status: "accepted",
    acceptedReason: REASON.reason,
  });
  expect(unfrozen).toEqual([["NSE:TCS"]]);
  const again = await call("POST", path, { ...person, body: REASON });
  expect((await errorOf(again)).code).toBe("CONFLICT");
});

test("a clean report has nothing to accept", async () => {
  await layReport({ id: "clean-1", account: "paper", day: "2026-11-20", startedBy: "a test" });
  const path = "/v1/reconciliations/clean-1/accept";
  expect((await played().call("POST", path, { ...person, body: REASON })).status).toBe(409);
});
