/** The paper broker's switches. They exist on paper accounts only; a real broker's account is refused. */
import { createRoute } from "@hono/zod-openapi";
import { z } from "zod";
import {
  faultRequest,
  handOrderRequest,
  marketRequest,
  type PaperView,
  paperView,
  replayRequest,
  requestTokenView,
} from "../../contract/paper.ts";
import { accountId } from "../../contract/primitives.ts";
import { dataAccountOf, DEFAULT_ACCOUNT, FEED_BROKERS } from "../../platform/deployment.ts";
import type { ApiApp } from "../context.ts";
import { auditAsked } from "../audit.ts";
import { fail } from "../error-handler.ts";
import type { ApiPorts } from "../ports.ts";
import { answer, body, ERRORS, type Gate, refuseFields } from "../route.ts";

const query = z.strictObject({ account: accountId.default(DEFAULT_ACCOUNT) });
const tags = ["Paper broker"];

export function paperRoutes(app: ApiApp, gate: Gate): void {
  app.openapi(
    createRoute({
      method: "get",
      path: "/v1/paper",
      summary: "What the simulated exchange does and holds",
      tags,
      ...gate("admin"),
      request: { query },
      responses: { 200: answer(paperView), ...ERRORS },
    }),
    async (c) => {
      const account = paperAccount(c.req.valid("query").account);
      return c.json(await control(c.get("ports"), account, ""), 200);
    },
  );

  const switches = [
    ["market", marketRequest, "Set tick rate, hours or seed"],
    ["faults", faultRequest, "Make the exchange misbehave"],
    ["hand-orders", handOrderRequest, "Trade past the platform, or liquidate a position"],
    ["replay", replayRequest, "Load recorded ticks, start and stop playing them"],
  ] as const;
  for (const [name, request, summary] of switches)
    app.openapi(
      createRoute({
        method: "post",
        path: `/v1/paper/${name}`,
        summary,
        tags,
        ...gate("admin"),
        request: { query, body: body(request) },
        responses: { 200: answer(paperView), ...ERRORS },
      }),
      async (c) => {
        const account = paperAccount(c.req.valid("query").account);
        const wish = c.req.valid("json");
        // Recorded ticks come in many chunks; the audit log keeps that they came, not what they are.
        const kept = "ticks" in wish ? { ...wish, ticks: wish.ticks.length } : wish;
        await auditAsked(c, `paper_${name.replace("-", "_")}`, account, kept);
        return c.json(await control(c.get("ports"), account, `/${name}`, wish), 200);
      },
    );

  app.openapi(
    createRoute({
      method: "post",
      path: "/v1/paper/request-tokens",
      summary: "Fetch a request token, as from a broker's own sign-in page",
      description:
        "For POST /v1/brokers/paper/session where a person signs in (PAPER_SIGN_IN); refused where nobody has to. It is taken once, within five minutes. No body is needed, and one with fields is refused.",
      tags,
      ...gate("admin"),
      request: { query },
      responses: { 200: answer(requestTokenView), ...ERRORS },
    }),
    async (c) => {
      await refuseFields(c);
      const account = paperAccount(c.req.valid("query").account);
      await auditAsked(c, "paper_request_tokens", account, {});
      const said = await asked(c.get("ports"), account, "/request-tokens", {});
      return c.json(requestTokenView.parse(said), 200);
    },
  );
}

function paperAccount(account: string): string {
  // Each simulated exchange has its own switches, those that only give data too.
  const exchanges = FEED_BROKERS.filter((broker) => broker.startsWith("paper"));
  if (exchanges.some((broker) => dataAccountOf(broker) === account)) return account;
  throw fail("BAD_REQUEST", `account: ${account} is not a paper account`, {
    issues: [{ path: "account", message: "must be a paper account" }],
  });
}

const controlError = z.object({ error: z.object({ message: z.string() }) });

const control = async (...of: Parameters<typeof asked>): Promise<PaperView> =>
  paperView.parse(await asked(...of));

async function asked(
  ports: ApiPorts,
  account: string,
  path: string,
  wish?: unknown,
): Promise<unknown> {
  const init = wish === undefined ? {} : { method: "POST", body: JSON.stringify(wish) };
  const response = await ports.paper(account).fetch(`https://object/control${path}`, init);
  const said: unknown = await response.json();
  if (response.ok) return said;
  const refused = controlError.safeParse(said);
  if (refused.success && response.status < 500)
    throw fail("BROKER_REJECTED", refused.data.error.message);
  throw fail("BROKER_UNAVAILABLE", `The paper broker answered ${response.status}.`);
}
