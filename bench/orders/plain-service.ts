/** What Trunkline's orders are measured against: a plain `http` service that writes one row per order, durably, and does nothing else. */
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { answerMessages } from "../lib/child.ts";

const directory = mkdtempSync(join(tmpdir(), "trunkline-plain-orders-"));
process.once("exit", () => rmSync(directory, { recursive: true, force: true }));
process.once("SIGTERM", () => process.exit(0));

const database = new DatabaseSync(join(directory, "orders.sqlite"));
database.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;");
database.exec("CREATE TABLE orders (id TEXT PRIMARY KEY, at INTEGER NOT NULL, body TEXT NOT NULL)");
const insert = database.prepare("INSERT INTO orders VALUES (?, ?, ?)");

const server = createServer((incoming, outgoing) => {
  let text = "";
  incoming.setEncoding("utf8");
  incoming.on("data", (part: string) => (text += part));
  incoming.on("end", () => {
    const { clientOrderId } = JSON.parse(text) as { clientOrderId: string };
    insert.run(clientOrderId, Date.now(), text);
    outgoing.writeHead(201, { "content-type": "application/json" }).end(text);
  });
});

answerMessages(async (): Promise<{ url: string }> => {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
});
