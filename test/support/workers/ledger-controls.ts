/** Restrictions, trips and limits of the ledger in workerd, as the tests lay them down and read them. */
import { env } from "cloudflare:workers";
import type { OrderIntent } from "../../../src/domain/order.ts";
import { acceptedAs, fillOf, INSTRUMENT, markOf, postOf } from "../ledger/samples.ts";
import { until } from "../until.ts";
import { connect, delivered, ledger, placed, reserve } from "./ledger.ts";

export const ANN = "person:ann";
export const reason = "a test needs it";

export const codeOf = async (...given: Parameters<typeof reserve>): Promise<string> => {
  const answer = await reserve(...given);
  return answer.kind === "denied" ? answer.refusal.code : answer.kind;
};

export const restrict = (scope: string) =>
  ledger().control({ kind: "restrict", scope, reason }, ANN);
export const lift = (scope: string) => ledger().control({ kind: "lift", scope, reason }, ANN);

export const filled = async (quantity = "10", changes: Partial<OrderIntent> = {}) => {
  const intent = await placed({ quantity, ...changes });
  const { clientOrderId } = intent;
  await ledger().post([
    postOf(clientOrderId, acceptedAs(`b-${clientOrderId}`)),
    postOf(clientOrderId, fillOf(intent, quantity, "100"), Date.now()),
  ]);
  return intent;
};

export const states = async () =>
  (await ledger().status()).tradingStates.map(({ scope, state, by }) => `${scope} ${state} ${by}`);

export const audited = async (action: string) => {
  await delivered();
  const rows = await env.DB.prepare("SELECT subject, by FROM audit_log WHERE action = ?")
    .bind(action)
    .all();
  return rows.results;
};

export const limits = (changes: [scope: string, name: string, value: string][]) =>
  ledger().setLimits(
    {
      changes: changes.map(([scope, name, value]) => ({ scope, name: name as "dailyLoss", value })),
      reason,
    },
    ANN,
  );

export const trips = (
  changes: Extract<
    Parameters<ReturnType<typeof ledger>["control"]>[0],
    { kind: "trips" }
  >["request"]["changes"],
) => ledger().control({ kind: "trips", request: { changes, reason } }, ANN);

/** A mark as a shard would send it. */
export const marked = async (price: number | null, instrument = INSTRUMENT.id) => {
  const socket = await connect();
  const mark = { ...markOf(Date.now() + 1), instrument, price, bid: null, ask: null };
  socket.send(JSON.stringify({ marks: [mark] }));
  socket.close();
};

export const latched = (expected: string[]) =>
  until(`${expected.join()} latched`, async () => (await states()).join() === expected.join());
