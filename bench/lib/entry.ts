/**
 * What the bench puts in front of the Worker's bundle: shards that can be ended, the exchange reached over
 * the network where it runs apart, and, for a trace, the time at each door that an order passes.
 */

export interface EntryOptions {
  /** Where the exchange listens that runs in a process of its own; null when it is the Worker's own object. */
  exchangeUrl: string | null;
  /** Notes when each order passed each door. It costs a little, so nothing is timed with it. */
  isTraced: boolean;
}

/** Where a traced run answers with what it noted, once: `{ order: { door: ms } }`. */
export const TRACE_PATH = "/bench/trace";

const TRACE = `
const doors = new Map();
const note = (id, door) => {
  const seen = doors.get(id) ?? doors.set(id, {}).get(id);
  seen[door] ??= performance.timeOrigin + performance.now();
};
const idOf = (body) => /"clientOrderId":"([^"]+)"/.exec(body ?? "")?.[1] ?? "";
const through = async (ids, name, work) => {
  for (const id of ids) note(id, name + " in");
  const answer = await work();
  for (const id of ids) note(id, name + " out");
  return answer;
};
class TracedLedger extends worker.RiskLedger {
  reserve(intent, facts) {
    return through([intent.clientOrderId], "reserve", () => super.reserve(intent, facts));
  }
  reserveAll(asks) {
    return through(asks.map(({ intent }) => intent.clientOrderId), "reserve", () => super.reserveAll(asks));
  }
  post(posts) {
    return through(posts.map(({ clientOrderId }) => clientOrderId), "post", () => super.post(posts));
  }
}
class TracedGateway extends worker.OrderGateway {
  place(intent, facts) {
    return through([intent.clientOrderId], "place", () => super.place(intent, facts));
  }
  submit(approved, attempt) {
    return through([approved.intent.clientOrderId], "submit", () => super.submit(approved, attempt));
  }
}
const traced = async (request, env, ctx) => {
  if (new URL(request.url).pathname === "${TRACE_PATH}") {
    const all = Object.fromEntries(doors);
    doors.clear();
    return Response.json(all);
  }
  if (request.method !== "POST") return worker.default.fetch(request, env, ctx);
  const body = await request.text();
  const again = new Request(request.url, { method: "POST", headers: request.headers, body });
  return through([idOf(body)], "worker", () => worker.default.fetch(again, env, ctx));
};
`;

const apart = (url: string): string => `
const exchange = (account) => ({
  fetch(input, init) {
    const { pathname, search } = new URL(typeof input === "string" ? input : input.url);
    const target = "${url}/" + encodeURIComponent(account) + pathname + search;
    return fetch(typeof input === "string" ? target : new Request(target, input), init);
  },
});
const reached = (env) => ({ ...env, PAPER_BROKER: { getByName: exchange } });
`;

const WITHIN = "const reached = (env) => env;\n";

/** The exchange's own doors, on our side of the wire: the request leaves, and its answer is there. */
const WATCHED = `
const watched = (env) => {
  const { PAPER_BROKER } = reached(env);
  const getByName = (account) => ({
    fetch: (input, init) => {
      const send = () => PAPER_BROKER.getByName(account).fetch(input, init);
      const isOrder = init?.method === "POST" && init.body;
      return isOrder ? through([idOf(init.body)], "exchange", send) : send();
    },
  });
  return { ...reached(env), PAPER_BROKER: { getByName } };
};
`;

const UNWATCHED = "const watched = reached;\n";

const CLASSES = [
  "AlertChannel",
  "BrokerManager",
  "Market",
  "MarketManager",
  "OperatorProfile",
  "PaperBroker",
];

/** JavaScript of a module beside the bundle `index.js`. */
export function entryOf({ exchangeUrl, isTraced }: EntryOptions): string {
  const classes = [
    ...CLASSES.map((name) => [name, `worker.${name}`]),
    ["RiskLedger", isTraced ? "TracedLedger" : "worker.RiskLedger"],
    ["OrderGateway", isTraced ? "TracedGateway" : "worker.OrderGateway"],
  ];
  const exported = classes.map(
    ([name, base]) =>
      `export class ${name} extends ${base} { constructor(ctx, env) { super(ctx, watched(env)); } }`,
  );
  return `
import * as worker from "./index.js";
${isTraced ? TRACE : "const traced = (...all) => worker.default.fetch(...all);"}
${exchangeUrl === null ? WITHIN : apart(exchangeUrl)}
${isTraced ? WATCHED : UNWATCHED}
${exported.join("\n")}
export class FeedShard extends worker.FeedShard {
  constructor(ctx, env) { super(ctx, watched(env)); }
  fetch() { this.ctx.abort("ended by the bench"); }
}
let own = null;
const env = (given) => (own ??= watched(given));
export default {
  fetch: (request, given, ctx) => traced(request, env(given), ctx),
  queue: (batch, given, ctx) => worker.default.queue(batch, env(given), ctx),
  scheduled: (event, given, ctx) => worker.default.scheduled(event, env(given), ctx),
};
`;
}

/** The exchange's object alone, by account, as a server of its own. */
export const EXCHANGE_ENTRY = `
export { PaperBroker } from "./index.js";
export default {
  fetch(request, env) {
    const { pathname, search } = new URL(request.url);
    const [, account, ...path] = pathname.split("/");
    const url = "https://paper.exchange/" + path.join("/") + search;
    return env.PAPER_BROKER.getByName(decodeURIComponent(account)).fetch(new Request(url, request));
  },
};
`;
