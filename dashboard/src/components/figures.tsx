/** Amounts and moments as elements: sign by text and colour, never by colour alone. */
import { useSyncExternalStore } from "react";
import { formatMoney, MONEY_DIGITS, signOf, UNKNOWN } from "../format/number.ts";
import { formatAge, formatFull, formatMoment } from "../format/time.ts";

const toneOf = { [-1]: "tl-down", 0: undefined, 1: "tl-up" } as const;

/** Profit or loss. Unknown is shown as unknown, never as zero. */
export function Profit(props: { value: string | null | undefined; digits?: number }) {
  const { value, digits = MONEY_DIGITS } = props;
  if (value === null || value === undefined) return <Unknown />;
  const text = formatMoney(value, { sign: true, digits });
  // What rounds to a plain zero has no colour either.
  return <span className={toneOf[signOf(value, digits)]}>{text}</span>;
}

export function Money({ value, digits }: { value: string | null | undefined; digits?: number }) {
  if (value === null || value === undefined) return <Unknown />;
  return <span>{formatMoney(value, digits === undefined ? {} : { digits })}</span>;
}

export function Unknown() {
  return (
    <span className="tl-quiet" title="Not known yet">
      {UNKNOWN}
      <span className="tl-hidden">not known</span>
    </span>
  );
}

const seconds = new Set<() => void>();
let secondNow = Math.floor(Date.now() / 1_000);
let secondTimer: ReturnType<typeof setInterval> | undefined;

function onSecond(listener: () => void): () => void {
  seconds.add(listener);
  secondTimer ??= setInterval(() => {
    secondNow = Math.floor(Date.now() / 1_000);
    for (const one of seconds) one();
  }, 1_000);
  return () => {
    seconds.delete(listener);
    if (seconds.size > 0) return;
    clearInterval(secondTimer);
    secondTimer = undefined;
  };
}

/** The present second, ms since 1970. One timer serves every reader. */
export function useNow(): number {
  return useSyncExternalStore(onSecond, () => secondNow) * 1_000;
}

export function Age({ at }: { at: number | null | undefined }) {
  const now = useNow();
  return <span title={at ? formatFull(at) : undefined}>{formatAge(at, now)}</span>;
}

/** Start of this second's day as a text: changes once a day, so that its readers hardly ever render again. */
const today = (): string => new Date(secondNow * 1_000).toDateString();

export function Moment({ at }: { at: number }) {
  const day = useSyncExternalStore(onSecond, today);
  return (
    <time dateTime={new Date(at).toISOString()} title={formatFull(at)}>
      {formatMoment(at, day)}
    </time>
  );
}
