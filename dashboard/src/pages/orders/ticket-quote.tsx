/** The market beside the ticket, and what the order would come to. */
import { useQuote, useWatch } from "../../api/live.ts";
import { useInstrument } from "../../api/market-queries.ts";
import { INSTRUMENT_ID_PATTERN } from "../../../../src/contract/primitives.ts";
import { digitsOf, formatMoney, formatPrice } from "../../format/number.ts";
import { QuoteAge } from "../market/quote-age.tsx";
import styles from "./orders.module.css";
import { estimatedNotional, type Ticket } from "./ticket-state.ts";

export function TicketQuote({ ticket }: { ticket: Ticket }) {
  const { instrument } = ticket;
  const wellFormed = INSTRUMENT_ID_PATTERN.test(instrument);
  const reference = useInstrument(wellFormed ? instrument : "");
  // Only what a broker knows is subscribed: half-typed names are not sent to the stream.
  useWatch(instrument, reference !== undefined && reference !== null);
  const tick = useQuote(instrument)?.tick;
  if (!wellFormed) return null;
  if (reference === null) return <div className={styles.quote}>No broker knows {instrument}</div>;
  const digits = reference ? digitsOf(reference.tickSize) : undefined;
  const notional = estimatedNotional(ticket, tick?.last ?? null);
  return (
    <>
      <div className={styles.quote}>
        <span>Bid {formatPrice(tick?.bid, digits)}</span>
        <span>Ask {formatPrice(tick?.ask, digits)}</span>
        <QuoteAge instrument={instrument} receivedTime={tick?.receivedTime} />
      </div>
      {notional !== null && (
        <div className={styles.estimate}>
          <span className="tl-quiet">Notional</span>
          <span>
            {formatMoney(notional)} {reference?.currency}
          </span>
        </div>
      )}
    </>
  );
}
