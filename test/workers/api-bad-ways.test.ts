/** Each kind of bad input at each route that sends, changes, cancels or closes: refused by its name, and neither ledger nor gateway hears of it. */
import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import { DECIMAL_PATTERN } from "../../src/domain/decimal.ts";
import { REQUEST_BODY_BYTES_MAX } from "../../src/domain/limits.ts";
import { errorOf, failing, makeKey, ORDER, played } from "../support/workers/api.ts";
import { INTENT } from "../support/workers/api-routes.ts";
import { BAD_NUMBERS } from "../support/workers/bad-values.ts";

const trade = { key: "" };

beforeAll(async () => {
  trade.key = await makeKey(["trade"], "momentum");
});

/** A platform in which whatever would change something fails the test. */
const untouched = () =>
  played({
    ledger: {
      reserve: failing,
      reserveAll: failing,
      reserveReplace: failing,
      requestCancel: failing,
      requestCancels: failing,
      positions: failing,
      post: failing,
    },
    gateway: { place: failing, submit: failing, cancel: failing, modify: failing },
  });

const BRACKET = { stopPrice: "1450", stopLimitPrice: "1440", targetPrice: "1600" };
const CLOSE = { closeId: "close-1", instrument: "NSE:INFY" };

interface Way {
  method: string;
  path: string;
  body: object;
}

const SUBMIT: Way = { method: "POST", path: "/v1/orders", body: INTENT };
const BRACKETED: Way = { ...SUBMIT, body: { ...INTENT, bracket: BRACKET } };
const STOP: Way = {
  ...SUBMIT,
  body: { ...INTENT, type: "stop_limit", stopPrice: "1499", protectiveStop: "1400" },
};
const MODIFY: Way = { method: "PATCH", path: "/v1/orders/order-1", body: { quantity: 5 } };
const CLOSE_ONE: Way = { method: "POST", path: "/v1/positions/close", body: CLOSE };
const CLOSE_ALL: Way = {
  method: "POST",
  path: "/v1/positions/close-all",
  body: { closeId: "close-1" },
};
const CANCEL_ALL: Way = { method: "POST", path: "/v1/orders/cancel-all", body: {} };

/** Every number that crosses one of these routes. */
const NUMBER_FIELDS: [string, Way, string][] = [
  ["a new order", SUBMIT, "quantity"],
  ["a new order", SUBMIT, "limitPrice"],
  ["a new stop order", STOP, "stopPrice"],
  ["a new stop order", STOP, "protectiveStop"],
  ["a new bracket", BRACKETED, "bracket.stopPrice"],
  ["a new bracket", BRACKETED, "bracket.stopLimitPrice"],
  ["a new bracket", BRACKETED, "bracket.targetPrice"],
  ["new terms", MODIFY, "quantity"],
  ["new terms", MODIFY, "limitPrice"],
  ["new terms", MODIFY, "stopPrice"],
  ["a close", CLOSE_ONE, "quantity"],
];

const PLACE = '"@@here@@"';

/** The body with raw text in one place: right but for that. */
function bodyWith({ body }: Way, field: string, text: string): string {
  const [first = "", second] = field.split(".");
  const whole: Record<string, unknown> = { ...body };
  whole[first] =
    second === undefined
      ? "@@here@@"
      : { ...(whole[first] as Record<string, unknown>), [second]: "@@here@@" };
  return JSON.stringify(whole).replace(PLACE, () => text);
}

const send = (way: Way, field: string, text: string) =>
  untouched().call(way.method, way.path, { ...trade, body: bodyWith(way, field, text) });

/** What a call was refused for, and at which places of it. */
async function refusalOf(response: Response) {
  const { code, details } = await errorOf(response);
  return { status: response.status, code, places: details?.issues?.map(({ path }) => path) };
}

const refusedAt = (field: string) => ({
  status: 400,
  code: "BAD_REQUEST",
  places: expect.arrayContaining([field]),
});

describe.each(NUMBER_FIELDS)("of %s, the number at", (_, way, field) => {
  test(`${field} is refused in every form that is none`, async () => {
    for (const [, text] of BAD_NUMBERS)
      expect(await refusalOf(await send(way, field, text))).toEqual(refusedAt(field));
  });

  test(`${field} is refused as any text that is no plain decimal above 0`, async () => {
    const digits = fc.stringMatching(/^[-+]?[0-9]{0,22}([.,][0-9]{0,22})?([eE][-+]?[0-9]{1,4})?$/);
    const none = fc
      .oneof(digits, fc.string())
      .filter((text) => !DECIMAL_PATTERN.test(text) || Number(text) <= 0);
    await fc.assert(
      fc.asyncProperty(none, async (text) => {
        expect(await refusalOf(await send(way, field, JSON.stringify(text)))).toEqual(
          refusedAt(field),
        );
      }),
      { numRuns: 25 },
    );
  });

  test(`${field} is refused as any number without a plain short form, or below 0`, async () => {
    const none = fc
      .oneof(fc.double({ noNaN: true, noDefaultInfinity: true }), fc.integer({ max: 0 }))
      .filter((value) => !DECIMAL_PATTERN.test(String(value)) || value <= 0);
    await fc.assert(
      fc.asyncProperty(none, async (value) => {
        expect(await refusalOf(await send(way, field, String(value)))).toEqual(refusedAt(field));
      }),
      { numRuns: 25 },
    );
  });
});

