/** The desk, reconciliation and what was traded by hand, asked for what is none: refused by the field's name, and nobody hears of it. */
import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, test } from "vitest";
import { layReport, unfrozen } from "../support/workers/api-reconciliation.ts";
import { DEVELOPMENT_KEY, errorOf, failing, makeKey, played } from "../support/workers/api.ts";

const person = { key: DEVELOPMENT_KEY };
const REASON = "looked at both sides";
const EXECUTED = { brokerOrderId: "b-2", price: "1500", quantity: "10", reason: REASON };
const BY_HAND = { instrument: "NSE:INFY", side: "buy", quantity: "1", limitPrice: "1430" };
const REPORT = { account: "paper", day: "2026-11-20", startedBy: "a test" } as const;

beforeAll(async () => {
  await layReport({ id: "open-1", ...REPORT }, "unresolved");
});

/** A platform in which nobody may be asked to change anything. */
const untouched = () =>
  played({
    ledger: { reserve: failing, post: failing, control: failing },
    gateway: {
      executeByHand: failing,
      discardByHand: failing,
      place: failing,
      submit: failing,
      giveUpUnsent: failing,
      unfreeze: failing,
      brokerBook: failing,
    },
  });

const counts = async () =>
  (
    await env.DB.prepare(
      "SELECT (SELECT COUNT(*) FROM audit_log) AS audits, (SELECT COUNT(*) FROM reconciliations) AS reports, (SELECT status FROM reconciliations WHERE id = 'open-1') AS status",
    ).first()
  )?.valueOf();

/** What comes of a request that should be refused at `place`, wherever in the body that is when it is null. */
async function answerTo(
  method: string,
  path: string,
  body: unknown,
  place: string | null,
): Promise<object> {
  const before = await counts();
  const text = typeof body === "string" ? body : JSON.stringify(body);
  const response = await untouched().call(method, path, { ...person, body: text });
  const { code, details } = await errorOf(response);
  const places = details?.issues?.map((issue) => issue.path) ?? [];
  const isNamed = place === null || places.includes(place);
  const after = await counts();
  const isUnchanged = JSON.stringify(after) === JSON.stringify(before) && unfrozen.length === 0;
  return { status: response.status, code, isNamed, isUnchanged };
}

const REFUSED = { status: 400, code: "BAD_REQUEST", isNamed: true, isUnchanged: true };

/** As they stand in a body, which JSON has its own mind about. */
const NUMBERS: [string, string][] = [
  ["negative", '"-1"'],
  ["a negative number", "-1"],
  ["zero", '"0"'],
  ["NaN", '"NaN"'],
  ["Infinity", '"Infinity"'],
  ["with an exponent", '"1e3"'],
  ["a number with an exponent", "1e30"],
  ["a number beyond all bounds", "1e999"],
  ["too small to write without an exponent", "1e-9"],
  ["too long before the point", `"${"1".repeat(19)}"`],
  ["too long after the point", `"1.${"1".repeat(19)}"`],
  ["endless", `"${"1".repeat(5_000)}"`],
  ["empty", '""'],
  ["of other digits", '"١٠"'],
  ["nobody's", "null"],
  ["a list", "[1]"],
];

const REASONS: [string, string][] = [
  ["empty", '""'],
  ["blank", '"     "'],
  ["too short", '"ok"'],
  ["too long", `"${"x".repeat(501)}"`],
  ["a number", "5"],
  ["nobody's", "null"],
];

const withField = (body: object, field: string, text: string): string => {
  const { [field as keyof typeof body]: _, ...rest } = body;
  const others = JSON.stringify(rest).slice(1, -1);
  return `{${others}${others === "" ? "" : ","}${JSON.stringify(field)}:${text}}`;
};

const DESK = "/v1/dead-letters/order-1";

describe.each(["price", "quantity"])("an execution by hand whose %s is", (field) => {
  test.each(NUMBERS)("%s is refused", (_, text) =>
    expect(
      answerTo("POST", `${DESK}/executed`, withField(EXECUTED, field, text), field),
    ).resolves.toEqual(REFUSED),
  );
});

describe("an execution by hand", () => {
  test.each([
    ["an empty id", '""'],
    ["a blank id", '"  "'],
    ["an id with a blank", '"b 2"'],
    ["an id that is too long", `"${"b".repeat(65)}"`],
    ["an id with a line's end inside", '"b\\n2"'],
    ["an id of pictures", '"🙂"'],
    ["a number for an id", "2"],
    ["no id", "null"],
  ])("with %s is refused", (_, text) =>
    expect(
      answerTo(
        "POST",
        `${DESK}/executed`,
        withField(EXECUTED, "brokerOrderId", text),
        "brokerOrderId",
      ),
    ).resolves.toEqual(REFUSED),
  );

  test.each(["price", "quantity", "brokerOrderId", "reason"] as const)(
    "without its %s is refused",
    (field) => {
      const { [field]: _, ...rest } = EXECUTED;
      return expect(answerTo("POST", `${DESK}/executed`, rest, field)).resolves.toEqual(REFUSED);
    },
  );

  test("with a field that nobody knows is refused", () =>
    expect(
      answerTo("POST", `${DESK}/executed`, { ...EXECUTED, side: "buy" }, null),
    ).resolves.toEqual(REFUSED));
});

