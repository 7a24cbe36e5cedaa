/** Lets through only the callers and the scope that a route declares. */
import { createMiddleware } from "hono/factory";
import { type Caller, may } from "../../application/caller.ts";
import type { KeyScope } from "../../contract/operations.ts";
import type { ApiEnv } from "../context.ts";
import { fail } from "../error-handler.ts";

export type CallerKind = Caller["kind"];

/** The development key stands for either: it is the operator's own machine. */
export const requireScope = (scope: KeyScope, callers: readonly CallerKind[]) =>
  createMiddleware<ApiEnv>(async (c, next) => {
    const caller = c.get("caller");
    if (caller.kind !== "development" && !callers.includes(caller.kind))
      throw fail("FORBIDDEN", `This is for ${callers.join(" or ")} callers only.`);
    if (!may(caller, scope))
      throw fail("FORBIDDEN", `This needs a key with the scope ${scope}.`, { scope });
    await next();
  });
