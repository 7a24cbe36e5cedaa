/** What every route declaration shares: who may call it, what its errors look like, how lists are cut. */
import type { Context, MiddlewareHandler } from "hono";
import { HTTPException } from "hono/http-exception";
import { z } from "zod";
import { errorBody } from "../contract/errors.ts";
import type { KeyScope } from "../contract/operations.ts";
import type { Page, PageQuery } from "../contract/primitives.ts";
import { decodeCursor, pageFrom } from "../storage/cursor.ts";
import type { ApiEnv } from "./context.ts";
import { badInput, orFail } from "./error-handler.ts";
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

const noFields = z.strictObject({});

/** For a route that takes no body: throws `BAD_REQUEST` for one that says anything. An empty one is what many clients send. */
export async function refuseFields({ req }: Context<ApiEnv>): Promise<void> {
  const text = (await req.text()).trim();
  if (text === "") return;
  if (!/^application\/([a-z-.]+\+)?json/.test(req.header("content-type") ?? ""))
    throw new HTTPException(415);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new HTTPException(400);
  }
  const read = noFields.safeParse(value);
  if (!read.success) throw badInput(read.error, "json");
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
