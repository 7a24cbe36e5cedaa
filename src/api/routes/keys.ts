/** API keys: made, listed and revoked by an admin. A key's text is shown once, when it is made. */
import { createRoute } from "@hono/zod-openapi";
import { z } from "zod";
import { callerName } from "../../application/order-access.ts";
import { keyRequest, keyView, newKeyView } from "../../contract/operations.ts";
import { pageOf, pageQuery } from "../../contract/primitives.ts";
import { addApiKey, apiKeysPage, keyView as viewOf, revokeApiKey } from "../../storage/api-keys.ts";
import type { ApiApp } from "../context.ts";
import { fail, orFail } from "../error-handler.ts";
import { keyText, newKey, sha256 } from "../key.ts";
import type { KeyCache } from "../key-cache.ts";
import { answer, body, ERRORS, type Gate } from "../route.ts";

const params = z.object({ id: z.string().regex(/^[0-9a-f]{16}$/, "must be a key's id") });
const tags = ["Keys"];

export function keyRoutes(app: ApiApp, gate: Gate, keys: KeyCache): void {
  app.openapi(
    createRoute({
      method: "post",
      path: "/v1/keys",
      summary: "Make a key; its text is shown only now",
      tags,
      ...gate("admin"),
      request: { body: body(keyRequest) },
      responses: { 201: answer(newKeyView, "Made"), ...ERRORS },
    }),
    async (c) => {
      const { name, scopes, algoId = null } = c.req.valid("json");
      const key = newKey((bytes) => crypto.getRandomValues(bytes));
      const row = {
        id: key.id,
        name,
        scopes,
        algoId,
        secretSha256: await sha256(key.secret),
        createdBy: callerName(c.get("caller")),
        createdAt: c.get("now")(),
        revokedAt: null,
      };
      await addApiKey(c.get("ports").book, row);
      return c.json({ ...viewOf(row), key: keyText(key) }, 201);
    },
  );

  app.openapi(
    createRoute({
      method: "get",
      path: "/v1/keys",
      summary: "Every key, without its text",
      tags,
      ...gate("admin"),
      request: { query: pageQuery },
      responses: { 200: answer(pageOf(keyView)), ...ERRORS },
    }),
    async (c) => c.json(orFail(await apiKeysPage(c.get("ports").book, c.req.valid("query"))), 200),
  );

  app.openapi(
    createRoute({
      method: "delete",
      path: "/v1/keys/{id}",
      summary:
        "Revoke a key; its streams are closed at once, and it dies everywhere within seconds",
      tags,
      ...gate("admin"),
      request: { params },
      responses: { 200: answer(keyView), ...ERRORS },
    }),
    async (c) => {
      const { id } = c.req.valid("param");
      const by = callerName(c.get("caller"));
      const revoked = await revokeApiKey(c.get("ports").book, id, by, c.get("now")());
      if (!revoked) throw fail("NOT_FOUND", `There is no key ${id}.`);
      keys.forget(id);
      const { unreached } = await c.get("ports").marketManager.closeKey(id);
      // Each is told as soon as it can be reached; asking again says whether that has happened.
      if (unreached.length > 0)
        throw fail(
          "UNAVAILABLE",
          `The key is revoked, but ${unreached.join(", ")} could not be told to close its streams yet; revoke it again to see.`,
        );
      return c.json(revoked, 200);
    },
  );
}
