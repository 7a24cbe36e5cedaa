/** A limit's figure with what it counts; money is what most of them count, and is not said each time. */
import type { LimitView } from "../../../../src/contract/risk.ts";
import { formatQuantity } from "../../format/number.ts";
import { LIMIT_WORDS } from "../../format/words.ts";

export function LimitValue({ name, value }: Pick<LimitView, "name" | "value">) {
  const { unit } = LIMIT_WORDS[name];
  return (
    <>
      {formatQuantity(value)} {unit !== "money" && <span className="tl-quiet">{unit}</span>}
    </>
  );
}
