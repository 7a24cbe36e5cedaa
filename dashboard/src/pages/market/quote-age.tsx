/** How old a quote is. It ticks by itself, so that a silent instrument shows its silence. */
import { useConnection } from "../../api/live.ts";
import { useNow } from "../../components/figures.tsx";
import { formatAge } from "../../format/time.ts";
import styles from "./market.module.css";

/** Past this a price is not to be traded on without a second look, ms. */
const STALE_AFTER_MS = 15_000;

interface QuoteAgeProps {
  instrument: string;
  receivedTime: number | undefined;
}

export function QuoteAge({ instrument, receivedTime }: QuoteAgeProps) {
  const now = useNow();
  const { phase } = useConnection();
  if (receivedTime === undefined) {
    return <span title={`No tick of ${instrument} yet`}>waiting for a tick</span>;
  }
  const stale = phase === "reconnecting" || now - receivedTime > STALE_AFTER_MS;
  const age = formatAge(receivedTime, now);
  return (
    <span className={stale ? styles.staleMark : undefined} data-stale={stale}>
      {stale ? `stale, ${age}` : age === "now" ? "live" : age}
    </span>
  );
}
