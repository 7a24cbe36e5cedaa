/** A few named figures in a row. */
import type { CSSProperties, ReactNode } from "react";
import styles from "./page.module.css";

export function Facts({ facts }: { facts: readonly { name: string; value: ReactNode }[] }) {
  // Up to seven stand in one row; more go in rows of four, so that none is left alone.
  const columns = facts.length <= 7 ? facts.length : 4;
  return (
    <dl className={styles.facts} style={{ "--columns": columns } as CSSProperties}>
      {facts.map(({ name, value }) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}
