/** Every route of the API: who may call it, and that the description tells the same. */
import { beforeAll, describe, expect, test } from "vitest";
import { SCOPES_OF_KEYS } from "../../src/contract/operations.ts";
import { DEVELOPMENT_KEY, errorOf, makeKey, played } from "../support/workers/api.ts";
import { INTENT, OPEN, REASON, ROUTES, ROWS } from "../support/workers/api-routes.ts";

const keys: Record<string, string> = {};

beforeAll(async () => {
  for (const scope of SCOPES_OF_KEYS) keys[scope] = await makeKey([scope], "momentum");
  keys["all"] = await makeKey([...SCOPES_OF_KEYS]);
});

/** With the body, so that a failed test shows what was said. */
const answered = async (response: Response) => ({
  status: response.status,
  said: await response.clone().text(),
});

const halt = async (scope: string) => {
  const body = { scope, reason: REASON };
  return played().call("POST", "/v1/kill-switch", { body, key: keys["trade"] ?? "" });
};

describe("who may call a route", () => {
  test("every route is in the table, and every one in the table is a route", () => {
    const { app } = played();
    const documented = Object.entries(
      app.getOpenAPI31Document({ openapi: "3.1.0", info: { title: "t", version: "1" } }).paths ??
        {},
    ).flatMap(([path, item]) => Object.keys(item).map((verb) => `${verb.toUpperCase()} ${path}`));
    const registered = app.routes
      .filter((route) => route.method !== "ALL")
      .map((route) => `${route.method} ${route.path.replaceAll(/:(\w+)/g, "{$1}")}`);
    const table = [...Object.keys(ROUTES), ...OPEN].sort();
    expect(documented.sort()).toEqual(table);
    expect([...new Set(registered)].sort()).toEqual(table);
  });

  test.each(OPEN)("%s is open", async (name) => {
    const [method = "", path = ""] = name.split(" ");
    expect((await played().call(method, path)).status).toBe(200);
  });

  test.each(ROWS)("$name is refused without a key", async ({ method, path, body }) => {
    const response = await played().call(method, path, { body });
    expect(response.status).toBe(401);
    expect((await errorOf(response)).code).toBe("UNAUTHENTICATED");
  });

  test.each(ROWS)("$name is refused to a key without the scope", async (row) => {
    const { method, path, body, scope } = row;
    for (const other of ["read", "trade", "host"].filter((name) => name !== scope)) {
      const response = await played().call(method, path, { body, key: keys[other] ?? "" });
      expect(response.status).toBe(403);
      expect((await errorOf(response)).code).toBe("FORBIDDEN");
    }
  });

  test.each(ROWS)("$name is refused before its input is looked at", async ({ method, path }) => {
    const wrong = { body: "{not json", key: keys["host"] ?? "" };
    const response = await played().call(
      method,
      path,
      method === "GET" ? { key: wrong.key } : wrong,
    );
    expect(response.status).toBe(403);
  });

  test.each(ROWS)("$name answers a key with the scope", async (row) => {
    const { method, path, body, scope, status = 200, people, unbound } = row;
    const response = await played().call(method, path, { body, key: keys[scope] ?? "" });
    const wanted = people || unbound ? 403 : status;
    expect(await answered(response)).toMatchObject({ status: wanted });
  });

  test.each(ROWS)("$name answers the development key on this machine", async (row) => {
    const { method, path, status = 200 } = row;
    // Bound to no algo, so it has to name one.
    const body = row.name === "POST /v1/orders" ? { ...INTENT, algoId: "momentum" } : row.body;
    const response = await played().call(method, path, { body, key: DEVELOPMENT_KEY });
    expect(await answered(response)).toMatchObject({ status });
  });

  test("only a key that is bound to no algo resets the kill switch", async () => {
    const body = { scope: "portfolio", reason: REASON };
    const call = (key: string) => played().call("POST", "/v1/kill-switch/reset", { body, key });
    expect((await call(keys["admin"] ?? "")).status).toBe(403);
    expect((await call(keys["all"] ?? "")).status).toBe(200);
  });

  test("a trading key halts its own algo and nothing else", async () => {
    expect((await halt("algo:momentum")).status).toBe(200);
    expect((await halt("algo:other")).status).toBe(403);
    expect((await halt("portfolio")).status).toBe(403);
  });
});

describe("the description", () => {
  test("is valid OpenAPI 3.1 with the scope of each route", async () => {
    const document = await (
      await played().call("GET", "/v1/openapi.json")
    ).json<{
      openapi: string;
      paths: Record<string, Record<string, Record<string, unknown>>>;
    }>();
    expect(document.openapi).toBe("3.1.0");
    for (const { method, name, scope } of ROWS) {
      const operation = document.paths[name.split(" ")[1] ?? ""]?.[method.toLowerCase()];
      expect(operation?.["x-scope"]).toBe(scope);
      expect(operation).toHaveProperty("summary");
      expect(operation).toHaveProperty("responses");
    }
  });

  test("has a page without any script, outside file or loose policy", async () => {
    const response = await played().call("GET", "/v1/docs");
    const html = await response.text();
    expect(response.headers.get("content-type")).toContain("text/html");
    expect(html).not.toMatch(/<script|https?:\/\/|\son\w+=/i);
    expect(response.headers.get("content-security-policy")).toMatch(
      /^default-src 'none'; style-src 'sha256-[A-Za-z0-9+/=]+'; frame-ancestors 'none'$/,
    );
    for (const { name } of ROWS) expect(html).toContain(name.split(" ")[1]);
  });
});
