/** What came of a close: how many orders went, and why something was refused. */
import formStyles from "../../components/form.module.css";
import type { ClosePositionsView } from "../../../../src/contract/orders.ts";

export function ClosedNote({ answer: { positions } }: { answer: ClosePositionsView }) {
  const refused = positions.filter(({ refusal }) => refusal !== null);
  const sent = positions.length - refused.length;
  return (
    <>
      <p className={formStyles.lead} role="status">
        {sent === 1 ? "1 closing order" : `${sent} closing orders`} sent,{" "}
        {refused.length === 0 ? "none" : refused.length} refused.
      </p>
      {refused.map(({ algoId, account, instrument, refusal }) => (
        <p className={formStyles.lead} key={`${algoId} ${account} ${instrument}`}>
          {algoId} {instrument}: {refusal?.message}
        </p>
      ))}
    </>
  );
}
