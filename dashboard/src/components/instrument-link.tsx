/** An instrument's name, leading to its chart. The exchange is said quietly: the symbol is what one looks for. */
import { Link } from "wouter";
import { splitInstrumentId } from "../../../src/contract/primitives.ts";
import styles from "./instrument.module.css";

/** Ids hold `:` and `/`; the path keeps the colon readable and escapes the rest. */
export const marketPath = (id: string): string =>
  `/market/${encodeURIComponent(id).replaceAll("%3A", ":")}`;

export function InstrumentName({ id }: { id: string }) {
  const { exchange, symbol } = splitInstrumentId(id);
  return (
    <span className={styles.name} title={id}>
      <span className={styles.symbol}>{symbol}</span>
      <span className={styles.exchange}>{exchange}</span>
    </span>
  );
}

export function InstrumentLink({ id }: { id: string }) {
  return (
    <Link href={marketPath(id)} className={styles.link}>
      <InstrumentName id={id} />
    </Link>
  );
}
