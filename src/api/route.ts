/** What every route declaration shares: who may call it, what its errors look like, how lists are cut. */
import type { Context, MiddlewareHandler } from "hono";
import { HTTPException } from "hono/http-exception";
import { z } from "zod";
import { errorBody } from "../contract/errors.ts";
import type { KeyScope } from "../contract/operations.ts";
import type { Page, PageQuery } from "../contract/primitives.ts";
import { decodeCursor, pageFrom } from "../storage/cursor.ts";
import type { ApiEnv } from "./context.ts";
import { orFail } from "./error-handler.ts";
import { type CallerKind, requireScope } from "./middleware/require-scope.ts";

/** The part of a route's declaration that says who may call it. */
export interface Access {
  middleware: MiddlewareHandler<ApiEnv>[];
  security: Record<string, string[]>[];
  "x-scope": KeyScope;
  "x-callers": readonly CallerKind[];
}

/** Who a route is for. `way_out` is never rate-limited: what lowers risk must always pass. */
export type Gate = (
  scope: KeyScope,
  callers?: readonly CallerKind[],
  kind?: "limited" | "way_out",
) => Access;

export function gate(
  caller: MiddlewareHandler<ApiEnv>,
  rateLimit: MiddlewareHandler<ApiEnv>,
): Gate {
  return (scope, callers = ["algo", "person"], kind = "limited") => ({
    middleware: [caller, requireScope(scope, callers), ...(kind === "limited" ? [rateLimit] : [])],
    security: callers.map((name): Record<string, string[]> =>
      name === "algo" ? { key: [] } : { access: [] },
    ),
    "x-scope": scope,
    "x-callers": callers,
  });
}

/** A JSON answer in a route's `responses`. */
export const answer = <T extends z.ZodType>(schema: T, description = "OK") => ({
  description,
  content: { "application/json": { schema } },
});

/** The errors every route may give. Their codes and statuses are one table, `error-status.ts`. */
export const ERRORS = {
  "4XX": answer(errorBody, "Refused"),
  "5XX": answer(errorBody, "Failed"),
} as const;

/** A JSON body in a route's `request`; without `required` Hono would let a missing one pass. */
export const body = <T extends z.ZodType>(schema: T) => ({
  required: true as const,
  content: { "application/json": { schema } },
});

/** The same where none is needed: `refuseOtherBody` refuses what is not JSON, which Hono would not read. */
export const bodyIfAny = <T extends z.ZodType>(schema: T) => ({
  content: { "application/json": { schema } },
});

/** After the validation of `bodyIfAny`. Throws `BAD_REQUEST` for a body that it has passed over. */
export async function refuseOtherBody({ req }: Context<ApiEnv>): Promise<void> {
  if (req.header("content-type")?.startsWith("application/json")) return;
  if ((await req.text()) === "") return;
  throw new HTTPException(415);
}

const listCursor = z.tuple([z.string()]);

/** A page of a list that is read whole, ordered by `key`, which must differ for each item. */
export function pageOfList<T>(
  items: readonly T[],
  query: PageQuery,
  key: (item: T) => string,
): Page<T> {
  const after = orFail(decodeCursor(query.cursor, listCursor))?.[0];
  const sorted = items
    .map((item) => ({ item, key: key(item) }))
    .sort((a, b) => (a.key < b.key ? -1 : 1));
  const rest = after === undefined ? sorted : sorted.filter((entry) => entry.key > after);
  return pageFrom(
    rest.slice(0, query.limit + 1),
    query.limit,
    (entry) => [entry.key],
    (entry) => entry.item,
  );
}
