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

  test("have a status that is true when it is looked at: a failed look is told of while it is about something", async () => {
    const { desk, script, answer, done } = silent();
    const status = async () => (await desk.gateway.reconciliation(true)).checks[0];
    await vi.waitFor(() => expect(desk.sent).toHaveLength(1));
    expect(await status()).toMatchObject({ kind: "in_flight", result: "not_run" });
    script.isUnreachable = true;
    desk.advance(IN_FLIGHT_AFTER_MS);
    await desk.gateway.watch();
    expect(await status()).toMatchObject({ result: "failed" });
    answer.resolve({ outcome: "accepted", brokerOrderId: "B1", pendingTrigger: false });
    await done;
    const over = { result: "ok", message: "nothing waits for its answer", nextRunAt: null };
    expect(await status()).toMatchObject(over);
    // The next one has not been looked for, whatever became of the look for the first.
    const second = Promise.withResolvers<SubmitOutcome>();
    script.submit = () => second.promise;
    void desk.gateway.submit(approvedWith({ clientOrderId: "o-2" }), 1);
    await vi.waitFor(() => expect(desk.sent).toHaveLength(2));
    expect(await status()).toMatchObject({
      result: "ok",
      message: "what waits for its answer has not been looked for yet",
      nextRunAt: expect.any(Number),
    });
    desk.advance(IN_FLIGHT_AFTER_MS);
    await desk.gateway.watch();
    expect(await status()).toMatchObject({ result: "failed" });
  });

  test("that a run left behind when it died are in flight no more, whatever its last look came to", async () => {
    const { desk, script } = silent();
    await vi.waitFor(() => expect(desk.sent).toHaveLength(1));
    script.isUnreachable = true;
    desk.advance(IN_FLIGHT_AFTER_MS);
    await desk.gateway.watch();
    const next = scripted({}, desk.store);
    const { checks } = await next.gateway.reconciliation(true);
    expect(checks[0]).toMatchObject({ kind: "in_flight", result: "ok", nextRunAt: null });
  });
});
