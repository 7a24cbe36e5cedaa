/** Whatever comes in, the API answers it or refuses it in its one shape: never a 500, never half done. */
import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import { errorBody } from "../../src/contract/errors.ts";
import { SCOPES_OF_KEYS } from "../../src/contract/operations.ts";
import { makeKey, played } from "../support/workers/api.ts";
import { ROWS } from "../support/workers/api-routes.ts";

const RUNS = 40;

const all = { key: "" };

beforeAll(async () => {
  all.key = await makeKey([...SCOPES_OF_KEYS]);
});

const NASTY_TEXTS = [
  "",
  " ",
  "0",
  "-0",
  "1e400",
  "NaN",
  "__proto__",
  "\u0000",
  "\ud800",
  "🙂".repeat(200),
  "x".repeat(5_000),
];
const NASTY_VALUES = [0, -0, -1, 1e308, 5e-324, 2 ** 53, null, true, [], {}, [[[]]]];

/** Values that have hurt parsers before, besides whatever fast-check thinks of. */
const nasty = fc.oneof(fc.jsonValue(), fc.constantFrom<unknown>(...NASTY_TEXTS, ...NASTY_VALUES));

/** A body that is right but for one place, so that the fuzz reaches behind the first check. */
const almost = (body: unknown) => {
  if (typeof body !== "object" || body === null) return nasty;
  const fields = Object.keys(body);
  const field = fc.constantFrom(...fields, "__proto__", "constructor", "x");
  return fc.oneof(
    nasty,
    fc.tuple(field, nasty).map(([name, value]) => ({ ...body, [name]: value })),
    // A field that is not there stays away: then the body is right.
    field.map((name) => ({ ...body, [name]: undefined })),
  );
};

/** 2xx, or 4xx in the one shape. */
async function checkAnswer(response: Response): Promise<void> {
  const text = await response.text();
  const said = `${response.status}: ${text.slice(0, 300)}`;
  expect(said).toMatch(/^[24]/);
  if (response.status >= 400) errorBody.strict().parse(JSON.parse(text));
}

describe("any body", () => {
  test.each(ROWS.filter((row) => row.body !== undefined))("to $name", async (row) => {
    const { call } = played();
    // Its own rate limit would answer for the schemas.
    await expect(
      fc.assert(
        fc.asyncProperty(almost(row.body), async (body) => {
          const sent = JSON.stringify(body) ?? "";
          await checkAnswer(await call(row.method, row.path, { ...all, body: sent }));
        }),
        { numRuns: RUNS },
      ),
    ).resolves.toBeUndefined();
  });

  test("that is no JSON at all", async () => {
    const { call } = played();
    await expect(
      fc.assert(
        fc.asyncProperty(fc.string({ unit: "binary" }), async (body) => {
          await checkAnswer(await call("POST", "/v1/orders", { ...all, body }));
        }),
        { numRuns: RUNS },
      ),
    ).resolves.toBeUndefined();
  });
});

describe("any query and any path", () => {
  const names = ["cursor", "limit", "from", "to", "instrument", "instruments", "interval", "state"];
  const pairs = fc.array(fc.tuple(fc.constantFrom(...names), fc.string()), { maxLength: 3 });

  test.each(ROWS.filter((row) => row.method === "GET" && row.name !== "GET /v1/stream"))(
    "of $name",
    async (row) => {
      const { call } = played();
      await expect(
        fc.assert(
          fc.asyncProperty(pairs, async (query) => {
            const [path = ""] = row.path.split("?");
            const search = new URLSearchParams(query).toString();
            await checkAnswer(await call("GET", `${path}?${search}`, all));
          }),
          { numRuns: RUNS },
        ),
      ).resolves.toBeUndefined();
    },
  );

  test("of the whole tree", async () => {
    const { call } = played();
    const part = fc.oneof(fc.string(), fc.constantFrom("..", "%", "%00", "%ff", "v1", "orders"));
    await expect(
      fc.assert(
        fc.asyncProperty(fc.array(part, { maxLength: 4 }), async (parts) => {
          const path = parts.map((text) => text.replaceAll(/[#?\\/]/g, "")).join("/");
          await checkAnswer(await call("GET", `/v1/${path}`, all));
        }),
        { numRuns: RUNS * 3 },
      ),
    ).resolves.toBeUndefined();
  });
});
