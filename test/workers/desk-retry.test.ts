/** A dead letter that is sent again, and the deaths of whoever does it between any two of its steps. */
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Caller } from "../../src/application/caller.ts";
import type { OrderPorts } from "../../src/application/order-ports.ts";
import { executeRetry } from "../../src/application/execute-retry.ts";
import { retryDeadLetter, successorId } from "../../src/application/retry-dead-letter.ts";
import { legId } from "../../src/domain/bracket.ts";
import { takeDeadLetter } from "../../src/application/take-dead-letter.ts";
import {
  atBroker,
  crashGateway,
  endFlow,
  RESTING,
  startFlow,
  unknownLetter,
  until,
  type Flow,
} from "../support/workers/orders.ts";

let flow: Flow;

beforeEach(async () => {
  flow = await startFlow();
});

afterEach(() => endFlow(flow));

/** The algo's orders come with a key; a person has none, and the ledger knows the algo by its first order. */
const PERSON: Caller = { kind: "person", id: "op@x.io", algoId: null, scopes: ["trade"] };

/** An order that was proven not sent, laid on the desk as the dead-letter queue does. */
async function notSentLetter(): Promise<string> {
  await flow.fault("refuse_not_accepted");
  const { clientOrderId } = await flow.place(RESTING);
  const message = flow.retries.find((each) => each.clientOrderId === clientOrderId);
  if (!message) throw new Error("no retry was queued");
  expect(await takeDeadLetter(flow.ports, message)).toBe(true);
  return clientOrderId;
}

const retry = (id: string, ports: OrderPorts = flow.ports) =>
  retryDeadLetter(ports, PERSON, id, "the broker was busy", Date.now());

describe("a retry from the desk", () => {
  test("ends the old order and sends a new one, linked to it, once however often it is asked for", async () => {
    const id = await notSentLetter();
    const answers = [await retry(id), await retry(id)];
    for (const answer of answers)
      expect(answer).toMatchObject({ ok: true, value: { clientOrderId: successorId(id) } });
    const old = await flow.order(id);
    expect(old.state).toBe("canceled");
    expect(old.reason).toBe(
      `discarded by person:op@x.io: retried as ${successorId(id)}: the broker was busy`,
    );
    expect(await atBroker(flow, successorId(id))).toHaveLength(1);
    expect(await atBroker(flow, id)).toEqual([]);
  });

  test("a stray attempt of the old order sends nothing any more", async () => {
    await flow.fault("refuse_not_accepted");
    const approved = await flow.reserve(RESTING);
    const id = approved.intent.clientOrderId;
    expect((await flow.gateway.submit(approved, 1)).outcome).toBe("not_sent");
    expect(await flow.gateway.giveUpUnsent(id, "a test needs it")).toBe(true);
    expect((await retry(id)).ok).toBe(true);
    for (const attempt of [1, 2, 3]) await flow.gateway.submit(approved, attempt);
    expect(await atBroker(flow, id)).toEqual([]);
    expect(await atBroker(flow, successorId(id))).toHaveLength(1);
  });

  test("what the limits refuse stays on the desk, with its facts, and nothing is changed", async () => {
    const id = await notSentLetter();
    await flow.ledger.setLimits(
      { changes: [{ scope: "portfolio", name: "orderNotional", value: "100" }], reason: "a test" },
      "person:op@x.io",
    );
    const { version } = await flow.ledger.status();
    const refused = await retry(id);
    expect(refused).toMatchObject({ ok: false, error: { code: "ORDER_NOTIONAL" } });
    expect((await flow.order(id)).state).toBe("dead_lettered");
    expect((await flow.ledger.status()).version).toBe(version);
  });

  test("an order whose outcome is unknown is not sent again, and neither is one that is not on the desk", async () => {
    const approved = await flow.reserve(RESTING);
    const id = approved.intent.clientOrderId;
    await flow.fault("silent_order_stream", { durationMs: 60_000 });
    await flow.fault("error_5xx_before_accept");
    expect((await flow.gateway.submit(approved, 1)).outcome).toBe("unknown");
    await unknownLetter(flow, id);
    expect(await retry(id)).toMatchObject({ ok: false, error: { code: "CONFLICT" } });
    const live = await flow.place(RESTING);
    expect(await retry(live.clientOrderId)).toMatchObject({
      ok: false,
      error: { code: "CONFLICT" },
    });
    expect(await atBroker(flow, successorId(id))).toEqual([]);
  });
});

