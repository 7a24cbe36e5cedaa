/**
 * `WS /v1/stream`: verifies who asks, then hands the socket to a market. From there on no frame passes
 * the Worker. A caller's identity reaches the market only in the header that is set here.
 */
import { z } from "zod";
import { type Caller, CALLER_HEADER } from "../../application/caller.ts";
import { STREAM_SUBPROTOCOL } from "../../contract/stream.ts";
import { PLACE_TRIES_MAX, STREAM_NO_ROOM_STATUS } from "../../domain/market-limits.ts";
import type { ApiApp } from "../context.ts";
import { badInput, fail } from "../error-handler.ts";
import type { ApiPorts } from "../ports.ts";
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
    const caller = c.get("caller");
    const webSocket = await openSocket(ports, caller, wish.data.format);
    const chosen = subprotocols(c.req.raw).includes(STREAM_SUBPROTOCOL);
    return new Response(null, {
      status: 101,
      webSocket,
      headers: chosen ? { "sec-websocket-protocol": STREAM_SUBPROTOCOL } : {},
    });
  });
}

/** A market knows best whether it has room: one that refuses is named when the next place is asked for. */
async function openSocket(ports: ApiPorts, caller: Caller, format: string): Promise<WebSocket> {
  const keyId = caller.kind === "algo" ? caller.id : null;
  // New headers: nothing that came from outside, least of all a caller header, goes on.
  const headers = { upgrade: "websocket", [CALLER_HEADER]: callerHeader(caller) };
  let refusedBy: string | null = null;
  for (let tries = 0; tries < PLACE_TRIES_MAX; tries += 1) {
    const place = await ports.marketManager.place({ keyId, refusedBy });
    if (!place) throw fail("UNAUTHENTICATED", "The key is not valid.");
    const url = `https://object/stream?format=${format}&socketsMax=${place.socketsMax}`;
    const answer = await ports.market(place.market).fetch(url, { headers });
    const { webSocket, status } = answer;
    if (webSocket) return webSocket;
    // A body that nobody reads would hold the object.
    await answer.text();
    if (status === 401) throw fail("UNAUTHENTICATED", "The key is not valid.");
    if (status !== STREAM_NO_ROOM_STATUS)
      throw fail("UNAVAILABLE", `The market answered ${status}; try again.`);
    refusedBy = place.market;
  }
  throw fail("UNAVAILABLE", "No market has room for another socket at the moment; try again.");
}

/** Header values are Latin-1; JSON escapes keep any email in it. */
const callerHeader = (caller: unknown): string =>
  JSON.stringify(caller).replace(
    /[\u0080-\uffff]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
