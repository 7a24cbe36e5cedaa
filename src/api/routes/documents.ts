/** `/v1/openapi.json` and the page that shows it. The page is plain HTML without a script, so it works offline and under the strictest policy. */
import { createRoute, z } from "@hono/zod-openapi";
import { VERSION } from "../../platform/deployment.ts";
import type { ApiApp } from "../context.ts";
import { docsPage, type OpenApiDocument } from "../docs-page.ts";

const tags = ["Documents"];

export function documentRoutes(app: ApiApp): void {
  let made: OpenApiDocument | null = null;
  const document = (): OpenApiDocument => (made ??= openApiDocument(app));

  app.openAPIRegistry.registerComponent("securitySchemes", "key", {
    type: "http",
    scheme: "bearer",
    description: "A key: tl_<id>_<secret>. Each route names the scope that the key must hold.",
  });
  app.openAPIRegistry.registerComponent("securitySchemes", "access", {
    type: "apiKey",
    in: "header",
    name: "Cf-Access-Jwt-Assertion",
    description: "A person, as Cloudflare Access vouches for them.",
  });

  app.openapi(
    createRoute({
      method: "get",
      path: "/v1/openapi.json",
      summary: "This description, for machines",
      tags,
      responses: {
        200: { description: "OK", content: { "application/json": { schema: z.unknown() } } },
      },
    }),
    (c) => c.json(document(), 200),
  );

  app.openapi(
    createRoute({
      method: "get",
      path: "/v1/docs",
      summary: "This description, for people",
      tags,
      responses: { 200: { description: "OK", content: { "text/html": { schema: z.string() } } } },
    }),
    async (c) => {
      const { html, policy } = await docsPage(document());
      c.header("content-security-policy", policy);
      return c.html(html, 200);
    },
  );
}

function openApiDocument(app: ApiApp): OpenApiDocument {
  return app.getOpenAPI31Document({
    openapi: "3.1.0",
    info: {
      title: "Trunkline",
      version: VERSION,
      description:
        "One live line to each broker that all of a trader's algos share. Decimals are taken as numbers or strings and given back as strings; times are ms since 1970.",
    },
  });
}
