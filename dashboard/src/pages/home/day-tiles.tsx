/** How the day stands: profit, equity, risk and the pace of the feed. */
import type { ReactNode } from "react";
import { useLimits, useOpenOrders, useRisk, useStatus } from "../../api/queries.ts";
import { Money, Profit, Unknown } from "../../components/figures.tsx";
import { Meter } from "../../components/meter.tsx";
import { formatCompact, formatMoney, formatQuantity } from "../../format/number.ts";
import { share } from "../../format/totals.ts";
import styles from "./home.module.css";

function Tile(props: { name: string; value: ReactNode; note?: ReactNode }) {
  return (
    <div className={styles.tile}>
      <span className={styles.tileName}>{props.name}</span>
      <span className={styles.tileValue}>{props.value}</span>
      <span className={styles.tileNote}>{props.note}</span>
    </div>
  );
}

export function DayTiles() {
  const { data: risk, isError } = useRisk();
  const status = useStatus().data;
  const limits = useLimits().data;
  const orders = useOpenOrders().data;
  const atRiskLimit = limits?.find(
    (one) => one.scope === "portfolio" && one.name === "moneyAtRiskPortfolio",
  )?.value;
  const used = share(risk?.moneyAtRisk, atRiskLimit);
  const uncertain = orders?.filter((order) => order.state === "unknown").length ?? 0;
  return (
    <section className={styles.tiles} data-stale={isError} aria-label="The day so far">
      <Tile
        name={`Day profit${risk ? `, ${risk.baseCurrency}` : ""}`}
        value={<Profit value={risk?.dayProfit} />}
        note={risk?.equity ? `Equity ${formatMoney(risk.equity)}` : undefined}
      />
      <Tile
        name="Money at risk"
        value={<Money value={risk?.moneyAtRisk} />}
        note={
          used === null ? (
            "No limit set"
          ) : (
            <Meter value={used} label={`of ${formatCompact(atRiskLimit)}`} name="Money at risk" />
          )
        }
      />
      <Tile
        name="Gross exposure"
        value={<Money value={risk?.grossExposure} digits={0} />}
        note={risk ? `Net ${formatMoney(risk.netExposure, { sign: true, digits: 0 })}` : undefined}
      />
      <Tile
        name="Open orders"
        value={risk ? formatQuantity(risk.openOrders) : <Unknown />}
        note={
          uncertain > 0 ? (
            <span className="tl-down">{uncertain} with unknown outcome</span>
          ) : undefined
        }
      />
      <Tile
        name="Ticks per second"
        value={status ? formatQuantity(Math.round(status.feed.ticksPerSecond)) : <Unknown />}
        note={
          status
            ? `Instruments ${formatQuantity(status.feed.instruments)}, sockets ${formatQuantity(status.feed.sockets)}`
            : undefined
        }
      />
    </section>
  );
}
