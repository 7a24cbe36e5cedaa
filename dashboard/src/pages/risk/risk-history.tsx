/** How the largest money at risk has gone, day by day. */
import { IconChartBar } from "@tabler/icons-react";
import { rowsOf, useRiskHistory } from "../../api/queries.ts";
import { readable } from "../../components/data-table.tsx";
import { Answer, Empty, Panel, StaleNote } from "../../components/panel.tsx";
import { formatCompact, formatMoney } from "../../format/number.ts";
import styles from "./risk.module.css";
import { riskDays, type RiskDay } from "./risk-days.ts";

const EVERYTHING = {};
const WIDTH = 600;
const HEIGHT = 150;
const BAR_MAX = 44;

export function RiskHistory() {
  const history = useRiskHistory(EVERYTHING);
  const days = rowsOf(history.data);
  return (
    <Panel title="Most at risk, by day" note={<StaleNote query={history} />}>
      <Answer
        query={readable(history, days)}
        empty={
          <Empty
            icon={<IconChartBar size={20} stroke={1.6} />}
            title="No days yet"
            text="Each trading day leaves its largest money at risk here."
          />
        }
      >
        {(rows) => <Days days={riskDays(rows)} />}
      </Answer>
    </Panel>
  );
}

function Days({ days }: { days: RiskDay[] }) {
  const top = Math.max(...days.map((day) => Number(day.moneyAtRisk)), 1);
  const slot = WIDTH / Math.max(days.length, 6);
  const width = Math.min(BAR_MAX, slot * 0.7);
  return (
    <>
      <svg
        className={styles.history}
        viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
        preserveAspectRatio="none"
        role="img"
        aria-label="Largest money at risk by day"
      >
        {days.map((day, index) => {
          const height = Math.max(2, (Number(day.moneyAtRisk) / top) * (HEIGHT - 4));
          return (
            <rect
              key={day.day}
              x={index * slot}
              y={HEIGHT - height}
              width={width}
              height={height}
              rx="2"
              fill="var(--tl-busy)"
              opacity={index === days.length - 1 ? 1 : 0.55}
            >
              <title>{`${day.day}: ${formatMoney(day.moneyAtRisk)} at risk, ${formatMoney(day.realisedProfit, { sign: true })} realised`}</title>
            </rect>
          );
        })}
      </svg>
      <div className={styles.legend}>
        <span>{days[0]?.day}</span>
        <span>highest {formatCompact(top)}</span>
        {days.length > 1 && <span>{days.at(-1)?.day}</span>}
      </div>
    </>
  );
}
