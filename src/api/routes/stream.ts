/**
 * `WS /v1/stream`: verifies who asks, then hands the socket to a market. From there on no frame passes
 * the Worker. A caller's identity reaches the market only in the header that is set here.
 */
import { z } from "zod";
import { CALLER_HEADER } from "../../application/caller.ts";
import { STREAM_SUBPROTOCOL } from "../../contract/stream.ts";
import type { ApiApp } from "../context.ts";
import { badInput, fail } from "../error-handler.ts";
import type { Gate } from "../route.ts";
import { isUpgrade, subprotocols } from "../upgrade.ts";

const query = z.strictObject({ format: z.enum(["plain", "compact"]).default("plain") });

export function streamRoutes(app: ApiApp, gate: Gate): void {
  const { middleware, ...access } = gate("read");
  app.openAPIRegistry.registerPath({
    method: "get",
    path: "/v1/stream",
    summary: "The live stream: a WebSocket",
    description:
      "Frames are described in docs/stream.md. A browser gives its key as a second subprotocol: trunkline.v1, bearer.<key>.",
    tags: ["Market data"],
    ...access,
    request: { query },
    responses: { 101: { description: "The socket is open" } },
  });

  app.use("/v1/stream", ...middleware);
  app.get("/v1/stream", async (c) => {
    const wish = query.safeParse(c.req.query());
    if (!wish.success) throw badInput(wish.error, "query");
    if (!isUpgrade(c.req.raw))
      throw fail("BAD_REQUEST", "This is a WebSocket: ask with Upgrade: websocket.");
    const ports = c.get("ports");
    const { market } = await ports.marketManager.place();
    // New headers: nothing that came from outside, least of all a caller header, goes on.
    const headers = { upgrade: "websocket", [CALLER_HEADER]: callerHeader(c.get("caller")) };
    const url = `https://object/stream?format=${wish.data.format}`;
    const { webSocket, status } = await ports.market(market).fetch(url, { headers });
    if (!webSocket) throw fail("UNAVAILABLE", `The market answered ${status}; try again.`);
    const chosen = subprotocols(c.req.raw).includes(STREAM_SUBPROTOCOL);
    return new Response(null, {
      status: 101,
      webSocket,
      headers: chosen ? { "sec-websocket-protocol": STREAM_SUBPROTOCOL } : {},
    });
  });
}

/** Header values are Latin-1; JSON escapes keep any email in it. */
const callerHeader = (caller: unknown): string =>
  JSON.stringify(caller).replace(
    /[\u0080-\uffff]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
