/** Why something was refused, plainly: its code, one sentence, and the figures that decided. */
import type { ApiFailure } from "../api/client.ts";
import type { OrderView } from "../../../src/contract/orders.ts";
import { formatQuantity } from "../format/number.ts";
import styles from "./refusal.module.css";

/** Facts may be quotients: past this nobody reads on. */
const FACT_DIGITS_MAX = 6;

const factText = (value: string): string => formatQuantity(value, undefined, FACT_DIGITS_MAX);

interface Facts {
  scope?: string | undefined;
  limit?: string | null | undefined;
  asked?: string | null | undefined;
  have?: string | null | undefined;
}

function Refused(props: { code: string; message: string; facts: Facts; lines?: string[] }) {
  const { scope, limit, asked, have } = props.facts;
  const rows: [string, string][] = [];
  if (scope) rows.push(["Rule of", scope]);
  if (limit) rows.push(["Limit", factText(limit)]);
  if (asked) rows.push(["Asked", factText(asked)]);
  if (have) rows.push(["Have", factText(have)]);
  return (
    <div className={styles.refusal} role="alert">
      <span className={styles.code}>{props.code}</span>
      <span>{props.message}</span>
      {props.lines?.map((line) => (
        <span key={line}>{line}</span>
      ))}
      {rows.length > 0 && (
        <dl className={styles.facts}>
          {rows.map(([name, value]) => (
            <div key={name} style={{ display: "contents" }}>
              <dt>{name}</dt>
              <dd>{value}</dd>
            </div>
          ))}
        </dl>
      )}
    </div>
  );
}

export function FailureNote({ failure }: { failure: ApiFailure | null }) {
  if (failure === null) return null;
  const issues = failure.details?.issues
    ?.filter((issue) => !failure.message.includes(issue.message))
    .map((issue) => `${issue.path} ${issue.message}`);
  const named = failure.details?.instruments;
  const lines = [...(issues ?? []), ...(named ? [named.join(", ")] : [])];
  return (
    <Refused
      code={failure.code}
      message={failure.message}
      facts={failure.details ?? {}}
      lines={lines}
    />
  );
}

export function RefusalNote({ refusal }: { refusal: NonNullable<OrderView["refusal"]> }) {
  return <Refused code={refusal.code} message={refusal.message} facts={refusal} />;
}
