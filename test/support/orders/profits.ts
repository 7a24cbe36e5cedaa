/** What each algo has made, by the broker's own fills and fees: the ledger books the same, to the last digit. */
import { decimal, ZERO } from "../../../src/domain/decimal.ts";
import { EXTERNAL_ALGO } from "../../../src/domain/risk/external.ts";
import type { Holding } from "../../../src/domain/risk/state.ts";
import { broughtBy } from "./fees.ts";
import type { World } from "./world.ts";

/** What mean costs round, and nothing else. */
const ROUNDED = decimal("0.000001");

export function profitsAgree(world: World): string[] {
  return [...world.ledger.state().holdings.values()].flatMap((holding) => {
    const { algoId, instrument, position } = holding;
    const expected = broughtTo(world, holding);
    if (expected === null) return [];
    // Whatever the position is worth, this much has gone out for it or come in.
    const booked = position.realisedProfit.minus(position.cost);
    return booked.minus(expected).abs().lt(ROUNDED)
      ? []
      : [
          `${algoId} is out ${booked.toFixed()} for ${instrument}, by the broker's fills and fees ${expected.toFixed()}`,
        ];
  });
}

/** Null where people named a price of their own, and for what was inferred: nobody knows what those came to. */
function broughtTo(world: World, { algoId, instrument }: Holding) {
  if (algoId === EXTERNAL_ALGO) return null;
  const ours = world.ledger.store
    .orders()
    .filter((each) => each.algoId === algoId && each.instrument === instrument)
    .map(({ clientOrderId }) => clientOrderId);
  if (ours.some((id) => world.byPerson.get(id)?.has("hand"))) return null;
  const ids = new Set(ours);
  return world.broker.fills
    .filter(({ clientOrderId }) => ids.has(clientOrderId))
    .reduce((sum, fill) => sum.plus(broughtBy(fill)), ZERO);
}
