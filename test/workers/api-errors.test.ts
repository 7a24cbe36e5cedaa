/** What every refusal of the API looks like: one shape, whatever went wrong and wherever. */
import { beforeAll, describe, expect, test } from "vitest";
import { SCOPES_OF_KEYS } from "../../src/contract/operations.ts";
import { REQUEST_BODY_BYTES_MAX } from "../../src/domain/limits.ts";
import { errorOf, makeKey, played } from "../support/workers/api.ts";
import { INTENT } from "../support/workers/api-routes.ts";

const all = { key: "" };

beforeAll(async () => {
  all.key = await makeKey([...SCOPES_OF_KEYS]);
});

const sendBytes = (bytes: number) => {
  const body = JSON.stringify({ pad: "x".repeat(bytes - '{"pad":""}'.length) });
  return played().call("POST", "/v1/orders", { ...all, body });
};

describe("every refusal has the one shape", () => {
  test.each([
    ["an unknown path", "GET", "/v1/nothing", undefined, 404, "NOT_FOUND"],
    ["an unknown path outside v1", "POST", "/health/x", "{}", 404, "NOT_FOUND"],
    ["a wrong method", "PUT", "/v1/orders", "{}", 405, "METHOD_NOT_ALLOWED"],
    [
      "a wrong method on a path with a parameter",
      "POST",
      "/v1/orders/x",
      "{}",
      405,
      "METHOD_NOT_ALLOWED",
    ],
    ["broken JSON", "POST", "/v1/orders", "{", 400, "BAD_REQUEST"],
    ["no body", "POST", "/v1/orders", undefined, 400, "BAD_REQUEST"],
    ["a body that is no object", "POST", "/v1/orders", "[]", 400, "BAD_REQUEST"],
    ["an unknown order", "GET", "/v1/orders/nope", undefined, 404, "UNKNOWN_ORDER"],
    ["an id that cannot be", "GET", "/v1/orders/no%20pe", undefined, 400, "BAD_REQUEST"],
    ["an id that does not decode", "GET", "/v1/orders/%FF", undefined, 400, "BAD_REQUEST"],
    ["an unknown broker", "PUT", "/v1/brokers/nope/feed", '{"shards":1}', 404, "UNKNOWN_BROKER"],
    [
      "an unknown instrument",
      "GET",
      "/v1/quotes?instruments=NSE:NOPE",
      undefined,
      400,
      "UNKNOWN_INSTRUMENT",
    ],
    [
      "an account that is not paper",
      "GET",
      "/v1/paper?account=real",
      undefined,
      400,
      "BAD_REQUEST",
    ],
    [
      "an unknown instrument on the watchlist",
      "PUT",
      "/v1/watchlist",
      '{"items":[{"instrument":"NSE:NOPE"}]}',
      400,
      "UNKNOWN_INSTRUMENT",
    ],
    ["an unknown query name", "GET", "/v1/orders?stat=new", undefined, 400, "BAD_REQUEST"],
    ["a cursor of another list", "GET", "/v1/trades?cursor=abc", undefined, 400, "BAD_REQUEST"],
    ["a cursor that is none", "GET", "/v1/orders?cursor=abc", undefined, 400, "BAD_REQUEST"],
    ["a repeated query name", "GET", "/v1/orders?limit=1&limit=2", undefined, 400, "BAD_REQUEST"],
  ] as const)("%s", async (_, method, path, body, status, code) => {
    const response = await played().call(method, path, { ...all, body });
    expect(response.status).toBe(status);
    expect((await errorOf(response)).code).toBe(code);
  });

  test("a wrong method says which ones there are", async () => {
    const response = await played().call("PUT", "/v1/orders", all);
    expect(response.headers.get("allow")).toBe("POST, GET, HEAD");
  });

  test("a wrong field is named with its path and what would be right", async () => {
    const body = { ...INTENT, quantity: "1e3", limitPrice: undefined, surplus: 1 };
    const response = await played().call("POST", "/v1/orders", { ...all, body });
    const { code, details } = await errorOf(response);
    expect(code).toBe("BAD_REQUEST");
    const paths = details?.issues?.map((issue) => issue.path);
    expect(paths).toEqual(expect.arrayContaining(["quantity", "body"]));
  });

  test("a body of another content type is refused, not read as empty", async () => {
    for (const type of ["text/plain", "application/x-www-form-urlencoded"]) {
      const headers = { "content-type": type };
      const body = JSON.stringify(INTENT);
      const response = await played().call("POST", "/v1/orders", { ...all, body, headers });
      expect(response.status).toBe(400);
      expect((await errorOf(response)).message).toContain("content-type");
    }
  });

  test("a body at the limit is read, one byte more is refused", async () => {
    expect((await sendBytes(REQUEST_BODY_BYTES_MAX)).status).toBe(400);
    const response = await sendBytes(REQUEST_BODY_BYTES_MAX + 1);
    expect(response.status).toBe(413);
    expect((await errorOf(response)).code).toBe("BODY_TOO_LARGE");
  });

  test("a bug is logged with its request id and tells the client nothing", async () => {
    const secret = "a secret of the inside";
    const status = async () => Promise.reject(new Error(secret));
    const { call, logged } = played({ ledger: { status } });
    const headers = { "x-request-id": "quoted-by-a-person" };
    const response = await call("GET", "/v1/risk", { ...all, headers });
    expect(response.status).toBe(500);
    const text = await response.clone().text();
    expect((await errorOf(response)).code).toBe("INTERNAL");
    expect(text).not.toContain(secret);
    expect(text).not.toContain(".ts");
    expect(logged).toMatchObject([{ level: "error", facts: { requestId: "quoted-by-a-person" } }]);
  });

  test("a request id that could break a log line is replaced", async () => {
    const headers = { "x-request-id": "a b" };
    const id = (await played().call("GET", "/health", { headers })).headers.get("x-request-id");
    expect(id).toMatch(/^[0-9a-f-]{36}$/);
  });

  test("nothing may be sniffed, framed, run or cached", async () => {
    const { headers } = await played().call("GET", "/v1/risk", all);
    expect(headers.get("x-content-type-options")).toBe("nosniff");
    expect(headers.get("cache-control")).toBe("no-store");
    expect(headers.get("content-security-policy")).toContain("frame-ancestors 'none'");
  });
});