const leg = (name: "stop" | "target", terms: object) =>
  flow.reserve({
    side: "sell",
    reduceOnly: true,
    exit: { entry: "gone", pair: 1, leg: name },
    clientOrderId: legId("gone", 1, name),
    ...terms,
  });

/** Ten are held; the stop lies on the desk, and the target is reserved beside it. */
async function stopLetter() {
  const { clientOrderId } = await flow.place();
  await until(async () => (await flow.order(clientOrderId)).state === "filled");
  const { intent } = await leg("stop", { type: "stop", stopPrice: "1200" });
  const target = await leg("target", { type: "limit", limitPrice: "1800" });
  expect(await flow.gateway.giveUpUnsent(intent.clientOrderId, "a test needs it")).toBe(true);
  return { stop: intent.clientOrderId, target };
}

describe("an exit of a bracket that its gateway does not know any more", () => {
  test("goes again by itself, and only while its partner does not hold all that is there to be closed", async () => {
    const { stop, target } = await stopLetter();
    await flow.gateway.submit(target, 1);
    expect(await retry(stop)).toMatchObject({ ok: false, error: { code: "REDUCE_ONLY" } });
    expect((await flow.order(stop)).state).toBe("dead_lettered");
    const { clientOrderId } = target.intent;
    await flow.ledger.requestCancel(clientOrderId, "person:op@x.io");
    await flow.gateway.cancel(clientOrderId);
    await until(async () => (await flow.order(clientOrderId)).state === "canceled");
    expect((await retry(stop)).ok).toBe(true);
    expect(await atBroker(flow, successorId(stop))).toMatchObject([{ quantity: "10" }]);
  });
});

/** Each call that the retry makes, and whether it dies before or after it has done its work. */
const STEPS = ["lookUp", "explain", "discardByHand", "place"] as const;

describe.each(STEPS)("whoever retries dies at %s", { timeout: 20_000 }, (step) => {
  test.each(["before", "after"] as const)(
    "%s it had its effect: the next call goes on, and one order leaves",
    async (when) => {
      const id = await notSentLetter();
      let died = false;
      const mortal = <T extends object>(port: T): T =>
        new Proxy(port, {
          get: (target, name, receiver) => {
            const call: unknown = Reflect.get(target, name, receiver);
            if (name !== step || died || typeof call !== "function") return call;
            return async (...args: unknown[]) => {
              died = true;
              if (when === "after")
                await (call as (...all: unknown[]) => Promise<unknown>)(...args);
              throw new Error("died");
            };
          },
        });
      const ports: OrderPorts = {
        ...flow.ports,
        ledger: mortal(flow.ports.ledger),
        gateway: (account) => mortal(flow.ports.gateway(account)),
      };
      await retry(id, ports).catch(() => null);
      expect(died).toBe(true);
      await crashGateway();
      const again = await retry(id);
      expect(again).toMatchObject({ ok: true, value: { clientOrderId: successorId(id) } });
      expect((await flow.order(id)).state).toBe("canceled");
      // Reserved and handed to nobody: the ledger's sweep puts it on the retry queue, whose consumer is this.
      const message = { clientOrderId: successorId(id), account: "paper", reason: "swept" };
      if ((await flow.order(successorId(id))).state === "pending_new")
        await executeRetry(flow.ports, { ...message, firstAttemptAt: Date.now() }, 1, Date.now());
      await until(async () => (await flow.order(successorId(id))).state === "new");
      expect(await atBroker(flow, successorId(id))).toHaveLength(1);
      expect(await atBroker(flow, id)).toEqual([]);
    },
  );
});
