import { describe, expect, test, vi } from "vitest";
import type { SubmitOutcome } from "../../../../src/brokers/broker.ts";
import {
  IN_FLIGHT_AFTER_MS,
  IN_FLIGHT_CHECK_MS,
  IN_FLIGHT_TRIES_MAX,
} from "../../../../src/domain/limits.ts";
import {
  approvedWith,
  executionOf,
  scripted,
  type Script,
} from "../../../support/orders/scripted.ts";

/** A broker that does not answer a submit until the test does. */
const silent = () => {
  const answer = Promise.withResolvers<SubmitOutcome>();
  const script: Script = { submit: () => answer.promise };
  const desk = scripted(script);
  const done = desk.gateway.submit(approvedWith(), 1);
  return { desk, script, answer, done };
};

describe("orders in flight", () => {
  test("are looked for from five seconds on, each two seconds, and are unknown after the last try", async () => {
    const { desk, answer, done } = silent();
    await Promise.resolve();
    await vi.waitFor(() => expect(desk.sent).toHaveLength(1));
    desk.advance(IN_FLIGHT_AFTER_MS - 1);
    await desk.gateway.watch();
    expect(desk.store.orders.get("o-1")?.looks).toBe(0);
    desk.advance(1);
    for (let look = 1; look < IN_FLIGHT_TRIES_MAX; look += 1) {
      await desk.gateway.watch();
      await desk.gateway.watch();
      expect(desk.store.orders.get("o-1")).toMatchObject({ record: "recorded", looks: look });
      desk.advance(IN_FLIGHT_CHECK_MS);
    }
    await desk.gateway.watch();
    expect(desk.store.orders.get("o-1")?.record).toBe("unknown");
    answer.resolve({ outcome: "unknown", reason: "no answer" });
    expect((await done).outcome).toBe("unknown");
    expect(desk.sent).toHaveLength(1);
  });

  test("a failed question counts no try", async () => {
    const { desk, script } = silent();
    await vi.waitFor(() => expect(desk.sent).toHaveLength(1));
    script.isUnreachable = true;
    for (let look = 0; look < 3 * IN_FLIGHT_TRIES_MAX; look += 1) {
      desk.advance(IN_FLIGHT_AFTER_MS);
      await desk.gateway.watch();
    }
    expect(desk.store.orders.get("o-1")).toMatchObject({ record: "recorded", looks: 0 });
  });

  test("what a look finds waits for the answer, and is stronger than it", async () => {
    const { desk, script, answer, done } = silent();
    await vi.waitFor(() => expect(desk.sent).toHaveLength(1));
    script.executions = [executionOf("E1", "10")];
    desk.advance(IN_FLIGHT_AFTER_MS);
    await desk.gateway.watch();
    expect(desk.posts).toEqual([]);
    answer.resolve({ outcome: "unknown", reason: "no answer" });
    expect((await done).outcome).toBe("accepted");
    expect(desk.kinds()).toEqual(["accepted", "filled"]);
  });
});
