/** The paper exchange's sign-in page: what it hands out, and what it refuses with what to do. */
import { applyD1Migrations, reset } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, beforeEach, expect, test } from "vitest";
import { errorOf, makeKey, played } from "../support/workers/api.ts";

const PATH = "/v1/paper/request-tokens";

let admin = "";

beforeEach(async () => {
  await applyD1Migrations(env.DB, env.TEST_MIGRATIONS);
  admin = await makeKey(["admin"]);
});

afterEach(async () => {
  await reset();
  env.PAPER_SIGN_IN = "automatic";
});

/** On the real exchange of an account. */
const ask = (account: string, more: { body?: unknown; headers?: Record<string, string> } = {}) => {
  const paper = (request: Request) => env.PAPER_BROKER.getByName(account).fetch(request);
  return played({ paper }).call("POST", `${PATH}?account=${account}`, { key: admin, ...more });
};

test.each([
  ["without a body", {}],
  ["with an empty one", { body: {} }],
  ["with an empty text that is said to be JSON", { body: "" }],
])("where a person signs in a request token is handed out, %s", async (_, more) => {
  env.PAPER_SIGN_IN = "person";
  const response = await ask("paper", more);
  expect(response.status).toBe(200);
  expect(await response.json()).toEqual({
    requestToken: expect.any(String),
    expiresAt: expect.any(Number),
  });
});

test.each([
  ["where the deployment signs in by itself", "automatic", "paper"],
  ["at an exchange that gives data alone", "person", "paper-backup"],
])("%s none is handed out, for it would be refused", async (_, signIn, account) => {
  env.PAPER_SIGN_IN = signIn;
  const response = await ask(account);
  const { code, message } = await errorOf(response);
  expect(code).toBe("BROKER_REJECTED");
  for (const words of ["signs in by itself", "PAPER_SIGN_IN", "person", "wrangler.toml"])
    expect(message).toContain(words);
});

test("a field that is none, and a body that is no JSON, are refused by name", async () => {
  env.PAPER_SIGN_IN = "person";
  const field = await errorOf(await ask("paper", { body: { minutes: 60 } }));
  expect(field.code).toBe("BAD_REQUEST");
  expect(field.message).toContain("minutes");
  expect(field.details).toMatchObject({ issues: [{ path: "body" }] });
  expect(await errorOf(await ask("paper", { body: "{" }))).toMatchObject({
    code: "BAD_REQUEST",
    message: "The body is not valid JSON.",
  });
  const headers = { "content-type": "text/plain" };
  for (const body of ["minutes=60", '{"minutes":60}']) {
    const form = await errorOf(await ask("paper", { body, headers }));
    expect(form).toMatchObject({ code: "BAD_REQUEST" });
    expect(form.message).toContain("application/json");
  }
});
