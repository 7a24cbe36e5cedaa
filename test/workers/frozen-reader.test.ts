/** A reader that takes nothing any more, and does not even answer that it is closed. */
import { reset } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, expect, test, vi } from "vitest";
import { STREAM_BUFFERED_BYTES_CLOSE } from "../../src/domain/limits.ts";
import { market } from "../../src/platform/objects.ts";
import { dialMarket, until } from "../support/workers/algo.ts";

vi.setConfig({ testTimeout: 40_000 });

afterEach(() => reset());

/** What every socket tells of what its peer has not taken; answers how it was before. */
function unread(bytes: number): () => void {
  const before = Object.getOwnPropertyDescriptor(WebSocket.prototype, "bufferedAmount");
  const told = { get: () => bytes, configurable: true };
  Object.defineProperty(WebSocket.prototype, "bufferedAmount", told);
  return () => {
    if (before) Object.defineProperty(WebSocket.prototype, "bufferedAmount", before);
    else Reflect.deleteProperty(WebSocket.prototype, "bufferedAmount");
  };
}

test("a socket that is closed for what it did not read leaves its market at once, whether or not its peer answers", async () => {
  // Never accepted: its peer reads nothing, and answers no close.
  await dialMarket();
  const m1 = market(env, "m1");
  expect(await m1.view()).toMatchObject({ sockets: 1 });
  const restore = unread(STREAM_BUFFERED_BYTES_CLOSE + 1);
  try {
    await m1.drain({ close: "after_hours", reason: "a test" });
  } finally {
    restore();
  }
  await until(async () => (await m1.view()).sockets === 0);
});
