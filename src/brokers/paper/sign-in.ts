/** How one signs in at the paper exchange: by a credential or, where a person has to, by a request token. */
import { err, ok } from "../../domain/result.ts";
import type { BrokerSessions, SignInKind } from "../broker.ts";
import { parseAs } from "./parse.ts";
import type { TokenCall } from "./token.ts";
import { errorAnswer, PAPER_ERRORS, sessionAnswer } from "./wire.ts";

export const paperSessions = (call: TokenCall, signIn: SignInKind): BrokerSessions => ({
  signIn,
  open: async ({ credential, requestToken }) => {
    if (signIn === "person" && requestToken === null)
      return err({ kind: "rejected", reason: "a person has to bring a request token" });
    const proof = requestToken === null ? { credential: credential ?? "" } : { requestToken };
    const answer = await call("POST", "/session", JSON.stringify(proof));
    if (!answer.ok) return err({ kind: "unavailable", reason: answer.error.reason });
    const { status, body } = answer.value;
    if (status === PAPER_ERRORS.CREDENTIAL_REJECTED || status === PAPER_ERRORS.BAD_REQUEST)
      return err({ kind: "rejected", reason: rejection(body) });
    const parsed = parseAs(sessionAnswer, body);
    if (status >= 300 || !parsed.ok)
      return err({ kind: "unavailable", reason: `status ${status}, and no session in the answer` });
    const { token, expiresAt } = parsed.value;
    return ok({ token, expiresAt });
  },
});

/** In the exchange's own words: only it knows what is wrong with what was brought. */
function rejection(body: string): string {
  const parsed = parseAs(errorAnswer, body);
  const isSaid = parsed.ok && parsed.value.error.code === "CREDENTIAL_REJECTED";
  return isSaid ? parsed.value.error.message : "the exchange does not take this credential";
}
