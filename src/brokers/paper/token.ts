/** The token with each call to the paper exchange: without one nothing is sent, and one that is refused is reported. */
import { err } from "../../domain/result.ts";
import type { Result } from "../../domain/result.ts";
import type { TokenSource } from "../broker.ts";
import { sessionRefusal } from "./errors.ts";
import type { NoAnswer, RawAnswer } from "./errors.ts";

export type Call = (
  method: string,
  path: string,
  body?: string,
) => Promise<Result<RawAnswer, NoAnswer>>;

export type TokenCall = (...of: [...Parameters<Call>, token?: string]) => ReturnType<Call>;

export const bearer = (token: string) => ({ authorization: `Bearer ${token}` });

export function withToken(call: TokenCall, tokens: TokenSource | undefined): Call {
  if (!tokens) return call;
  return async (method, path, body) => {
    const held = await tokens.current();
    if (!held.ok) {
      // What hinders is ours, and not one byte has left.
      const kind = held.error.kind === "session_expired" ? "session_expired" : "not_connected";
      return err({ kind, reason: held.error.reason });
    }
    const { generation, token } = held.value;
    const answer = await call(method, path, body, token);
    const reason = answer.ok ? sessionRefusal(answer.value) : null;
    if (reason === null) return answer;
    tokens.refused(generation, reason);
    return err({ kind: "session_expired", reason });
  };
}
