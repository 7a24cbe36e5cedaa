import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ALERT_ATTEMPTS_MAX, ALERT_STEPS_MAX } from "../../../src/domain/alert-limits.ts";
import { CHANNELS, type ChannelName } from "../../../src/notify/channel.ts";
import {
  afterFailure,
  dueSends,
  lastStepOf,
  POLICIES,
  severityOf,
  withChannels,
  type Sent,
} from "../../../src/notify/escalation.ts";

const ALERT = { clientOrderId: "order-1", openedAt: 1_000_000, acknowledgedAt: null };
const MINUTE_MS = 60_000;
const every = new Set(CHANNELS);
const critical = withChannels(POLICIES.critical, every);

const at = (minutes: number, sent: Sent[] = []) =>
  dueSends(critical, ALERT, sent, ALERT.openedAt + minutes * MINUTE_MS);

const sentBy = (channel: ChannelName, step: number, state: Sent["state"] = "sent"): Sent => ({
  id: `order-1:1000000:${step}:${channel}`,
  openedAt: ALERT.openedAt,
  step,
  channel,
  state,
  nextTryAt: 0,
  devicesLeft: null,
});

test("an unknown outcome is more urgent than what never left", () => {
  expect(severityOf("unknown")).toBe("critical");
  expect(severityOf("not_sent")).toBe("serious");
  expect(severityOf("rejected")).toBe("serious");
});

describe("what is due", () => {
  const first = ["slack", "webhook", "web_push", "email", "sms"] as const;
  const told = first.map((channel) => sentBy(channel, 0));

  test("the first step at once, the next at its minute and not before", () => {
    expect(at(0).map(({ channel }) => channel)).toEqual(first);
    expect(at(2 - 1 / MINUTE_MS, told)).toEqual([]);
    expect(at(2, told)).toMatchObject([{ channel: "voice", step: 1 }]);
  });

  test("the last step is repeated until somebody acknowledges", () => {
    const all = [
      ...told,
      sentBy("voice", 1),
      ...(["slack", "web_push", "sms", "voice"] as const).map((c) => sentBy(c, 2)),
    ];
    expect(at(9.9, all)).toEqual([]);
    expect(at(10, all)).toMatchObject([
      { channel: "slack", step: 3 },
      { channel: "web_push" },
      { channel: "sms" },
      { channel: "voice" },
    ]);
    const now = ALERT.openedAt + 10 * MINUTE_MS;
    expect(dueSends(critical, { ...ALERT, acknowledgedAt: now }, all, now)).toEqual([]);
  });

  test("steps that were slept through are told as one, each channel once", () => {
    const due = at(60);
    expect(due.map(({ channel }) => channel)).toEqual(CHANNELS);
    expect(new Set(due.map(({ step }) => step)).size).toBe(1);
  });

  test("a failing channel is tried again by itself and holds up no other", () => {
    const sent = [...told.slice(1), sentBy("slack", 0, "pending")];
    expect(at(1, sent)).toMatchObject([{ channel: "slack", step: 0 }]);
    expect(at(1, [...told.slice(1), sentBy("slack", 0, "failed")])).toEqual([]);
    expect(at(2, [...told.slice(1), sentBy("slack", 0, "failed")])).toMatchObject([
      { channel: "voice" },
    ]);
  });

  test("with only one channel set up it is used at once", () => {
    for (const name of CHANNELS) {
      const policy = withChannels(POLICIES.serious, new Set([name]));
      expect(dueSends(policy, ALERT, [], ALERT.openedAt)).toMatchObject([{ channel: name }]);
    }
  });

  test("a dead letter that comes back is told anew", () => {
    const again = { ...ALERT, openedAt: ALERT.openedAt + 1 };
    expect(dueSends(critical, again, told, again.openedAt)).toHaveLength(5);
  });
});

describe("for any channels, times and failures", () => {
  const channels = fc.uniqueArray(fc.constantFrom(...CHANNELS), { minLength: 1 });
  const waits = fc.array(fc.integer({ min: 0, max: 20 * MINUTE_MS }), { maxLength: 30 });
  const fails = fc.infiniteStream(fc.boolean());

  test("no send happens twice, none more often than its tries, and nothing after the acknowledgement", () => {
    const property = fc.property(channels, waits, fails, fc.nat(29), (on, gaps, luck, ackAt) => {
      const policy = withChannels(POLICIES.critical, new Set(on));
      const sent = new Map<string, Sent>();
      const tries = new Map<string, number>();
      let now = ALERT.openedAt;
      for (const [pass, gap] of gaps.entries()) {
        now += gap;
        const acknowledgedAt = pass >= ackAt ? now : null;
        const due = dueSends(policy, { ...ALERT, acknowledgedAt }, [...sent.values()], now);
        expect(acknowledgedAt !== null && due.length > 0).toBe(false);
        expect(new Set(due.map(({ channel }) => channel)).size).toBe(due.length);
        for (const { id, step, channel } of due) {
          expect(sent.get(id)?.state ?? "pending").toBe("pending");
          expect(step).toBeLessThan(ALERT_STEPS_MAX);
          expect(on).toContain(channel);
          const attempts = (tries.get(id) ?? 0) + 1;
          tries.set(id, attempts);
          expect(attempts).toBeLessThanOrEqual(ALERT_ATTEMPTS_MAX);
          const failed = luck.next().value === true;
          const outcome = failed
            ? afterFailure(attempts, true, now)
            : { state: "sent" as const, nextTryAt: now };
          sent.set(id, { ...sentBy(channel, step), id, ...outcome });
        }
      }
    });
    fc.assert(property);
  });
});

test("a try that cannot help is the last, and so is the fourth", () => {
  expect(afterFailure(1, false, 5)).toEqual({ state: "failed", nextTryAt: 5 });
  expect(afterFailure(ALERT_ATTEMPTS_MAX - 1, true, 5)).toEqual({
    state: "pending",
    nextTryAt: 120_005,
  });
  expect(afterFailure(ALERT_ATTEMPTS_MAX, true, 5)).toMatchObject({ state: "failed" });
});

test("a channel that told the last step that is its own is never due again, and one that did not yet is", () => {
  const sets = fc.uniqueArray(fc.constantFrom(...CHANNELS), { minLength: 1 });
  const policies = fc.constantFrom(POLICIES.critical, POLICIES.serious);
  fc.assert(
    fc.property(sets, policies, (on, wanted) => {
      const policy = withChannels(wanted, new Set(on));
      const later = ALERT.openedAt + ALERT_STEPS_MAX * 15 * MINUTE_MS;
      for (const channel of on) {
        const last = lastStepOf([policy], channel);
        const isDue = (step: number): boolean =>
          dueSends(policy, ALERT, [sentBy(channel, step)], later).some(
            (due) => due.channel === channel,
          );
        const isEver = dueSends(policy, ALERT, [], later).some((due) => due.channel === channel);
        expect([last >= 0, isDue(last), isDue(last - 1)]).toEqual([isEver, false, isEver]);
      }
    }),
  );
});
