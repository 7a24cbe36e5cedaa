/** How much of a limit is used. */
import { formatPercent } from "../format/number.ts";
import styles from "./meter.module.css";

/** From here on a limit deserves a look. */
const NEAR = 0.8;

export function Meter({ value, label, name }: { value: number; label: string; name: string }) {
  const tone = value >= 1 ? "bad" : value >= NEAR ? "warn" : "calm";
  const percent = formatPercent(value, { digits: 0 });
  return (
    <span className={styles.meter}>
      <span
        className={styles.track}
        role="meter"
        aria-label={name}
        aria-valuemin={0}
        aria-valuemax={100}
        aria-valuenow={Math.round(value * 100)}
      >
        <span
          className={styles.fill}
          data-tone={tone}
          style={{ width: `${Math.min(100, Math.max(0, value * 100))}%` }}
        />
      </span>
      <span className={styles.label}>
        {percent} {label}
      </span>
    </span>
  );
}
