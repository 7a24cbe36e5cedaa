/** Reads what shards send on the `/marks` socket. It never throws: a frame that cannot be read changes nothing. */
import { assert } from "../src/domain/assert.ts";
import type { Log } from "../src/application/log.ts";
import { markFrame, marksFrame } from "../src/contract/marks.ts";
import type { Mark } from "../src/domain/tick.ts";

/** Takes a shard's socket, or says why not. */
export function acceptMarks(ctx: DurableObjectState, request: Request): Response {
  if (new URL(request.url).pathname !== "/marks") return new Response("not found", { status: 404 });
  if (request.headers.get("Upgrade") !== "websocket")
    return new Response("a WebSocket is expected here", { status: 426 });
  const [client, server] = Object.values(new WebSocketPair());
  assert(client && server, "a pair of sockets has two ends");
  ctx.acceptWebSocket(server);
  return new Response(null, { status: 101, webSocket: client });
}

/** The readable marks of a frame, and how many were not. */
export function readMarks(data: string | ArrayBuffer): { marks: Mark[]; unreadable: number } {
  const frame = marksFrame.safeParse(json(data));
  if (!frame.success) return { marks: [], unreadable: 1 };
  const parsed = frame.data.marks.map((each) => markFrame.safeParse(each));
  const marks = parsed.flatMap((each) => (each.success ? [each.data] : []));
  return { marks, unreadable: parsed.length - marks.length };
}

/** The readable marks of a frame; that some were not is logged. */
export function goodMarks(data: string | ArrayBuffer, log: Log): Mark[] {
  const { marks, unreadable } = readMarks(data);
  if (unreadable > 0) log("warn", "marks_unreadable", { unreadable });
  return marks;
}

function json(data: string | ArrayBuffer): unknown {
  if (typeof data !== "string") return null;
  try {
    return JSON.parse(data);
  } catch {
    return null;
  }
}
