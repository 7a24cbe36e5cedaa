/** One instrument of the watchlist: renders only when its own quote changes. */
import { ActionIcon } from "@mantine/core";
import { IconX } from "@tabler/icons-react";
import { memo, useRef } from "react";
import { Link, useLocation } from "wouter";
import { useConnection, useQuote, useWatch } from "../../api/live.ts";
import { useInstrument, useTrend } from "../../api/market-queries.ts";
import { InstrumentName, marketPath } from "../../components/instrument-link.tsx";
import { useOnScreen } from "../../components/use-on-screen.ts";
import {
  digitsOf,
  formatCompact,
  formatPercent,
  formatPrice,
  signOf,
} from "../../format/number.ts";
import { LastPrice } from "./last-price.tsx";
import styles from "./market.module.css";
import { QuoteAge } from "./quote-age.tsx";
import { Trend } from "./trend.tsx";

const TONES = { [-1]: "tl-down", 0: "tl-quiet", 1: "tl-up" } as const;

interface WatchRowProps {
  instrument: string;
  selected: boolean;
  onRemove: (instrument: string) => void;
}

export const WatchRow = memo(function WatchRow({ instrument, selected, onRemove }: WatchRowProps) {
  const row = useRef<HTMLTableRowElement>(null);
  const onScreen = useOnScreen(row);
  useWatch(instrument, onScreen);
  const quote = useQuote(instrument);
  const [, navigate] = useLocation();
  const stale = useConnection().phase === "reconnecting";
  const reference = useInstrument(instrument);
  const digits = reference ? digitsOf(reference.tickSize) : undefined;
  const trend = useTrend(instrument, onScreen).data;
  const tick = quote?.tick;
  const start = trend?.[0]?.open;
  const change = start && tick?.last ? tick.last / start - 1 : null;
  return (
    <tr
      ref={row}
      className={styles.row}
      data-testid={`watchlist-row-${instrument}`}
      data-selected={selected}
      data-stale={stale}
      onClick={() => navigate(marketPath(instrument))}
    >
      <td>
        <span className={styles.stack}>
          <Link
            href={marketPath(instrument)}
            style={{ textDecoration: "none" }}
            aria-current={selected ? "true" : undefined}
            onClick={(event) => event.stopPropagation()}
          >
            <InstrumentName id={instrument} />
          </Link>
          <span className={styles.small}>
            <QuoteAge instrument={instrument} receivedTime={tick?.receivedTime} />
            <span className={styles.optional}>{tick ? ` from ${tick.provider}` : ""}</span>
          </span>
        </span>
      </td>
      <td>
        <Trend candles={trend} last={tick?.last ?? null} />
      </td>
      <td>
        <span className={`${styles.stack} ${styles.value}`}>
          <LastPrice quote={quote} digits={digits} />
          <span className={`${styles.small} ${TONES[signOf(change)]}`}>
            {formatPercent(change, { sign: true })}
          </span>
        </span>
      </td>
      <td className={styles.optional}>
        <span className={`${styles.stack} ${styles.value}`}>
          <span>{formatPrice(tick?.bid, digits)}</span>
          <span>{formatPrice(tick?.ask, digits)}</span>
        </span>
      </td>
      <td className={styles.optional}>
        <span className={styles.value}>{formatCompact(tick?.volume)}</span>
      </td>
      <td>
        <ActionIcon
          className={styles.remove}
          size="sm"
          aria-label={`Remove ${instrument} from the watchlist`}
          onClick={(event) => {
            event.stopPropagation();
            onRemove(instrument);
          }}
        >
          <IconX size={15} />
        </ActionIcon>
      </td>
    </tr>
  );
});
