/**
 * The bundle with counters: every call that the platform would bill as a request of an object, every
 * message on its sockets, and every row that its storage, D1 and R2 read or wrote. All objects of a local
 * run share one isolate, and so one list of counters.
 */

/** By name: `rpc Class.method`, `message Class`, `alarm Class`, `fetch Class`, `rows written`, `rows read`, `r2 put`, … */
export type Counts = Record<string, number>;

export const COUNTING_ENTRY = `
import * as worker from "./index.js";
const counts = {};
const cursors = [];
const count = (name, by = 1) => { counts[name] = (counts[name] ?? 0) + by; };
const total = () => {
  const sums = { ...counts, "rows written": counts["rows written"] ?? 0, "rows read": 0 };
  for (const cursor of cursors) {
    sums["rows written"] += cursor.rowsWritten;
    sums["rows read"] += cursor.rowsRead;
  }
  return sums;
};
const HANDLERS = { fetch: "fetch", alarm: "alarm", webSocketMessage: "message" };
const SILENT = new Set(["constructor", "webSocketClose", "webSocketError"]);
let isPatched = false;
const patch = (target, method, name) => {
  const original = target[method];
  target[method] = function (...args) { count(name); return original.apply(this, args); };
};
const patchStorage = (storage) => {
  if (isPatched) return;
  isPatched = true;
  const sql = Object.getPrototypeOf(storage.sql);
  const exec = sql.exec;
  sql.exec = function (...args) {
    const cursor = exec.apply(this, args);
    cursors.push(cursor);
    return cursor;
  };
  patch(Object.getPrototypeOf(storage), "setAlarm", "rows written");
  patch(Object.getPrototypeOf(storage.kv), "put", "rows written");
  patch(Object.getPrototypeOf(storage.kv), "get", "rows read");
};
const counted = (name) => {
  const Base = worker[name];
  class Counted extends Base {
    constructor(ctx, env) {
      patchStorage(ctx.storage);
      const put = (...args) => { count("r2 put"); count("r2 bytes", args[1]?.byteLength ?? 0); return env.RECORDINGS.put(...args); };
      super(ctx, { ...env, RECORDINGS: new Proxy(env.RECORDINGS, { get: (target, key) => key === "put" ? put : target[key].bind(target) }) });
    }
  }
  for (const method of Object.getOwnPropertyNames(Base.prototype)) {
    if (SILENT.has(method) || typeof Base.prototype[method] !== "function") continue;
    const kind = HANDLERS[method];
    const counter = kind ? kind + " " + name : "rpc " + name + "." + method;
    Counted.prototype[method] = function (...args) { count(counter); return Base.prototype[method].apply(this, args); };
  }
  return Counted;
};
export const Market = counted("Market");
export const BrokerManager = counted("BrokerManager");
export const MarketManager = counted("MarketManager");
export const RiskLedger = counted("RiskLedger");
export const OrderGateway = counted("OrderGateway");
export const AlertChannel = worker.AlertChannel;
export const OperatorProfile = worker.OperatorProfile;
export const PaperBroker = worker.PaperBroker;
export class FeedShard extends counted("FeedShard") {
  fetch() { return Response.json(total()); }
}
export default {
  ...worker.default,
  fetch(request, env, ctx) { count("worker fetch"); return worker.default.fetch(request, env, ctx); },
  scheduled(controller, env, ctx) { count("worker cron"); return worker.default.scheduled(controller, env, ctx); },
  queue(batch, env, ctx) { count("worker queue"); return worker.default.queue(batch, env, ctx); },
};
`;
