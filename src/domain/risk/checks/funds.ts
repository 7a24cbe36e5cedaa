/** `FUNDS`: what the opening part costs must be there, in the instrument's currency at the account. */
import { ZERO } from "../../decimal.ts";
import { fundsLeft } from "../funds.ts";
import { fundsNeeded } from "../needs.ts";
import { fits } from "../margin.ts";
import { refuse, shown } from "../refusal-of.ts";
import type { RiskCheck } from "./check.ts";

export const funds: RiskCheck = {
  applies: "entries",
  check(each, note) {
    const { state, facts, intent } = each;
    const needed = fundsNeeded(each);
    if (!facts.instrument || !needed || needed.lte(ZERO)) return null;
    const { currency } = facts.instrument;
    const scope = `account:${intent.account}`;
    const have = fundsLeft(state, intent.account, currency);
    if (have === null) {
      note?.({ scope, unit: "account", limit: null, asked: needed, room: null });
      return refuse(
        "FUNDS",
        { scope, asked: needed },
        `The balances of account ${intent.account} have not been read yet; wait until its gateway has reached the broker.`,
      );
    }
    const compared = { scope, limit: have, asked: needed, have };
    if (fits({ ...compared, unit: "account", after: needed }, note)) return null;
    return refuse(
      "FUNDS",
      compared,
      `The order needs ${shown(needed)} ${currency} and account ${intent.account} has ${shown(have)} free; ask for less.`,
    );
  },
};
