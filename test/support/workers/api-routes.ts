/** The whole HTTP surface as a table: who may call each route, and one call that it answers. */

export const REASON = "a test needs it";

export const INTENT = {
  clientOrderId: "order-9",
  instrument: "NSE:INFY",
  side: "buy",
  type: "limit",
  quantity: 10,
  limitPrice: "1500.05",
};

/** The same as a question, for the algo that the keys of the tests are bound to. */
export const EXPLAIN =
  "algoId=momentum&instrument=NSE:INFY&side=buy&type=limit&quantity=10&limitPrice=1500.05";

/** A browser as it signs itself up, with keys of the right shape. */
export const PUSH_DEVICE = {
  name: "Ann's phone",
  endpoint: "https://fcm.googleapis.com/fcm/send/device-1",
  keys: { p256dh: `B${"D".repeat(86)}`, auth: "C".repeat(22) },
};

export interface Route {
  scope: "read" | "trade" | "admin";
  /** Only people and the development key. */
  people?: true;
  /** Not for a key that is bound to an algo. */
  unbound?: true;
  body?: unknown;
  path?: string;
  status?: number;
}

/** A route that is not here fails the test below. */
export const ROUTES: Record<string, Route> = {
  "GET /v1/status": { scope: "read" },
  "GET /metrics": { scope: "read" },
  "GET /v1/instruments": { scope: "read" },
  "GET /v1/quotes": { scope: "read", path: "/v1/quotes?instruments=NSE:INFY" },
  "GET /v1/candles": {
    scope: "read",
    path: "/v1/candles?instrument=NSE:INFY&interval=1m&from=0&to=60000",
  },
  "GET /v1/feeds/quality": { scope: "read" },
  "GET /v1/instruments/{instrument}/cleaning": {
    scope: "read",
    path: "/v1/instruments/NSE:INFY/cleaning",
  },
  "PUT /v1/instruments/{instrument}/cleaning": {
    scope: "admin",
    path: "/v1/instruments/NSE:INFY/cleaning",
    body: { off: ["spike"] },
  },
  "DELETE /v1/instruments/{instrument}/cleaning": {
    scope: "admin",
    path: "/v1/instruments/NSE:INFY/cleaning",
  },
  "GET /v1/recordings": { scope: "read", path: "/v1/recordings?day=2026-11-21" },
  "GET /v1/recordings/{day}": { scope: "read", path: "/v1/recordings/2026-11-21" },
  // The one WebSocket: asked without an upgrade it says so.
  "GET /v1/stream": { scope: "read", status: 400 },
  "GET /v1/markets": { scope: "read" },
  "PUT /v1/markets": { scope: "admin", body: { socketsMax: 100 } },
  "POST /v1/markets/{market}/drain": {
    scope: "admin",
    path: "/v1/markets/m1/drain",
    body: { close: "now", reason: REASON },
  },
  "DELETE /v1/markets/{market}/drain": { scope: "admin", path: "/v1/markets/m1/drain" },
  "GET /v1/signals": { scope: "read" },
  "POST /v1/signals/{topic}": {
    scope: "trade",
    path: "/v1/signals/regime",
    body: { value: { calm: true } },
    status: 201,
  },
  "GET /v1/instruments/{instrument}/providers": {
    scope: "read",
    path: "/v1/instruments/NSE:INFY/providers",
  },
  "PUT /v1/instruments/{instrument}/providers": {
    scope: "admin",
    path: "/v1/instruments/NSE:INFY/providers",
    body: { ranked: ["paper-backup", "paper"] },
  },
  "GET /v1/feeds/providers": { scope: "read" },
  "GET /v1/feeds/switches": { scope: "read" },
  "GET /v1/brokers": { scope: "read" },
  "PUT /v1/brokers/{broker}/feed": {
    scope: "admin",
    path: "/v1/brokers/paper/feed",
    body: { shards: 2, weights: { "NSE:INFY": 4 } },
  },
  "PUT /v1/brokers/{broker}/drain": {
    scope: "admin",
    path: "/v1/brokers/paper/drain",
    body: { draining: true, when: "now" },
  },
  "PUT /v1/brokers/{broker}/shards/{shard}/drain": {
    scope: "admin",
    path: "/v1/brokers/paper/shards/1/drain",
    body: { draining: true },
  },
  "GET /v1/brokers/{broker}/session": { scope: "read", path: "/v1/brokers/paper/session" },
  "POST /v1/brokers/{broker}/session": {
    scope: "admin",
    path: "/v1/brokers/paper/session",
    body: { credential: "another" },
  },
  "DELETE /v1/brokers/{broker}/limits": { scope: "admin", path: "/v1/brokers/paper/limits" },
  "POST /v1/brokers/{broker}/subscriptions": {
    scope: "admin",
    path: "/v1/brokers/paper/subscriptions",
    body: { instruments: ["NSE:INFY"] },
  },
  "DELETE /v1/brokers/{broker}/subscriptions": {
    scope: "admin",
    path: "/v1/brokers/paper/subscriptions",
    body: { instruments: ["NSE:INFY"] },
  },
  "POST /v1/orders": { scope: "trade", body: INTENT, status: 201 },
  "GET /v1/orders": { scope: "read" },
  "GET /v1/orders/{clientOrderId}": { scope: "read", path: "/v1/orders/order-1" },
  "GET /v1/orders/{clientOrderId}/history": {
    scope: "read",
    path: "/v1/orders/order-1/history",
  },
  "PATCH /v1/orders/{clientOrderId}": {
    scope: "trade",
    path: "/v1/orders/order-1",
    body: { quantity: 5 },
  },
  "DELETE /v1/orders/{clientOrderId}": { scope: "trade", path: "/v1/orders/order-1" },
  "POST /v1/orders/cancel-all": { scope: "trade", body: { instrument: "NSE:INFY" } },
  "POST /v1/positions/close": {
    scope: "trade",
    body: { closeId: "close-1", instrument: "NSE:INFY" },
  },
  "POST /v1/positions/close-all": { scope: "trade", body: { closeId: "close-1" } },
  "GET /v1/trades": { scope: "read" },
  "GET /v1/positions": { scope: "read" },
  "GET /v1/balances": { scope: "read" },
  "GET /v1/risk": { scope: "read" },
  "GET /v1/risk/exposure": { scope: "read" },
  "GET /v1/risk/history": { scope: "read" },
  "GET /v1/risk/explain": { scope: "read", path: `/v1/risk/explain?${EXPLAIN}` },
  "GET /v1/risk/limits": { scope: "read" },
  "PUT /v1/risk/limits": {
    scope: "admin",
    body: { changes: [{ scope: "portfolio", name: "drawdown", value: "5" }], reason: REASON },
  },
  "GET /v1/risk/controls": { scope: "read" },
  "POST /v1/risk/restrictions": {
    scope: "admin",
    unbound: true,
    body: { scope: "algo:momentum", reason: REASON },
  },
  "DELETE /v1/risk/restrictions": {
    scope: "admin",
    unbound: true,
    body: { scope: "algo:momentum", reason: REASON },
  },
  "PUT /v1/risk/trading-state": {
    scope: "admin",
    unbound: true,
    body: { scope: "portfolio", state: "reducing", reason: REASON },
  },
  "PUT /v1/risk/trips": {
    scope: "admin",
    unbound: true,
    body: { changes: [{ trip: "rejectStorm", bounds: { count: 5 } }], reason: REASON },
  },
  "POST /v1/algos": { scope: "admin", unbound: true, body: { algoId: "by-hand", reason: REASON } },
  "POST /v1/lease/take": {
    scope: "admin",
    unbound: true,
    body: { region: "primary", reason: REASON },
  },
  "POST /v1/kill-switch": { scope: "trade", body: { scope: "algo:momentum", reason: REASON } },
  "POST /v1/kill-switch/reset": {
    scope: "admin",
    unbound: true,
    body: { scope: "portfolio", reason: REASON },
  },
  "GET /v1/dead-letters": { scope: "read" },
  // What is not on the desk is refused by name; who may ask is checked before.
  "GET /v1/dead-letters/{clientOrderId}": {
    scope: "trade",
    people: true,
    path: "/v1/dead-letters/order-1",
    status: 404,
  },
  "POST /v1/dead-letters/{clientOrderId}/acknowledge": {
    scope: "trade",
    people: true,
    path: "/v1/dead-letters/order-1/acknowledge",
    status: 404,
  },
  "POST /v1/dead-letters/{clientOrderId}/executed": {
    scope: "trade",
    people: true,
    path: "/v1/dead-letters/order-1/executed",
    body: { brokerOrderId: "b-2", price: "1500", quantity: "10", reason: REASON },
  },
  "POST /v1/dead-letters/{clientOrderId}/retry": {
    scope: "trade",
    people: true,
    path: "/v1/dead-letters/order-1/retry",
    body: { reason: REASON },
    status: 409,
  },
  "POST /v1/dead-letters/{clientOrderId}/discard": {
    scope: "trade",
    people: true,
    path: "/v1/dead-letters/order-1/discard",
    body: { reason: REASON },
  },
  "GET /v1/incidents": { scope: "read" },
  // What never happened is refused by name; who may ask is checked before.
  "GET /v1/incidents/{id}": { scope: "read", path: "/v1/incidents/trip-portfolio-1", status: 404 },
  "POST /v1/incidents/{id}/acknowledge": {
    scope: "trade",
    people: true,
    path: "/v1/incidents/trip-portfolio-1/acknowledge",
    status: 404,
  },
  "GET /v1/alerts": { scope: "read", people: true },
  // Web push is off where the tests run, and that is said.
  "POST /v1/alerts/devices": {
    scope: "trade",
    people: true,
    body: PUSH_DEVICE,
    status: 409,
  },
  "DELETE /v1/alerts/devices/{id}": {
    scope: "trade",
    people: true,
    path: "/v1/alerts/devices/0000000000000000",
    status: 404,
  },
  "GET /v1/reconciliations": { scope: "read" },
  "GET /v1/reconciliations/{id}": {
    scope: "read",
    path: "/v1/reconciliations/paper-2026-11-20",
    status: 404,
  },
  "POST /v1/reconciliations": { scope: "admin", body: {}, status: 201 },
  "POST /v1/reconciliations/{id}/accept": {
    scope: "admin",
    people: true,
    path: "/v1/reconciliations/paper-2026-11-20/accept",
    body: { reason: REASON },
    status: 404,
  },
  "GET /v1/audit": { scope: "admin" },
  "GET /v1/watchlist": { scope: "read" },
  "PUT /v1/watchlist": { scope: "admin", body: { items: [{ instrument: "NSE:INFY" }] } },
  "GET /v1/profile": { scope: "read", people: true },
  "PUT /v1/profile": {
    scope: "read",
    people: true,
    body: { displayName: "Ann", theme: "dark", shortcuts: [] },
  },
  "GET /v1/keys": { scope: "admin" },
  "POST /v1/keys": { scope: "admin", body: { name: "k", scopes: ["read"] }, status: 201 },
  "DELETE /v1/keys/{id}": { scope: "admin", path: "/v1/keys/0000000000000000", status: 404 },
  "GET /v1/paper": { scope: "admin" },
  "POST /v1/paper/market": { scope: "admin", body: { ticksPerSecond: 5 } },
  "POST /v1/paper/faults": { scope: "admin", body: { fault: "delay" } },
  "POST /v1/paper/hand-orders": {
    scope: "admin",
    body: { instrument: "NSE:INFY", side: "buy", quantity: "1" },
  },
  "POST /v1/paper/request-tokens": { scope: "admin" },
  "POST /v1/paper/replay": { scope: "admin", body: { op: "stop" } },
};

export const OPEN = ["GET /health", "GET /v1/openapi.json", "GET /v1/docs"];

/** The table, flat. */
export const ROWS = Object.entries(ROUTES).map(([name, route]) => {
  const [method = "", template = ""] = name.split(" ");
  return { name, method, path: route.path ?? template, ...route };
});