describe.each([
  [`${DESK}/executed`, EXECUTED],
  [`${DESK}/discard`, { reason: REASON }],
  [`${DESK}/retry`, { reason: REASON }],
  ["/v1/reconciliations/open-1/accept", { reason: REASON }],
])("at %s a reason that is", (path, body) => {
  test.each(REASONS)("%s is refused", (_, text) =>
    expect(answerTo("POST", path, withField(body, "reason", text), "reason")).resolves.toEqual(
      REFUSED,
    ),
  );

  test("beside a field that nobody knows is refused", () =>
    expect(answerTo("POST", path, { ...body, by: "somebody else" }, null)).resolves.toEqual(
      REFUSED,
    ));
});

test.each([
  ["GET", "/v1/dead-letters/a%20b", undefined],
  ["GET", `/v1/dead-letters/${"a".repeat(37)}`, undefined],
  ["POST", `/v1/dead-letters/${"a".repeat(37)}/executed`, EXECUTED],
  ["POST", "/v1/dead-letters/a.b/discard", { reason: REASON }],
  ["POST", "/v1/dead-letters/a%2Fb/retry", { reason: REASON }],
  ["GET", `/v1/reconciliations/${"a".repeat(121)}`, undefined],
  ["POST", `/v1/reconciliations/${"a".repeat(121)}/accept`, { reason: REASON }],
])("an id that is none is refused: %s %s", async (method, path, body) => {
  const response = await untouched().call(method, path, {
    ...person,
    ...(body ? { body: JSON.stringify(body) } : {}),
  });
  expect(response.status).toBe(400);
  expect((await errorOf(response)).code).toBe("BAD_REQUEST");
});

describe("a run of the reconciliation for an account that is", () => {
  test.each([
    ["empty", '""'],
    ["a path", '"../paper"'],
    ["in capitals", '"PAPER"'],
    ["too long", `"${"a".repeat(65)}"`],
    ["a number", "1"],
    ["nobody's", "null"],
    ["a list", '["paper"]'],
  ])("%s is refused", (_, text) =>
    expect(
      answerTo("POST", "/v1/reconciliations", withField({}, "account", text), "account"),
    ).resolves.toEqual(REFUSED),
  );

  test("another's is not there, and no report is made of it", async () => {
    const before = await counts();
    const body = { account: "elsewhere" };
    const response = await untouched().call("POST", "/v1/reconciliations", { ...person, body });
    expect([response.status, (await errorOf(response)).code]).toEqual([404, "NOT_FOUND"]);
    expect(await counts()).toEqual(before);
  });

  test.each(["day", "from", "id"])("named beside a %s of the caller's is refused", (field) =>
    expect(
      answerTo("POST", "/v1/reconciliations", { account: "paper", [field]: "2026-11-20" }, null),
    ).resolves.toEqual(REFUSED),
  );
});

const QUERIES: [string, string][] = [
  ["limit", "0"],
  ["limit", "-1"],
  ["limit", "1.5"],
  ["limit", "1e3"],
  ["limit", "NaN"],
  ["limit", "Infinity"],
  ["limit", "1000000"],
  ["limit", ""],
  ["limit", "1".repeat(400)],
  ["cursor", "x".repeat(5_000)],
];

describe.each(["/v1/reconciliations", "/v1/dead-letters"])("a page of %s with", (path) => {
  test.each(QUERIES)("%s of %s is refused by its name", async (name, value) => {
    const query = new URLSearchParams({ [name]: value });
    const response = await untouched().call("GET", `${path}?${query.toString()}`, person);
    expect(response.status).toBe(400);
    expect((await errorOf(response)).details?.issues?.map((issue) => issue.path)).toContain(name);
  });

  test.each([`${path}?cursor=none`, `${path}?page=2`])("%s is refused", async (asked) => {
    const response = await untouched().call("GET", asked, person);
    expect(response.status).toBe(400);
  });
});

test("dead letters of a status that is none are refused", async () => {
  const response = await untouched().call("GET", "/v1/dead-letters?status=lost", person);
  expect(response.status).toBe(400);
});

describe("an order by hand at the paper exchange", () => {
  test.each(NUMBERS)("of a quantity that is %s is refused", (_, text) =>
    expect(
      answerTo("POST", "/v1/paper/hand-orders", withField(BY_HAND, "quantity", text), "quantity"),
    ).resolves.toEqual(REFUSED),
  );

  test.each(NUMBERS)("at a limit that is %s is refused", (_, text) =>
    expect(
      answerTo(
        "POST",
        "/v1/paper/hand-orders",
        withField(BY_HAND, "limitPrice", text),
        "limitPrice",
      ),
    ).resolves.toEqual(REFUSED),
  );

  test.each([
    ["side", '"hold"'],
    ["side", '"BUY"'],
    ["side", "null"],
    ["instrument", '"infy"'],
    ["instrument", `"NSE:${"A".repeat(100)}"`],
    ["instrument", "7"],
  ])("with %s of %s is refused", (field, text) =>
    expect(
      answerTo("POST", "/v1/paper/hand-orders", withField(BY_HAND, field, text), field),
    ).resolves.toEqual(REFUSED),
  );

  test("with a side and no quantity is refused", () =>
    expect(
      answerTo("POST", "/v1/paper/hand-orders", { instrument: "NSE:INFY", side: "buy" }, null),
    ).resolves.toEqual(REFUSED));
});

test("an id that belongs to orders placed past the platform is no algo's to take", async () => {
  const key = await makeKey(["trade"], "momentum");
  const body = {
    clientOrderId: "external-P1",
    instrument: "NSE:INFY",
    side: "buy",
    type: "market",
    quantity: 1,
  };
  const response = await untouched().call("POST", "/v1/orders", { key, body });
  expect(response.status).toBe(400);
  const { details } = await errorOf(response);
  expect(details?.issues?.[0]?.path).toBe("clientOrderId");
});
