/** The market: the watchlist live, and one instrument in full. `/market/NSE:INFY` opens that one. */
import { IconChartCandle, IconChevronLeft } from "@tabler/icons-react";
import { Link, useParams } from "wouter";
import { useWatchlist } from "../../api/queries.ts";
import { Empty, Panel } from "../../components/panel.tsx";
import { usePhone } from "../../components/use-phone.ts";
import { InstrumentDetail } from "./instrument-detail.tsx";
import styles from "./market.module.css";
import { Watchlist } from "./watchlist.tsx";

/** A hand-typed `%` in the address is no reason to fail. */
function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

export default function MarketPage() {
  const asked = decode(useParams()["*"] ?? "").toUpperCase();
  const phone = usePhone();
  const first = useWatchlist().data?.items[0]?.instrument;
  const shown = asked === "" && !phone ? first : asked || undefined;
  const detail = shown === undefined ? null : <InstrumentDetail key={shown} instrument={shown} />;
  if (phone) {
    return (
      <>
        <h1 className="tl-hidden">Market</h1>
        {detail === null ? (
          <Watchlist selected={undefined} />
        ) : (
          <div className={styles.detail}>
            <Link href="/market" className={styles.back}>
              <IconChevronLeft size={17} /> Watchlist
            </Link>
            {detail}
          </div>
        )}
      </>
    );
  }
  return (
    <div className={styles.split}>
      <h1 className="tl-hidden">Market</h1>
      <Watchlist selected={shown} />
      <div className={styles.detail}>
        {detail ?? (
          <Panel title="Chart">
            <Empty
              icon={<IconChartCandle size={20} stroke={1.6} />}
              title="No instrument chosen"
              text="Add an instrument to the watchlist, or choose one, to see its chart and quote."
            />
          </Panel>
        )}
      </div>
    </div>
  );
}
