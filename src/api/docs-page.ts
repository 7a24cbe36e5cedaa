/** The API's description as one HTML page: rendered here, no script, no outside file. */
import { html, raw } from "hono/html";
import type { ApiApp } from "./context.ts";

export type OpenApiDocument = ReturnType<ApiApp["getOpenAPI31Document"]>;
type PathItem = NonNullable<OpenApiDocument["paths"]>[string];
type Operation = NonNullable<PathItem["get"]>;
type Html = ReturnType<typeof html>;

const METHODS = ["get", "post", "put", "patch", "delete"] as const;

const STYLE = `
:root { color-scheme: light dark; font: 15px/1.5 system-ui, sans-serif; }
body { max-width: 62rem; margin: 0 auto; padding: 1rem; }
summary { cursor: pointer; padding: .3rem 0; overflow-wrap: anywhere; }
code, pre { font-family: ui-monospace, monospace; font-size: .9em; }
pre { overflow: auto; padding: .6rem; border: 1px solid #8886; border-radius: .3rem; max-height: 24rem; }
details > div { margin: 0 0 1rem 1.2rem; }
.method { display: inline-block; min-width: 4.2rem; font-weight: 600; }
.scope { opacity: .75; }
`;

/** `policy` allows this page's style by its hash, and nothing else. */
export async function docsPage(
  document: OpenApiDocument,
): Promise<{ html: string; policy: string }> {
  const byTag = Map.groupBy(
    operations(document),
    ({ operation }) => operation.tags?.[0] ?? "Other",
  );
  const page = html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width" />
        <title>${document.info.title} API</title>
        <style>
          ${raw(STYLE)}
        </style>
      </head>
      <body>
        <h1>${document.info.title} API ${document.info.version}</h1>
        <p>${document.info.description}</p>
        <p>
          For machines: <a href="/v1/openapi.json">/v1/openapi.json</a>. Errors all have one shape:
          <code>{"error":{"code","message","details","requestId"}}</code>.
        </p>
        ${[...byTag].map(
          ([tag, list]) =>
            html`<h2>${tag}</h2>
              ${list.map(section)}`,
        )}
      </body>
    </html>`;
  return {
    html: String(await page),
    policy: `default-src 'none'; style-src 'sha256-${await hashOf(STYLE)}'; frame-ancestors 'none'`,
  };
}

interface Listed {
  method: (typeof METHODS)[number];
  path: string;
  operation: Operation;
}

const operations = (document: OpenApiDocument): Listed[] =>
  Object.entries(document.paths ?? {}).flatMap(([path, item]) =>
    METHODS.flatMap((method) => {
      const operation = item[method];
      return operation ? [{ method, path, operation }] : [];
    }),
  );

function section({ method, path, operation }: Listed): Html {
  return html`<details>
    <summary>
      <code><span class="method">${method.toUpperCase()}</span> ${path}</code>
      ${operation.summary} <span class="scope">${accessOf(operation)}</span>
    </summary>
    <div>
      ${operation.description ? html`<p>${operation.description}</p>` : ""}
      ${block("Parameters", operation.parameters)} ${block("Body", bodyOf(operation))}
      ${Object.entries(operation.responses ?? {})
        .filter(([status]) => !status.endsWith("XX"))
        .map(([status, response]) => block(`Answer ${status}`, response))}
    </div>
  </details>`;
}

function accessOf(operation: Operation): string {
  const scope: unknown = Reflect.get(operation, "x-scope");
  const callers: unknown = Reflect.get(operation, "x-callers");
  if (typeof scope !== "string" || !Array.isArray(callers)) return "open";
  return `${scope} · ${callers.join(", ")}`;
}

function bodyOf({ requestBody }: Operation): unknown {
  return requestBody && "content" in requestBody
    ? requestBody.content["application/json"]?.schema
    : undefined;
}

const block = (title: string, value: unknown): Html | "" =>
  value === undefined || (Array.isArray(value) && value.length === 0)
    ? ""
    : html`<h4>${title}</h4>
        <pre>${JSON.stringify(value, null, 1)}</pre>`;

/** As a policy names a style: SHA-256 in base64. */
async function hashOf(style: string): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(style));
  return btoa(String.fromCharCode(...new Uint8Array(digest)));
}
