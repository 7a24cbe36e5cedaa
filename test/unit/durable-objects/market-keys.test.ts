import { expect, test } from "vitest";
import { KeyUse } from "../../../durable-objects/market.keys.ts";
import type { AlgoSocket } from "../../../durable-objects/market.socket.ts";
import type { Caller } from "../../../src/application/caller.ts";
import {
  STREAM_KEY_INSTRUMENTS_MAX,
  STREAM_KEY_MESSAGES_PER_SECOND_MAX,
} from "../../../src/domain/market-limits.ts";

const key = (id: string): Caller => ({ kind: "algo", id, algoId: "alpha", scopes: ["read"] });
const person: Caller = { kind: "person", id: "k1", algoId: null, scopes: ["admin"] };

const socketOf = (caller: Caller, size: number): AlgoSocket =>
  ({
    caller,
    instruments: { size: size - 1 },
    candles: { size: 1 },
  }) as Partial<AlgoSocket> as AlgoSocket;

test("a key's messages are counted over all its sockets, a second at a time, and no other's with them", () => {
  const use = new KeyUse(() => []);
  for (let n = 0; n < STREAM_KEY_MESSAGES_PER_SECOND_MAX; n += 1)
    expect(use.mayTalk(key("k1"), 1_000)).toBe(true);
  expect(use.mayTalk(key("k1"), 1_999)).toBe(false);
  expect(use.mayTalk(key("k2"), 1_999)).toBe(true);
  expect(use.mayTalk(person, 1_999)).toBe(true);
  expect(use.mayTalk(key("k1"), 2_000)).toBe(true);
});

test("a key's instruments are counted over all its sockets, on both sides of the limit", () => {
  const half = STREAM_KEY_INSTRUMENTS_MAX / 2;
  const sockets = [
    socketOf(key("k1"), half),
    socketOf(key("k1"), half - 1),
    socketOf(key("k2"), 9),
  ];
  const use = new KeyUse(() => sockets);
  expect(use.tooMany(key("k1"), 1)).toBe(null);
  expect(use.tooMany(key("k1"), 2)).toBe(STREAM_KEY_INSTRUMENTS_MAX + 1);
  expect(use.tooMany(person, STREAM_KEY_INSTRUMENTS_MAX + 1)).toBe(null);
});
