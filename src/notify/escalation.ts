/**
 * Who is told of a dead letter, by what and when, until somebody acknowledges it. Pure: from the policy,
 * the alert, what was sent already and the time comes what is due now.
 */
import type { Severity } from "../application/reconcile-port.ts";
import type { DeadLetterLabel } from "../domain/order.ts";
import { ALERT_ATTEMPTS_MAX, ALERT_RETRY_MS, ALERT_STEPS_MAX } from "../domain/alert-limits.ts";
import { CHANNELS, type ChannelName } from "./channel.ts";

export interface EscalationStep {
  /** After the dead letter came. */
  afterMs: number;
  channels: readonly ChannelName[];
}

export interface Policy {
  /** By time. The last is repeated. */
  steps: readonly EscalationStep[];
  repeatMs: number;
}

const MINUTE_MS = 60_000;

/** An unknown outcome may be a position that nobody watches; what never left only waits. */
export const POLICIES: Record<Severity, Policy> = {
  critical: {
    steps: [
      { afterMs: 0, channels: ["slack", "webhook", "web_push", "email", "sms"] },
      { afterMs: 2 * MINUTE_MS, channels: ["voice"] },
      { afterMs: 5 * MINUTE_MS, channels: ["slack", "web_push", "sms", "voice"] },
    ],
    repeatMs: 5 * MINUTE_MS,
  },
  serious: {
    steps: [
      { afterMs: 0, channels: ["slack", "webhook", "web_push", "email"] },
      { afterMs: 3 * MINUTE_MS, channels: ["sms"] },
      { afterMs: 10 * MINUTE_MS, channels: ["slack", "web_push", "sms", "voice"] },
    ],
    repeatMs: 15 * MINUTE_MS,
  },
};

export const severityOf = (label: DeadLetterLabel): Severity =>
  label === "unknown" ? "critical" : "serious";

/** The policy with only the channels that are set up: nobody waits for a step that cannot tell anybody. */
export function withChannels(policy: Policy, on: ReadonlySet<ChannelName>): Policy {
  const steps = policy.steps
    .map(({ afterMs, channels }) => ({
      afterMs,
      channels: channels.filter((each) => on.has(each)),
    }))
    .filter(({ channels }) => channels.length > 0);
  const first = steps[0]?.afterMs ?? 0;
  return {
    repeatMs: policy.repeatMs,
    steps: steps.map(({ afterMs, channels }) => ({ afterMs: afterMs - first, channels })),
  };
}

export interface Alert {
  clientOrderId: string;
  openedAt: number;
  acknowledgedAt: number | null;
}

/** What became of a send that was tried. */
export interface Sent {
  id: string;
  openedAt: number;
  step: number;
  channel: string;
  state: "pending" | "sent" | "failed";
  nextTryAt: number;
  /** The devices that are still to be told, by id; null: all of them. */
  devicesLeft: readonly string[] | null;
}

export interface DueSend {
  id: string;
  step: number;
  channel: ChannelName;
  devicesLeft: readonly string[] | null;
}

/** Each send has one name, whoever works it out and however often. */
const sendId = (alert: Alert, step: number, channel: ChannelName): string =>
  `${alert.clientOrderId}:${alert.openedAt}:${step}:${channel}`;

/**
 * Due now. Steps that were slept through are told as one, so that an outage is not followed by a
 * flood; what was begun is tried to its end.
 */
export function dueSends(
  policy: Policy,
  alert: Alert,
  sent: readonly Sent[],
  now: number,
): DueSend[] {
  if (alert.acknowledgedAt !== null || policy.steps.length === 0) return [];
  const latest = Math.min(latestStep(policy, now - alert.openedAt), ALERT_STEPS_MAX - 1);
  return CHANNELS.flatMap((channel): DueSend[] => {
    const before = sent
      .filter((each) => each.channel === channel && each.openedAt === alert.openedAt)
      .toSorted((a, b) => b.step - a.step)[0];
    if (isWanted(policy, channel, (before?.step ?? -1) + 1, latest))
      return [{ id: sendId(alert, latest, channel), step: latest, channel, devicesLeft: null }];
    const isRetry = before?.state === "pending" && before.nextTryAt <= now;
    if (!isRetry) return [];
    const { id, step, devicesLeft } = before;
    return [{ id, step, channel, devicesLeft }];
  });
}

function isWanted(policy: Policy, channel: ChannelName, from: number, to: number): boolean {
  for (let step = from; step <= to; step += 1)
    if (channelsOf(policy, step).includes(channel)) return true;
  return false;
}

/** The step that this age has reached; −1 before the first. */
function latestStep({ steps, repeatMs }: Policy, ageMs: number): number {
  const reached = steps.filter(({ afterMs }) => afterMs <= ageMs).length;
  const last = steps.at(-1);
  if (reached < steps.length || !last) return reached - 1;
  return steps.length - 1 + Math.floor((ageMs - last.afterMs) / repeatMs);
}

const channelsOf = ({ steps }: Policy, step: number): readonly ChannelName[] =>
  (steps[step] ?? steps.at(-1))?.channels ?? [];

/** The last step in which this channel tells: what it has told by then it tells no more. −1: in none. */
export function lastStepOf(policies: readonly Policy[], channel: ChannelName): number {
  const lasts = policies.map(({ steps }) => {
    const last = steps.findLastIndex(({ channels }) => channels.includes(channel));
    return last >= 0 && last === steps.length - 1 ? ALERT_STEPS_MAX - 1 : last;
  });
  return Math.max(-1, ...lasts);
}

/** What a failed try comes to: tried again later, or given up. */
export function afterFailure(
  attempts: number,
  mayRetry: boolean,
  now: number,
): { state: "pending" | "failed"; nextTryAt: number } {
  if (!mayRetry || attempts >= ALERT_ATTEMPTS_MAX) return { state: "failed", nextTryAt: now };
  const delay = ALERT_RETRY_MS[Math.min(attempts, ALERT_RETRY_MS.length) - 1] ?? 0;
  return { state: "pending", nextTryAt: now + delay };
}