const WORDS: [string, Way, string, string][] = [
  ["a close's id", CLOSE_ONE, "closeId", '"a b"'],
  ["a close's id that is too long", CLOSE_ONE, "closeId", `"${"c".repeat(26)}"`],
  ["a close's instrument", CLOSE_ONE, "instrument", '"infy"'],
  ["a close without an instrument", CLOSE_ONE, "instrument", "null"],
  ["a close's account", CLOSE_ONE, "account", '"../paper"'],
  ["a close's algo", CLOSE_ONE, "algoId", '"A"'],
  ["a close's cancelOpen", CLOSE_ONE, "cancelOpen", '"yes"'],
  ["close-all's id", CLOSE_ALL, "closeId", '""'],
  ["close-all's account", CLOSE_ALL, "account", "7"],
  ["close-all's algo", CLOSE_ALL, "algoId", '"__proto__"'],
  ["close-all's cancelOpen", CLOSE_ALL, "cancelOpen", "1"],
  ["cancel-all's account", CANCEL_ALL, "account", '""'],
  ["cancel-all's algo", CANCEL_ALL, "algoId", `"${"a".repeat(33)}"`],
  ["cancel-all's instrument", CANCEL_ALL, "instrument", '"NSE:"'],
  ["cancel-all's side", CANCEL_ALL, "side", '"hold"'],
  ["cancel-all's side in capitals", CANCEL_ALL, "side", '"BUY"'],
];

test.each(WORDS)("%s is refused by its name", async (_, way, field, text) => {
  expect(await refusalOf(await send(way, field, text))).toEqual(refusedAt(field));
});

const WAYS: [string, Way][] = [SUBMIT, MODIFY, CLOSE_ONE, CLOSE_ALL, CANCEL_ALL].map((way) => [
  `${way.method} ${way.path}`,
  way,
]);

describe.each(WAYS)("%s", (_, way) => {
  test.each(["side2", "exit", "type2", "ledgerVersion", "flattens"])(
    "refuses the field %s, which it does not know",
    async (field) => {
      const response = await send(way, field, "true");
      expect(response.status).toBe(400);
      expect((await errorOf(response)).code).toBe("BAD_REQUEST");
    },
  );

  test("refuses a body beyond its bound, with the bound", async () => {
    const response = await send(way, "closeId", JSON.stringify("1".repeat(REQUEST_BODY_BYTES_MAX)));
    expect(response.status).toBe(413);
    const { code, details } = await errorOf(response);
    expect([code, details?.limit]).toEqual(["BODY_TOO_LARGE", String(REQUEST_BODY_BYTES_MAX)]);
  });

  test.each(["NaN", "-Infinity", '"1', "[", ""])(
    "refuses a body with %s as no JSON",
    async (text) => {
      const response = await send(way, "quantity", text);
      expect(response.status).toBe(400);
      expect((await errorOf(response)).code).toBe("BAD_REQUEST");
    },
  );

  test.each(["null", "[]", "7", '"x"'])("refuses %s in place of a body", async (text) => {
    const response = await untouched().call(way.method, way.path, { ...trade, body: text });
    expect(response.status).toBe(400);
    expect((await errorOf(response)).code).toBe("BAD_REQUEST");
  });
});

describe("the id in the path of", () => {
  const BAD_IDS = ["x".repeat(37), "a%20b", "NaN%00", "%F0%9F%99%82", "1e3.5", "a%2Fb", "-1%2E5"];
  test.each(BAD_IDS)("PATCH and DELETE is refused as %s", async (id) => {
    for (const method of ["PATCH", "DELETE"]) {
      const body = method === "PATCH" ? { quantity: 5 } : undefined;
      const response = await untouched().call(method, `/v1/orders/${id}`, { ...trade, body });
      expect(await refusalOf(response)).toEqual(refusedAt("clientOrderId"));
    }
  });

  test.each(["PATCH", "DELETE"])("%s is absent where nobody knows it", async (method) => {
    const { call } = played({
      ledger: { order: async () => null, reserveReplace: failing, requestCancel: failing },
      gateway: { cancel: failing, modify: failing },
    });
    const body = method === "PATCH" ? { quantity: 5 } : undefined;
    const response = await call(method, "/v1/orders/NaN", { ...trade, body });
    expect(response.status).toBe(404);
    expect((await errorOf(response)).code).toBe("UNKNOWN_ORDER");
  });
});

const nothing = () =>
  played({
    ledger: {
      positions: async () => [],
      requestCancels: async () => ({ openOrders: 0, toCancel: [] }),
      reserve: failing,
    },
    gateway: { place: failing, submit: failing, cancel: failing },
  });

describe("an account that is not there", () => {
  test.each([SUBMIT, CLOSE_ONE, CLOSE_ALL, CANCEL_ALL])(
    "is named to $method $path, which would else say that all is done",
    async ({ method, path, body }) => {
      const named = { ...body, account: "elsewhere" };
      const response = await nothing().call(method, path, { ...trade, body: named });
      expect(await refusalOf(response)).toEqual(refusedAt("account"));
    },
  );

  test.each([CLOSE_ONE, CLOSE_ALL, CANCEL_ALL])(
    "that is there and has nothing open is answered by $method $path",
    async ({ method, path, body }) => {
      const named = { ...body, account: "paper" };
      const response = await nothing().call(method, path, { ...trade, body: named });
      expect(response.status).toBe(200);
    },
  );

  test("and that the ledger still has an order of is a way out all the same", async () => {
    const { call } = played({
      ledger: { requestCancels: async () => ({ openOrders: 1, toCancel: [ORDER] }) },
    });
    const body = { account: "elsewhere" };
    const response = await call("POST", "/v1/orders/cancel-all", { ...trade, body });
    expect(response.status).toBe(200);
    expect(await response.json()).toMatchObject({ openOrders: 1 });
  });
});
