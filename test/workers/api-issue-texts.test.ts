/** Whoever sends something wrong is told where, and what would be right, in words for people. */
import { describe, expect, test } from "vitest";
import { MARKET_SOCKETS_MAX } from "../../src/domain/limits.ts";
import { DEVELOPMENT_KEY, errorOf, played } from "../support/workers/api.ts";
import { ROWS } from "../support/workers/api-routes.ts";

const all = { key: DEVELOPMENT_KEY };

/** How the schema library itself begins to say what is wrong. */
const RAW = /\b(Too (big|small)|Invalid|Unrecognized|expected \w+ to|received)\b/;

test.each([
  [MARKET_SOCKETS_MAX + 1, `must be at most ${MARKET_SOCKETS_MAX}, not ${MARKET_SOCKETS_MAX + 1}`],
  [0, "must be at least 1, not 0"],
  [1.5, "must be a whole number, not 1.5"],
  ["many", 'must be a number, not "many"'],
  [undefined, "must be a number; it is missing"],
])("a market's socketsMax of %j is refused with what it must be", async (socketsMax, text) => {
  const { call } = played();
  const response = await call("PUT", "/v1/markets", { ...all, body: { socketsMax } });
  expect(response.status).toBe(400);
  expect(await errorOf(response)).toMatchObject({
    code: "BAD_REQUEST",
    message: `socketsMax: ${text}`,
    details: { issues: [{ path: "socketsMax", message: text }] },
  });
});

const WRONG = [null, true, -1, 1e300, 0.5, "", "x".repeat(300), [], [null], {}, { x: 1 }];

describe("no text of the schema library leaves by a wrong body", () => {
  test.each(ROWS.filter((row) => row.body !== undefined))("of $name", async (row) => {
    const { call } = played();
    const body = row.body as Record<string, unknown>;
    const broken = [
      ...WRONG,
      { ...body, noSuchField: 1 },
      ...Object.keys(body).flatMap((name) =>
        [undefined, ...WRONG].map((value) => ({ ...body, [name]: value })),
      ),
    ];
    let refusals = 0;
    for (const one of broken) {
      const response = await call(row.method, row.path, { ...all, body: JSON.stringify(one) });
      if (response.status !== 400) continue;
      refusals += 1;
      const { message, details } = await errorOf(response);
      expect(message).not.toMatch(RAW);
      for (const issue of details?.issues ?? []) expect(issue.message).not.toMatch(RAW);
    }
    expect(refusals).toBeGreaterThan(0);
  });
});

describe("nor by a wrong query", () => {
  test.each(ROWS.filter((row) => row.method === "GET" && row.name !== "GET /v1/stream"))(
    "of $name",
    async (row) => {
      const { call } = played();
      const [path = ""] = row.path.split("?");
      const names = ["cursor", "limit", "from", "to", "instrument", "instruments", "interval"];
      for (const name of [...names, "state", "noSuchField"])
        for (const value of ["", "0", "-1", "x".repeat(2_000)]) {
          const response = await call("GET", `${path}?${name}=${value}`, all);
          if (response.status !== 400) continue;
          const { message, details } = await errorOf(response);
          expect(message).not.toMatch(RAW);
          for (const issue of details?.issues ?? []) expect(issue.message).not.toMatch(RAW);
        }
    },
  );
});
