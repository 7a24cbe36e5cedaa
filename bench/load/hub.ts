/**
 * What one would write first: a Node `ws` server that sends each tick, as one message, to each socket
 * that subscribed to its instrument. The text is made once for each tick. It is fed over TCP, line by line.
 */
import { createServer, type Server } from "node:net";
import { type WebSocket, WebSocketServer } from "ws";
import { answerMessages } from "../lib/child.ts";

const wanted = new Map<string, Set<WebSocket>>();

const sockets = new WebSocketServer({ host: "127.0.0.1", port: 0, perMessageDeflate: false });
sockets.on("connection", (socket) => {
  socket.on("message", (data) => {
    const request = JSON.parse((data as Buffer).toString()) as { instruments: number[] };
    for (const instrument of request.instruments) {
      const subscribers = wanted.get(String(instrument)) ?? new Set();
      wanted.set(String(instrument), subscribers.add(socket));
    }
    socket.send('{"type":"subscribed"}');
  });
  socket.on("close", () => {
    for (const subscribers of wanted.values()) subscribers.delete(socket);
  });
});

const feed = createServer((socket) => {
  let rest = "";
  socket.setEncoding("latin1");
  socket.on("data", (data) => {
    const lines = (rest + String(data)).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) {
      const space = line.indexOf(" ");
      const row = line.slice(space + 1);
      for (const subscriber of wanted.get(line.slice(0, space)) ?? []) subscriber.send(row);
    }
  });
});

const portOf = (server: Pick<Server, "address">): number => {
  const address = server.address();
  return typeof address === "object" ? (address?.port ?? 0) : 0;
};

const listening = new Promise<void>((resolve) => {
  feed.listen(0, "127.0.0.1", () => resolve());
});

export interface HubPorts {
  feed: number;
  sockets: number;
}

answerMessages(async (): Promise<HubPorts> => {
  await listening;
  return { feed: portOf(feed), sockets: portOf(sockets) };
});
