/** All that is known of one instrument's price, and where it comes from. */
import { Button } from "@mantine/core";
import type { ReactNode } from "react";
import { Link } from "wouter";
import { useQuote } from "../../api/live.ts";
import { useTrend } from "../../api/market-queries.ts";
import { Panel } from "../../components/panel.tsx";
import type { InstrumentView } from "../../../../src/contract/market.ts";
import {
  formatCompact,
  formatPercent,
  formatPrice,
  formatQuantity,
  signOf,
  UNKNOWN,
} from "../../format/number.ts";
import { formatClock } from "../../format/time.ts";
import { LastPrice } from "./last-price.tsx";
import styles from "./market.module.css";
import { QuoteAge } from "./quote-age.tsx";

interface QuotePanelProps {
  instrument: string;
  reference: InstrumentView | undefined;
  digits: number | undefined;
}

const TONES = { [-1]: "tl-down", 0: "tl-quiet", 1: "tl-up" } as const;

const ticket = (instrument: string, side: string): string =>
  `/orders?instrument=${encodeURIComponent(instrument)}&side=${side}`;

export function QuotePanel({ instrument, reference, digits }: QuotePanelProps) {
  const quote = useQuote(instrument);
  const tick = quote?.tick;
  const start = useTrend(instrument, true).data?.[0]?.open;
  const change = start && tick?.last ? tick.last / start - 1 : null;
  const spread = tick?.ask && tick.bid ? tick.ask - tick.bid : null;
  return (
    <Panel
      title={instrument}
      note={reference?.name}
      actions={<QuoteAge instrument={instrument} receivedTime={tick?.receivedTime} />}
    >
      <div className={styles.headline}>
        <LastPrice quote={quote} digits={digits} />
        <span className="tl-quiet">{reference?.currency}</span>
        <span className={TONES[signOf(change)]}>
          {formatPercent(change, { sign: true })} <span className="tl-quiet">in a day</span>
        </span>
        {reference?.tradable !== false && (
          <span className={styles.trade}>
            <Button component={Link} href={ticket(instrument, "buy")} color="teal" size="xs">
              Buy
            </Button>
            <Button component={Link} href={ticket(instrument, "sell")} color="red" size="xs">
              Sell
            </Button>
          </span>
        )}
      </div>
      <dl className={styles.quote}>
        <Fact name="Bid" value={formatPrice(tick?.bid, digits)} of={tick?.bidQuantity} />
        <Fact name="Ask" value={formatPrice(tick?.ask, digits)} of={tick?.askQuantity} />
        <Fact name="Spread" value={formatPrice(spread, digits)} />
        <Fact name="Last quantity" value={formatQuantity(tick?.lastQuantity)} />
        <Fact name="Volume" value={formatCompact(tick?.volume)} />
        {tick?.openInterest !== undefined && (
          <Fact name="Open interest" value={formatCompact(tick.openInterest)} />
        )}
        <Fact name="Provider" value={tick?.provider ?? UNKNOWN} />
        <Fact
          name="Exchange time"
          value={tick?.exchangeTime ? formatClock(tick.exchangeTime) : UNKNOWN}
        />
        <Fact
          name="Tick / lot"
          value={reference ? `${reference.tickSize} / ${reference.lotSize}` : UNKNOWN}
        />
      </dl>
    </Panel>
  );
}

function Fact(props: { name: string; value: ReactNode; of?: number | null | undefined }) {
  return (
    <div>
      <dt>{props.name}</dt>
      <dd>
        {props.value}
        {props.of ? <span className="tl-quiet"> × {formatQuantity(props.of)}</span> : null}
      </dd>
    </div>
  );
}
