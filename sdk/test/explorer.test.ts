/** The ledger explorer through the SDK: pages are joined, and a question goes as a query. */
import { afterEach, beforeEach, expect, test } from "vitest";
import { TrunklineClient } from "../index.ts";
import { answer, FakePlatform, refuse } from "./support/fake-platform.ts";

const platform = new FakePlatform();

beforeEach(() => platform.start());
afterEach(() => platform.stop());

const client = () => new TrunklineClient({ url: platform.url, key: "k" });

const event = (version: number) => ({
  version,
  at: version,
  kind: "accepted",
  source: "broker",
  by: null,
  reason: null,
  state: "new",
  filledQuantity: "0",
  execution: null,
  changes: null,
  refusal: null,
  brokerOrderId: "b-1",
  attempt: null,
  stages: null,
  label: null,
  flag: null,
});

test("an order's history is read to its end, and an unknown order's fails plainly", async () => {
  platform.onLookUp = (call) => {
    if (!call.path.endsWith("/o-1/history")) return refuse(call, 404, "UNKNOWN_ORDER");
    const more = call.query.get("cursor") === null;
    answer(call, 200, { items: [event(more ? 1 : 2)], nextCursor: more ? "1" : null });
  };
  const history = await client().history("o-1");
  expect(history.map(({ version }) => version)).toEqual([1, 2]);
  await expect(client().history("o-2")).rejects.toMatchObject({ code: "UNKNOWN_ORDER" });
});

test("a question carries the order's terms and places nothing", async () => {
  const explained = {
    version: 4,
    refusedBy: "FUNDS",
    onlyReduces: false,
    moneyAtRisk: null,
    notional: "10",
    checks: [{ code: "FUNDS", verdict: "refuses", message: "no", margins: [] }],
  };
  platform.onOther = (call) => answer(call, 200, explained);
  const order = { instrument: "NSE:INFY", side: "buy", type: "limit" } as const;
  const terms = { quantity: "2", limitPrice: "1500.05", timeInForce: "day" } as const;
  const said = await client().explain({ ...order, ...terms, reduceOnly: true, round: false });
  expect(said).toEqual(explained);
  const [call] = platform.of("GET", "/v1/risk/explain");
  expect(Object.fromEntries(call?.query ?? [])).toEqual({
    ...order,
    ...terms,
    reduceOnly: "true",
    round: "false",
  });
  expect(platform.of("POST", "")).toEqual([]);
});
