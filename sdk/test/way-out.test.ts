/** The way out through the SDK: cancel and close at once, over real HTTP, and a bracket on the way in. */
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { TrunklineClient } from "../index.ts";
import { answer, drop, FakePlatform, refuse } from "./support/fake-platform.ts";
import { startAlgo, startFake } from "./support/start.ts";
import { orderView } from "./support/views.ts";

let platform: FakePlatform;

beforeEach(async () => {
  platform = new FakePlatform();
  await platform.start();
});
afterEach(() => platform.stop());

const client = () => new TrunklineClient({ url: platform.url, key: "k" });

const CANCELS = { openOrders: 3, cancelsSent: 2, notSent: 1 };
const ABOUT = { algoId: "a", account: "paper", instrument: "NSE:INFY" };

test("cancelAll sends its filter and no more, and answers what is on its way", async () => {
  platform.onOther = (call) => answer(call, 200, CANCELS);
  expect(await client().cancelAll({ instrument: "NSE:INFY", side: "sell" })).toEqual(CANCELS);
  expect(await client().cancelAll()).toEqual(CANCELS);
  const bodies = platform.of("POST", "/v1/orders/cancel-all").map(({ body }) => body);
  expect(bodies).toEqual([{ instrument: "NSE:INFY", side: "sell" }, {}]);
});

describe("closing", () => {
  const order = orderView({ clientOrderId: "out-1", ...ABOUT, quantity: "10" });
  const refusal = { code: "KILL_SWITCH", message: "halted.", details: null };
  const positions = [
    { ...ABOUT, order, refusal: null },
    { ...ABOUT, instrument: "NSE:TCS", order: null, refusal },
  ];

  test("answers each position with its order or its refusal, and a refusal is no error of the call", async () => {
    platform.onOther = (call) => answer(call, 200, { positions, cancels: CANCELS });
    const closed = await client().closeAll({ closeId: "out", cancelOpen: true });
    expect(closed.positions.map((each) => each.order?.clientOrderId ?? each.refusal?.code)).toEqual(
      ["out-1", "KILL_SWITCH"],
    );
    expect(platform.of("POST", "/v1/positions/close-all")[0]?.body).toEqual({
      closeId: "out",
      cancelOpen: true,
    });
  });

  test("part of a position goes as an exact decimal, and wrong input is refused before it is sent", async () => {
    platform.onOther = (call) => answer(call, 200, { positions: [], cancels: CANCELS });
    const part = { closeId: "out", instrument: "NSE:INFY", quantity: 0.1 };
    await client().closePosition(part);
    const [call] = platform.of("POST", "/v1/positions/close");
    expect(call?.body).toMatchObject({ quantity: "0.1", cancelOpen: false });
    expect(() => client().closePosition({ ...part, quantity: -1 })).toThrow(/above 0/);
    expect(() => client().closeAll({ closeId: "not an id" })).toThrow(/letters/);
    expect(platform.of("POST", "/v1/positions/close")).toHaveLength(1);
  });

  test("a broken line is told as one, and the same close again is the same request", async () => {
    const close = { closeId: "out", instrument: "NSE:INFY" };
    platform.onOther = (call) => drop(call);
    await expect(client().closePosition(close)).rejects.toMatchObject({
      name: "TrunklineConnectionError",
    });
    platform.onOther = (call) => answer(call, 200, { positions: [], cancels: CANCELS });
    await client().closePosition(close);
    const [first, second] = platform.of("POST", "/v1/positions/close");
    expect(second?.body).toEqual(first?.body);
  });

  test("a refusal of the whole call carries its code", async () => {
    platform.onOther = (call) => refuse(call, 403, "FORBIDDEN");
    const close = client().closeAll({ closeId: "out", algoId: "other" });
    await expect(close).rejects.toMatchObject({ code: "FORBIDDEN", status: 403 });
  });
});

test("a bracket goes with its order, its prices exact, and one that is none is refused here", async () => {
  const fake = await startFake();
  const asHeld = { stopPrice: "1400.05", stopLimitPrice: null, targetPrice: "1700" };
  fake.onSubmit = (call) => answer(call, 201, orderView({ ...call.body, bracket: asHeld }));
  const { algo } = await startAlgo(fake);
  const bracket = { stopPrice: 1400.05, targetPrice: "1700" };
  const order = { instrument: "NSE:INFY", side: "buy", type: "market", quantity: 1 } as const;
  expect(await algo.submit({ ...order, bracket })).toMatchObject({
    outcome: "accepted",
    order: { bracket: asHeld },
  });
  expect(fake.of("POST", "/v1/orders")[0]?.body).toMatchObject({
    bracket: { stopPrice: "1400.05", targetPrice: "1700" },
  });
  const wrong = { stopPrice: 1800, targetPrice: 1700 };
  expect(await algo.submit({ ...order, bracket: wrong })).toMatchObject({
    outcome: "refused",
    facts: { issues: [{ path: "bracket.stopPrice" }] },
  });
  expect(fake.of("POST", "/v1/orders")).toHaveLength(1);
});
