/**
 * The way of an order with nothing on it: a request, an object that asks another for all that wait, a
 * request to a third, and what came of it posted back, each writing one row. What Trunkline costs beyond it is
 * its own; what this costs is the runtime's.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort } from "../../scripts/lib/port.ts";
import { childrenNamed } from "../lib/processes.ts";
import { simulate } from "../lib/simulator.ts";

const SCRIPT = `
import { DurableObject } from "cloudflare:workers";

class Rows extends DurableObject {
  constructor(ctx, env) {
    super(ctx, env);
    ctx.storage.sql.exec("CREATE TABLE IF NOT EXISTS rows (id TEXT PRIMARY KEY, body TEXT)");
  }
  turn() {
    return (this.next ??= new Promise((resolve) =>
      setTimeout(() => { this.next = undefined; resolve(); }, 0)));
  }
  put(id, body) {
    this.ctx.storage.sql.exec("INSERT OR REPLACE INTO rows VALUES (?, ?)", id, JSON.stringify(body));
  }
}

export class Ledger extends Rows {
  async reserveAll(orders) {
    await this.turn();
    for (const order of orders) this.put(order.clientOrderId, order);
    return orders.map((intent) => ({ approved: { intent } }));
  }
  async post(posts) {
    await this.turn();
    for (const post of posts) this.put(post.id, post);
  }
}

export class Gateway extends Rows {
  waiting = [];
  asking = [];
  ask(order) {
    const { promise, resolve } = Promise.withResolvers();
    this.asking.push({ order, resolve });
    if (this.asking.length === 1) void this.askAll();
    return promise;
  }
  async askAll() {
    await this.turn();
    const all = this.asking.splice(0);
    const answers = await this.env.LEDGER.getByName("1").reserveAll(all.map(({ order }) => order));
    for (const [at, { resolve }] of all.entries()) resolve(answers[at]);
  }
  async place(order) {
    const { approved } = await this.ask(order);
    await this.turn();
    const { clientOrderId: id } = approved.intent;
    this.put(id, approved);
    const body = JSON.stringify(approved.intent);
    const answer = await this.env.EXCHANGE.getByName("1").fetch("https://exchange/", { method: "POST", body });
    const taken = JSON.parse(await answer.text());
    await this.turn();
    this.put(id, { approved, taken });
    this.waiting.push({ id, taken });
    while (this.busy) await this.busy;
    if (this.waiting.length === 0) return approved.intent;
    const posted = this.env.LEDGER.getByName("1").post(this.waiting.splice(0));
    this.busy = posted.then(() => { this.busy = undefined; });
    await this.busy;
    return approved.intent;
  }
}

export class Exchange extends Rows {
  async fetch(request) {
    const order = JSON.parse(await request.text());
    await this.turn();
    this.put(order.clientOrderId, order);
    return Response.json(order);
  }
}

export default {
  async fetch(request, env) {
    const order = await request.json();
    return Response.json(await env.GATEWAY.getByName("1").place(order), { status: 201 });
  },
};
`;

const NAME = "hops";

const object = (className: string) => ({ className, useSQLite: true });

export interface Hops {
  url: string;
  pid: number;
  stop(): Promise<void>;
}

export async function startHops(): Promise<Hops> {
  const directory = mkdtempSync(join(tmpdir(), "trunkline-hops-"));
  const worker = {
    name: NAME,
    compatibilityDate: "2026-11-01",
    modules: [{ type: "ESModule", path: "hops.js", contents: SCRIPT }],
    durableObjects: {
      LEDGER: object("Ledger"),
      GATEWAY: object("Gateway"),
      EXCHANGE: object("Exchange"),
    },
    unsafeDirectSockets: [{ host: "127.0.0.1", port: await freePort() }],
  };
  const options = { host: "127.0.0.1", port: 0, resourcePersistencePath: directory };
  const instance = simulate({ ...options, workers: [worker] });
  await instance.ready;
  return {
    url: (await instance.unsafeGetDirectURL(NAME)).origin,
    pid: childrenNamed("workerd").at(-1) ?? 0,
    stop: async () => {
      await instance.dispose();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}
