import { afterEach, expect, test, vi } from "vitest";
import { wake } from "../../../scripts/lib/wake.ts";

afterEach(() => {
  vi.unstubAllGlobals();
});

test("a broker at which a person has to sign in is not waited for: it is said at once, with what to do", async () => {
  const broker = { name: "feed paper", state: "down", message: "the broker session is missing" };
  const answers: Record<string, unknown> = {
    "/v1/status": { components: [broker] },
    "/v1/brokers/paper/session": { state: "missing", signIn: "person", reason: "nobody has" },
  };
  vi.stubGlobal("fetch", async (url: string) =>
    Response.json(answers[new URL(url).pathname] ?? {}),
  );
  const began = performance.now();
  const asleep = await wake("http://127.0.0.1:1", "key");
  expect(performance.now() - began).toBeLessThan(5_000);
  for (const words of ["sign in at paper", "POST /v1/paper/request-tokens", "dashboard"])
    expect(asleep).toContain(words);
});

test("one that signs in by itself is waited for", async () => {
  const broker = { name: "feed paper", state: "down", message: "the broker session is missing" };
  let asked = 0;
  const status = () => ({ components: (asked += 1) > 3 ? [] : [broker] });
  const answers: Record<string, () => unknown> = {
    "/v1/status": status,
    "/v1/brokers/paper/session": () => ({ state: "missing", signIn: "automatic", reason: null }),
    "/v1/balances": () => ({ items: [1] }),
  };
  vi.stubGlobal("fetch", async (url: string) =>
    Response.json(answers[new URL(url).pathname]?.() ?? {}),
  );
  expect(await wake("http://127.0.0.1:1", "key")).toBeNull();
  expect(asked).toBe(4);
});
