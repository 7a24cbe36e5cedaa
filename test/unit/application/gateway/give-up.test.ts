/** What the desk gets as not sent has ended at its gateway first: no attempt of it leaves, however late it comes. */
import { describe, expect, test } from "vitest";
import type { SubmitOutcome } from "../../../../src/brokers/broker.ts";
import type { GatewayOutcome } from "../../../../src/application/ports.ts";
import { ORDER_RETRIES_MAX, UNKNOWN_DEADLINE_MS } from "../../../../src/domain/limits.ts";
import { approvedWith, scripted, type Script } from "../../../support/orders/scripted.ts";

const NOT_SENT: SubmitOutcome = { outcome: "not_sent", reason: "no connection" };
const WHY = "not sent after 1 attempts: no connection";

const letter = { event: { kind: "dead_lettered", label: "not_sent", reason: WHY } };

describe("an order that is given up", () => {
  test("leaves no more after an attempt that did not leave", async () => {
    const script: Script = { submit: async () => NOT_SENT };
    const run = scripted(script);
    await run.gateway.submit(approvedWith(), 1);
    delete script.submit;
    expect(await run.gateway.giveUpUnsent("o-1", WHY)).toBe(true);
    for (const attempt of [1, 2, 3])
      expect((await run.gateway.submit(approvedWith(), attempt)).outcome).toBe("stopped");
    expect(run.sent).toEqual(["o-1"]);
    expect(run.posts).toMatchObject([{ event: { kind: "not_sent" } }, letter]);
  });

  test("leaves no more where nothing had ever reached the gateway", async () => {
    const run = scripted();
    expect(await run.gateway.giveUpUnsent("o-1", WHY)).toBe(true);
    expect((await run.gateway.submit(approvedWith(), 1)).outcome).toBe("stopped");
    expect(run.sent).toEqual([]);
    expect(run.posts).toMatchObject([letter]);
  });

  test("leaves no more while an attempt of it waits for its turn", async () => {
    const stream = Promise.withResolvers<boolean>();
    const run = scripted({ readyWhen: stream.promise });
    const late = run.gateway.submit(approvedWith(), 1);
    expect(await run.gateway.giveUpUnsent("o-1", WHY)).toBe(true);
    stream.resolve(true);
    expect((await late).outcome).toBe("stopped");
    expect(run.sent).toEqual([]);
  });

  test("is told to the ledger once, however often it is given up", async () => {
    const run = scripted();
    for (let time = 0; time < 3; time += 1)
      expect(await run.gateway.giveUpUnsent("o-1", WHY)).toBe(true);
    expect(run.posts).toHaveLength(1);
  });

  test("is told to the ledger by the next run when this one dies before it could", async () => {
    const run = scripted({ ledgerIsAway: true });
    expect(await run.gateway.giveUpUnsent("o-1", WHY)).toBe(true);
    expect(run.posts).toEqual([]);
    const next = scripted({}, run.store);
    await next.gateway.watch();
    expect(next.posts).toMatchObject([letter]);
    expect((await next.gateway.submit(approvedWith(), 1)).outcome).toBe("stopped");
    expect(next.sent).toEqual([]);
  });

  test("keeps the proof that it was not sent, which a person's retry asks for", async () => {
    const run = scripted();
    await run.gateway.giveUpUnsent("o-1", WHY);
    expect((await run.gateway.lookUp("o-1")).record).toBe("not_sent");
  });

  test("by the gateway's own sweep is told in the same words", async () => {
    const run = scripted({ submit: async () => NOT_SENT });
    for (let attempt = 1; attempt <= ORDER_RETRIES_MAX + 1; attempt += 1)
      await run.gateway.submit(approvedWith(), attempt);
    run.advance(60_000);
    await run.gateway.watch();
    expect(run.kinds().at(-1)).toBe("dead_lettered");
    expect(await run.gateway.giveUpUnsent("o-1", WHY)).toBe(true);
    expect(run.kinds().filter((kind) => kind === "dead_lettered")).toHaveLength(1);
  });
});

describe("what left, may have left or ended is not given up", () => {
  test("while its answer is awaited", async () => {
    const script: Script = {};
    const run = scripted(script);
    let given: boolean | null = null;
    script.submit = async () => {
      given = await run.gateway.giveUpUnsent("o-1", WHY);
      return { outcome: "accepted", brokerOrderId: "B1", pendingTrigger: false };
    };
    await run.gateway.submit(approvedWith(), 1);
    expect(given).toBe(false);
    expect(run.kinds()).toEqual(["accepted"]);
  });

  test("when the run that sent it died: it is unknown, and the desk hears so at the deadline", async () => {
    const never = new Promise<never>(() => {});
    const died = scripted({ submit: () => never });
    void died.gateway.submit(approvedWith(), 1);
    for (let turn = 0; turn < 20; turn += 1) await Promise.resolve();
    expect(died.store.order("o-1")?.record).toBe("recorded");
    const run = scripted({}, died.store);
    expect(await run.gateway.giveUpUnsent("o-1", WHY)).toBe(false);
    run.advance(UNKNOWN_DEADLINE_MS + 1);
    await run.gateway.watch();
    expect(run.posts).toMatchObject([
      { event: { kind: "outcome_unknown" } },
      { event: { kind: "dead_lettered", label: "unknown" } },
    ]);
  });

  test.each<[GatewayOutcome["outcome"], Script, number]>([
    ["accepted", {}, 0],
    ["rejected", { submit: async () => ({ outcome: "rejected", reason: "no" }) }, 0],
    ["stopped", {}, 9],
  ])("when it was %s", async (outcome, script, haltVersion) => {
    const run = scripted(script);
    if (haltVersion > 0) await run.gateway.halt("portfolio", haltVersion);
    expect((await run.gateway.submit(approvedWith(), 1)).outcome).toBe(outcome);
    const before = run.kinds();
    expect(await run.gateway.giveUpUnsent("o-1", WHY)).toBe(false);
    expect(run.kinds()).toEqual(before);
  });

  test("when it was canceled before it was sent", async () => {
    const run = scripted();
    await run.gateway.cancel("o-1");
    expect(await run.gateway.giveUpUnsent("o-1", WHY)).toBe(false);
    expect(run.kinds()).toEqual(["canceled"]);
  });
});
