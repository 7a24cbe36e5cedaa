/** Where the money at risk lies: algos across, instruments down, the riskiest first. */
import { IconShieldCheck } from "@tabler/icons-react";
import type { CSSProperties } from "react";
import { useExposure } from "../../api/queries.ts";
import { InstrumentLink } from "../../components/instrument-link.tsx";
import { Answer, Empty, Panel, StaleNote } from "../../components/panel.tsx";
import { usePhone } from "../../components/use-phone.ts";
import { formatMoney } from "../../format/number.ts";
import { cellName, heatMap, type HeatMap } from "./heat.ts";
import styles from "./risk.module.css";

/** The strongest cell is tinted this much, so that its number stays readable. */
const HEAT_MAX_PERCENT = 38;

export function RiskMap() {
  const exposure = useExposure();
  const phone = usePhone();
  return (
    <Panel title="Money at risk by algo and instrument" flush note={<StaleNote query={exposure} />}>
      <Answer query={exposure} rows={4}>
        {(rows) => {
          const map = heatMap(rows);
          if (map.algos.length === 0) {
            return (
              <Empty
                icon={<IconShieldCheck size={20} stroke={1.6} />}
                title="Nothing is at risk"
                text="No position and no open order could lose money now."
              />
            );
          }
          return <div className={styles.map}>{phone ? <Bars map={map} /> : <Map map={map} />}</div>;
        }}
      </Answer>
    </Panel>
  );
}

function heatOf(value: string, top: number): CSSProperties {
  const percent = top === 0 ? 0 : (Number(value) / top) * HEAT_MAX_PERCENT;
  return { "--heat": `${percent.toFixed(1)}%` } as CSSProperties;
}

function Map({ map }: { map: HeatMap }) {
  return (
    <table className={styles.mapTable} aria-label="Money at risk by algo and instrument">
      <thead>
        <tr>
          <th />
          {map.algos.map((algo) => (
            <th key={algo.name} scope="col">
              {algo.name}
            </th>
          ))}
          <th scope="col">All algos</th>
        </tr>
      </thead>
      <tbody>
        {map.instruments.map((instrument) => (
          <tr key={instrument.name}>
            <th scope="row">
              <InstrumentLink id={instrument.name} />
            </th>
            {map.algos.map((algo) => {
              const value = map.cells.get(cellName(algo.name, instrument.name));
              return value === undefined ? (
                <td key={algo.name} />
              ) : (
                <td key={algo.name} data-heat="true" style={heatOf(value, map.top)}>
                  {formatMoney(value, { digits: 0 })}
                </td>
              );
            })}
            <td className={styles.total}>{formatMoney(instrument.total, { digits: 0 })}</td>
          </tr>
        ))}
        <tr>
          <th scope="row">All instruments</th>
          {map.algos.map((algo) => (
            <td key={algo.name} className={styles.total}>
              {formatMoney(algo.total, { digits: 0 })}
            </td>
          ))}
          <td />
        </tr>
      </tbody>
    </table>
  );
}

/** A phone has no room for a map: the same by instrument, as bars. */
function Bars({ map }: { map: HeatMap }) {
  const top = Number(map.instruments[0]?.total ?? 0);
  return (
    <ul className={styles.bars} aria-label="Money at risk by instrument">
      {map.instruments.map((instrument) => (
        <li key={instrument.name}>
          <InstrumentLink id={instrument.name} />
          <svg
            className={styles.bar}
            viewBox="0 0 100 10"
            preserveAspectRatio="none"
            aria-hidden="true"
          >
            <rect width="100" height="10" rx="1" fill="var(--tl-line-soft)" />
            <rect
              width={top === 0 ? 0 : (Number(instrument.total) / top) * 100}
              height="10"
              rx="1"
              fill="var(--tl-warn)"
            />
          </svg>
          <span style={{ textAlign: "right" }}>{formatMoney(instrument.total, { digits: 0 })}</span>
        </li>
      ))}
    </ul>
  );
}
