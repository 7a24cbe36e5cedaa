/** A gateway's order stream changes over to the socket of the next session, on a broker played by hand. */
import { expect, test } from "vitest";
import { OrderStream } from "../../durable-objects/order-gateway.stream.ts";
import type { BrokerTrading, OrderStreamMessage } from "../../src/brokers/broker.ts";
import { PAPER_RULES } from "../../src/brokers/paper/rules.ts";
import { ok, type Result } from "../../src/domain/result.ts";
import { BrokerSocket } from "../support/workers/broker-socket.ts";
import { until } from "../support/workers/algo.ts";

/** A stream that is ready under generation 1; each reading of what was missed waits for its answer. */
async function setUp() {
  const sockets: BrokerSocket[] = [];
  const booked: string[] = [];
  const readings: ((read: Result<null, string>) => void)[] = [];
  const held = { generation: 1 };
  const broker = {
    rules: { ...PAPER_RULES, reconnect: { baseDelayMs: 1, factor: 1, maxDelayMs: 1 } },
    openOrderStream: async () => {
      const socket = new BrokerSocket();
      sockets.push(socket);
      return socket;
    },
    parseOrderStream: (data: string) => ok(JSON.parse(data) as OrderStreamMessage),
  } as unknown as BrokerTrading;
  const stream = new OrderStream({
    broker,
    onEvent: async ({ eventId }) => void booked.push(eventId),
    catchUp: () => new Promise((resolve) => readings.push(resolve)),
    heard: () => {},
    hasSession: async () => true,
    generation: () => held.generation,
    sessionExpired: () => {},
    changed: () => {},
    log: () => {},
  });
  const say = (at: number, message: object) => sockets[at]?.bring(message as never);
  const event = (at: number, eventId: string) => say(at, { kind: "order_event", eventId });
  const read = async (answer: Result<null, string> = ok(null)) => {
    await until(() => readings.length > 0);
    readings.shift()?.(answer);
    await scheduler.wait(0);
  };
  const renew = async () => {
    held.generation += 1;
    await stream.renewSession(Date.now());
  };
  await stream.ensure(Date.now());
  say(0, { kind: "ready" });
  await read();
  expect(stream.state).toBe("ready");
  return { stream, sockets, booked, say, event, read, renew };
}

test("the first socket is open and heard until the second has read in what was missed, and the second is heard from its first word on", async () => {
  const { stream, sockets, booked, say, event, read, renew } = await setUp();
  await renew();
  event(0, "before the second is ready");
  say(1, { kind: "ready" });
  event(0, "while it reads");
  event(1, "on the second while it reads");
  expect([stream.state, sockets[0]?.isOpen, sockets[1]?.isOpen]).toEqual(["ready", true, true]);
  await read();
  expect([stream.state, sockets[0]?.isOpen, sockets[1]?.isOpen]).toEqual(["ready", false, true]);
  event(0, "on the first, which is gone");
  event(1, "after the change");
  expect(booked).toEqual([
    "before the second is ready",
    "while it reads",
    "on the second while it reads",
    "after the change",
  ]);
});

test("a second socket whose reading fails is given up for another one, and the first is heard all along", async () => {
  const { stream, sockets, booked, say, event, read, renew } = await setUp();
  await renew();
  say(1, { kind: "ready" });
  await read({ ok: false, error: "no answer" });
  expect([stream.state, sockets[0]?.isOpen, sockets[1]?.isOpen]).toEqual(["ready", true, false]);
  event(0, "between two tries");
  await scheduler.wait(5);
  await stream.ensure(Date.now());
  say(2, { kind: "ready" });
  await read();
  event(2, "after the change");
  expect([stream.state, sockets[0]?.isOpen, sockets[2]?.isOpen]).toEqual(["ready", false, true]);
  expect(booked).toEqual(["between two tries", "after the change"]);
});

test("a first socket that ends too early leaves the stream unready until the second has read in what was missed", async () => {
  const { stream, sockets, booked, say, event, read, renew } = await setUp();
  await renew();
  sockets[0]?.drop();
  expect(stream.state).toBe("connecting");
  event(1, "on the second");
  say(1, { kind: "ready" });
  await read();
  expect(stream.state).toBe("ready");
  expect([sockets.length, booked]).toEqual([2, ["on the second"]]);
});
