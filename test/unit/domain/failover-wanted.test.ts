import { expect, test } from "vitest";
import {
  activeProvider,
  failover,
  type FailoverEvent,
  nextLookAt,
  noted,
  type ProviderState,
  startFailover,
  wantedAgain,
} from "../../../src/domain/failover.ts";

const WAITS = { leaveMs: 1_000, unheardMs: 5_000, unknownMs: 300_000, settleMs: 20_000 };
const BOUNDS = { ...WAITS, dueSince: 0 };
const LOOK: FailoverEvent = { kind: "look" };
const health = (provider: string, state: ProviderState): FailoverEvent => ({
  kind: "health",
  provider,
  state,
});

/** The best was left in trouble, and for a day nobody asked. */
const left = noted(startFailover(["best", "second"], 0), health("best", "stale"), 0);
const now = 86_400_000;

test("no trouble from before nobody wanted it counts: each is given time to bring something", () => {
  const again = wantedAgain(left, now);
  const said = failover(again, health("best", "unknown"), now, BOUNDS);
  const looked = failover(said.state, LOOK, now + 1, BOUNDS);
  expect([...said.happened, ...looked.happened]).toEqual([]);
  expect(nextLookAt(looked.state, BOUNDS)).toBe(now + WAITS.unknownMs);
});

test("a trouble that is heard of when it is wanted again is one within its usual time", () => {
  const heard = failover(wantedAgain(left, now), health("best", "stale"), now + 500, BOUNDS);
  const late = failover(heard.state, LOOK, now + 500 + WAITS.leaveMs, BOUNDS);
  expect(late.happened).toEqual([{ kind: "down" }]);
});

test("what was down is not down before it had time, and what was fresh stays so", () => {
  const down = { ...noted(left, health("second", "fresh"), 10), isDown: true };
  const again = wantedAgain(down, now);
  expect(activeProvider(again)).toBe("best");
  expect(again.health["second"]).toEqual({ state: "fresh", since: 10 });
});
