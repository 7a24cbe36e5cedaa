/** How one signs in at the paper exchange: by a credential, or by what a person brings in its place. */
import { err, ok } from "../../domain/result.ts";
import type { BrokerSessions, SignInKind } from "../broker.ts";
import { parseAs } from "./parse.ts";
import type { TokenCall } from "./token.ts";
import { PAPER_ERRORS, sessionAnswer } from "./wire.ts";

export const paperSessions = (call: TokenCall, signIn: SignInKind): BrokerSessions => ({
  signIn,
  open: async ({ credential, requestToken }) => {
    const proof = { credential: requestToken ?? credential ?? "" };
    const answer = await call("POST", "/session", JSON.stringify(proof));
    if (!answer.ok) return err({ kind: "unavailable", reason: answer.error.reason });
    const { status, body } = answer.value;
    if (status === PAPER_ERRORS.CREDENTIAL_REJECTED || status === PAPER_ERRORS.BAD_REQUEST)
      return err({ kind: "rejected", reason: "the exchange does not take this credential" });
    const parsed = parseAs(sessionAnswer, body);
    if (status >= 300 || !parsed.ok)
      return err({ kind: "unavailable", reason: `status ${status}, and no session in the answer` });
    const { token, expiresAt } = parsed.value;
    return ok({ token, expiresAt });
  },
});
