/** What must not be missed on any page: scopes that do not trade, a lost line, an unreachable API. */
import { Button } from "@mantine/core";
import {
  IconAlertTriangle,
  IconHandStop,
  IconKey,
  IconMailExclamation,
  IconPlugConnectedX,
} from "@tabler/icons-react";
import { useState, type ReactNode } from "react";
import { useLocation } from "wouter";
import { useConnection } from "../api/live.ts";
import { rowsOf, useBrokers, useDeadLetters, useRisk, useStatus } from "../api/queries.ts";
import type { SessionView } from "../../../src/contract/brokers.ts";
import { formatAge, formatClock } from "../format/time.ts";
import { plain, TRIP_WORDS } from "../format/words.ts";
import { useNow } from "./figures.tsx";
import { useKillSwitch } from "./kill-switch.tsx";
import { SignInDialog } from "./renew-session.tsx";
import styles from "./shell.module.css";

function Notice(props: {
  tone: "bad" | "warn";
  icon: ReactNode;
  children: ReactNode;
  end?: ReactNode;
}) {
  return (
    <div className={styles.notice} data-tone={props.tone} role="status">
      {props.icon}
      <span className={styles.noticeText}>{props.children}</span>
      {props.end}
    </div>
  );
}

export function Notices() {
  return (
    <>
      <LineNotice />
      <ReadNotice />
      <TradingNotice />
      <UnknownTripNotice />
      <SessionNotices />
      <LettersNotice />
    </>
  );
}

function LineNotice() {
  const { phase, since, feed } = useConnection();
  const icon = <IconPlugConnectedX size={17} stroke={1.8} />;
  if (phase === "reconnecting") {
    return (
      <Notice tone="warn" icon={icon}>
        <strong>Reconnecting to the stream.</strong> Prices are as of {formatClock(since)} (
        <SinceWords at={since} /> ago) and marked stale.
      </Notice>
    );
  }
  if (feed === null) return null;
  return (
    <Notice tone="warn" icon={icon}>
      <strong>The broker’s feed is disturbed.</strong> {feed}
    </Notice>
  );
}

function SinceWords({ at }: { at: number }) {
  return formatAge(at, useNow());
}

function ReadNotice() {
  const status = useStatus();
  if (!status.isError || status.error?.code === "UNAUTHENTICATED") return null;
  return (
    <Notice tone="bad" icon={<IconAlertTriangle size={17} stroke={1.8} />}>
      <strong>Trunkline does not answer.</strong> {status.error?.message}
    </Notice>
  );
}

const OPEN_LETTERS = { status: "open" } as const;

/** A dead letter that nobody has taken on is in sight on every page. */
function LettersNotice() {
  const rows = rowsOf(useDeadLetters(OPEN_LETTERS).data) ?? [];
  const untaken = rows.filter(({ acknowledgedAt }) => acknowledgedAt === null);
  const [, navigate] = useLocation();
  const first = untaken.at(-1);
  if (first === undefined) return null;
  const words =
    untaken.length === 1 ? "A dead letter waits" : `${untaken.length} dead letters wait`;
  return (
    <Notice
      tone="bad"
      icon={<IconMailExclamation size={17} stroke={1.8} />}
      end={
        <Button size="xs" variant="default" onClick={() => navigate("/orders/dead-letters")}>
          Open the desk
        </Button>
      }
    >
      <strong>{words} for somebody.</strong> {first.instrument} of {first.algoId}:{" "}
      {plain(first.label)}, {first.reason}
    </Notice>
  );
}

/** A broker at which nobody is signed in, or soon will be: one notice each, and the dialog to sign in. */
function SessionNotices() {
  const [asked, setAsked] = useState<string | null>(null);
  const [opened, setOpened] = useState(false);
  const brokers = useBrokers().data ?? [];
  const ask = (broker: string): void => {
    setAsked(broker);
    setOpened(true);
  };
  const close = (): void => setOpened(false);
  const named = brokers.find(({ broker }) => broker === asked);
  return (
    <>
      {brokers.map(({ broker, session }) => (
        <SessionNotice key={broker} broker={broker} session={session} ask={ask} />
      ))}
      {named && (
        <SignInDialog broker={named.broker} session={named.session} opened={opened} close={close} />
      )}
    </>
  );
}

interface SessionNoticeProps {
  broker: string;
  session: SessionView;
  ask: (broker: string) => void;
}

function SessionNotice({ broker, session, ask }: SessionNoticeProps) {
  const words = SESSION_WORDS[session.state];
  // One that nobody has needed yet signs in by itself when it is needed.
  if (words === null || (session.state === "missing" && session.reason === null)) return null;
  return (
    <Notice
      tone={session.state === "expiring" ? "warn" : "bad"}
      icon={<IconKey size={17} stroke={1.8} />}
      end={
        <Button size="xs" variant="default" onClick={() => ask(broker)}>
          Sign in at {broker}
        </Button>
      }
    >
      <strong>
        The session at {broker} {words}.
      </strong>{" "}
      {session.reason !== null && `Why: ${session.reason}.`}
    </Notice>
  );
}

const SESSION_WORDS: Record<SessionView["state"], string | null> = {
  missing: "is missing: no prices from it, and no order can leave",
  proving: null,
  valid: null,
  expiring: "ends soon, and a person has to renew it",
  silent: "brings no data, though it is signed in",
  expired: "has expired: no prices from it, entries are refused, and cancels cannot reach it",
};

/** Entries are refused by it, and nobody has latched anything: that must not look like any other refusal. */
function UnknownTripNotice() {
  const [first] = useRisk().data?.unknownTrips ?? [];
  if (first === undefined) return null;
  return (
    <Notice tone="bad" icon={<IconAlertTriangle size={17} stroke={1.8} />}>
      <strong>
        Entries are refused: the trip {TRIP_WORDS[first.trip].toLowerCase()} does not know whether
        to fire.
      </strong>{" "}
      {first.reason}
    </Notice>
  );
}

function TradingNotice() {
  const states = useRisk().data?.tradingStates ?? [];
  const openKillSwitch = useKillSwitch();
  const first = states.find((one) => one.scope === "portfolio") ?? states[0];
  if (first === undefined) return null;
  const others = states.length - 1;
  const tone = first.state === "halted" ? "bad" : "warn";
  return (
    <Notice
      tone={tone}
      icon={<IconHandStop size={17} stroke={1.8} />}
      end={
        <Button
          size="xs"
          variant="default"
          onClick={() => openKillSwitch({ mode: "resume", scope: first.scope })}
        >
          Resume trading
        </Button>
      }
    >
      <strong>
        {first.scope} is {first.state}
      </strong>{" "}
      since {formatClock(first.since)} by {first.by}: {first.reason}
      {others > 0 && ` (and ${others} more)`}
    </Notice>
  );
}
