/** What each risk check would say to the ticket's order, with what is left of each limit. */
import { Modal } from "@mantine/core";
import { Badge } from "../../components/badge.tsx";
import { usePhone } from "../../components/use-phone.ts";
import type { ExplainView, MarginView } from "../../../../src/contract/explorer.ts";
import { formatQuantity, signOf } from "../../format/number.ts";
import { MARGIN_WORDS, plain, VERDICT_TONES } from "../../format/words.ts";
import styles from "./explorer.module.css";

/** Margins may be quotients: past this nobody reads on. */
const DIGITS_MAX = 6;

const figure = (value: string | null): string => formatQuantity(value, undefined, DIGITS_MAX);

/** Null keeps it shut. */
export function Explained({ answer, close }: { answer: ExplainView | null; close: () => void }) {
  const refusedBy = answer?.refusedBy ?? null;
  const title = refusedBy === null ? "Would be approved" : `Would be denied: ${refusedBy}`;
  return (
    <Modal
      opened={answer !== null}
      onClose={close}
      title={title}
      size={720}
      fullScreen={usePhone()}
    >
      {answer && <Checks answer={answer} />}
    </Modal>
  );
}

/** On a phone what is compared stands above its figures, so that what is left of a limit is in sight. */
const FIGURES = ["Limit", "Asked", "Have", "Left"];

function Checks({ answer }: { answer: ExplainView }) {
  const phone = usePhone();
  return (
    <div className={styles.explained}>
      <p className={styles.lead}>
        As the ledger stands at version {answer.version}. Nothing was placed.
        {answer.onlyReduces &&
          " It can only lower exposure, so the checks for entries are skipped."}
      </p>
      <div className={styles.scroll}>
        <table className={styles.checks} aria-label="Risk checks">
          <thead>
            <tr>
              {!phone && <th scope="col">Check</th>}
              {FIGURES.map((name) => (
                <th key={name} scope="col" className={styles.figure}>
                  {name}
                </th>
              ))}
            </tr>
          </thead>
          {answer.checks.map((check) => (
            <Check key={check.code} check={check} phone={phone} />
          ))}
        </table>
      </div>
    </div>
  );
}

interface CheckProps {
  check: ExplainView["checks"][number];
  phone: boolean;
}

function Check({ check, phone }: CheckProps) {
  const width = FIGURES.length + (phone ? 0 : 1);
  const { code, verdict, message, margins } = check;
  return (
    <tbody data-verdict={verdict}>
      <tr>
        <th scope="rowgroup" colSpan={width}>
          <span className={styles.verdict}>
            <Badge tone={VERDICT_TONES[verdict]}>{verdict}</Badge> {plain(code).toLowerCase()}
          </span>
        </th>
      </tr>
      {margins.map((margin, index) => (
        // Two margins of one check may share scope and unit; their order is fixed.
        <Margin
          key={`${margin.scope} ${margin.unit} ${String(index)}`}
          margin={margin}
          phone={phone}
        />
      ))}
      {message !== null && (
        <tr>
          <td colSpan={width} className={styles.why}>
            {message}
          </td>
        </tr>
      )}
    </tbody>
  );
}

function Margin({ margin, phone }: { margin: MarginView; phone: boolean }) {
  const { scope, unit, limit, asked, have, room } = margin;
  const what = (
    <>
      {MARGIN_WORDS[unit]} <span className={styles.scope}>{scope}</span>
    </>
  );
  return (
    <>
      {phone && (
        <tr>
          <td colSpan={FIGURES.length}>{what}</td>
        </tr>
      )}
      <tr>
        {!phone && <td>{what}</td>}
        {[limit, asked, have].map((value, index) => (
          <td key={FIGURES[index]} className={styles.figure}>
            {figure(value)}
          </td>
        ))}
        <td className={styles.figure}>
          <span className={signOf(room) < 0 ? "tl-down" : undefined}>{figure(room)}</span>
        </td>
      </tr>
    </>
  );
}
