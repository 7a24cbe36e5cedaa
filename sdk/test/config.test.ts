import { describe, expect, test, vi } from "vitest";
import { checkAlgoId, resolveConfig } from "../src/config.ts";
import { Pace } from "../src/pace.ts";

describe("configuration", () => {
  test("options come before the environment, and the address has a default", () => {
    const env = { TRUNKLINE_URL: "https://a.example/base/", TRUNKLINE_KEY: "tl_env" };
    expect(resolveConfig({}, env)).toEqual({
      url: "https://a.example/base",
      streamUrl: "wss://a.example/base/v1/stream?format=compact",
      key: "tl_env",
    });
    expect(resolveConfig({ key: " tl_own\n" }, {})).toMatchObject({
      url: "http://127.0.0.1:8787",
      key: "tl_own",
    });
  });

  test.each([
    [{}, {}, /no key: set TRUNKLINE_KEY or pass \{ key \}.*\.trunkline\/dev-key/],
    [{ key: "two words" }, {}, /characters that no key has/],
    [{ key: "k", url: "ftp://x" }, {}, /must be an http or https address/],
    [{ key: "k" }, { TRUNKLINE_URL: "localhost:8787" }, /must be an http or https address/],
    [{ key: "k", url: "http://10.0.0.5:8787" }, {}, /carry the key in the open/],
  ])("%j with %j is refused with what to do", (options, env, message) => {
    expect(() => resolveConfig(options, env)).toThrow(message);
  });

  test("plain http goes to this machine, or where it was allowed", () => {
    for (const url of ["http://localhost:1", "http://127.0.0.1:1", "http://[::1]:1"]) {
      expect(resolveConfig({ key: "k", url }, {}).url).toBe(url);
    }
    const allowed = { key: "k", url: "http://10.0.0.5:1", allowInsecure: true };
    expect(resolveConfig(allowed, {}).url).toBe("http://10.0.0.5:1");
  });

  test("an algo id is checked as the platform checks it", () => {
    expect(checkAlgoId("my-algo_2")).toBe("my-algo_2");
    expect(() => checkAlgoId(undefined)).toThrow(/pass \{ algoId/);
    expect(() => checkAlgoId("My Algo")).toThrow(/lower-case/);
  });
});

describe("pacing", () => {
  test("a burst is late, never lost, never reordered, and never above the rate", () => {
    vi.useFakeTimers();
    try {
      const sent: { text: string; at: number }[] = [];
      const pace = new Pace(5, (text) => void sent.push({ text, at: Date.now() }));
      for (let n = 0; n < 12; n += 1) pace.send(String(n));
      expect(sent).toHaveLength(5);
      vi.advanceTimersByTime(5_000);
      expect(sent.map(({ text }) => text)).toEqual(Array.from({ length: 12 }, (_n, n) => `${n}`));
      for (const { at } of sent) {
        const near = sent.filter((other) => other.at >= at && other.at < at + 1_000);
        expect(near.length).toBeLessThanOrEqual(5);
      }
      for (let n = 0; n < 9; n += 1) pace.send("x");
      pace.stop();
      vi.advanceTimersByTime(5_000);
      expect(sent.filter(({ text }) => text === "x")).toHaveLength(5);
    } finally {
      vi.useRealTimers();
    }
  });

  test("the newest acknowledgement goes ahead of what waits, and what waits gets its turns all the same", () => {
    vi.useFakeTimers();
    try {
      const sent: string[] = [];
      const pace = new Pace(5, (text) => void sent.push(text));
      for (let n = 0; n < 12; n += 1) pace.send(`request ${n}`);
      pace.sendAhead("ack 1");
      pace.sendAhead("ack 2");
      for (let n = 3; n < 63; n += 1) {
        vi.advanceTimersByTime(50);
        pace.sendAhead(`ack ${n}`);
      }
      expect(sent.filter((text) => text.startsWith("request"))).toHaveLength(12);
      expect(sent[5]).toMatch(/^ack/);
      expect(sent).not.toContain("ack 1");
      vi.advanceTimersByTime(2_000);
      expect(sent.at(-1)).toBe("ack 62");
    } finally {
      vi.useRealTimers();
    }
  });
});
