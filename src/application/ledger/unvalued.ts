/** What is held without a usable price: its loss is not known, and its algo's entries are refused. Told after the marks' ages were looked at. */
import type { InstrumentId } from "../../domain/instrument.ts";
import { goodMark } from "../../domain/risk/good-mark.ts";
import type { LedgerState } from "../../domain/risk/state.ts";
import { unvaluedIn } from "../../domain/risk/unvalued.ts";
import type { Incident } from "../reconcile-port.ts";
import type { LastingTrouble } from "./lasting.ts";

/** Instruments named in one message; past it only their number is told. */
const NAMED_MAX = 10;

export const UNVALUED: LastingTrouble = {
  setting: "unvalued_told",
  find: (state) => unvaluedIn(state, "portfolio"),
  incident: incidentOf,
};

function incidentOf(state: LedgerState, instruments: InstrumentId[], now: number): Incident {
  const named = instruments.slice(0, NAMED_MAX).map((id) => {
    const mark = goodMark(state, id);
    return `${id} (${mark ? `last price ${Math.round((now - mark.time) / 1_000)} s ago` : "no price"})`;
  });
  const others = instruments.length - named.length;
  return {
    id: `unvalued-${now}`,
    at: now,
    account: "portfolio",
    severity: "serious",
    title: `${instruments.length} held ${instruments.length === 1 ? "instrument has" : "instruments have"} no usable price`,
    message: `${named.join(", ")}${others > 0 ? ` and ${others} others` : ""}: what they lose is not known, so entries of the algos that hold them are refused and exits pass; look at their feed.`,
  };
}
