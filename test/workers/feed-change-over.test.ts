/** A shard changes over from the socket of one session to that of the next, on a broker played by hand: what consumers get and are told. */
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { PAPER_RULES } from "../../src/brokers/paper/rules.ts";
import { ID, pass, playedBroker } from "../support/workers/played-broker.ts";

beforeEach(() => {
  vi.useFakeTimers({
    toFake: ["setTimeout", "clearTimeout", "setInterval", "clearInterval", "Date"],
  });
});

afterEach(() => {
  vi.useRealTimers();
});

const numbers = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, at) => from + at);

test("the first socket delivers until the second has all that it has; then it is closed, each tick came once, and nothing was told", async () => {
  const { socket, told, learn, second, delivered } = await playedBroker();
  learn(2);
  await pass(0);
  expect(socket(1).sent).toEqual([`subscribe ${ID}`]);
  // Neither a connection nor the broker's yes is data.
  socket(0).ticks(4, 5);
  await second();
  socket(1).confirm();
  socket(0).ticks(6);
  await second();
  expect([socket(0).isOpen, told]).toEqual([true, []]);
  // The faster one may be ahead: what lies between has to come over the first.
  socket(1).ticks(9, 10);
  await second();
  expect([socket(0).isOpen, told]).toEqual([true, []]);
  socket(0).ticks(7, 9);
  expect(delivered()).toEqual(numbers(1, 9));
  await second();
  expect(told).toEqual(["gone on 2"]);
  expect([socket(0).isOpen, socket(1).isOpen]).toEqual([false, true]);
  socket(0).ticks(10, 11);
  socket(1).ticks(11, 12);
  expect(delivered()).toEqual(numbers(10, 12));
  expect(told).toEqual(["gone on 2"]);
});

test("a second socket that is behind the first takes over without a tick that was told already", async () => {
  const { socket, told, learn, second, delivered } = await playedBroker();
  learn(2);
  await pass(0);
  socket(1).confirm();
  socket(0).ticks(4, 20);
  socket(1).ticks(6, 7);
  await second();
  expect(told).toEqual(["gone on 2"]);
  socket(1).ticks(8, 22);
  expect(delivered()).toEqual(numbers(1, 22));
});

test("what the first still has to bring is waited for until a second before its broker ends it, then given up and told", async () => {
  const { upstream, socket, told, learn, delivered } = await playedBroker();
  learn(2);
  await pass(0);
  socket(1).confirm();
  socket(1).ticks(10);
  const beat = () => upstream.beat(Date.now());
  beat();
  await pass(PAPER_RULES.changeOverMs - 1_001);
  beat();
  expect([socket(0).isOpen, told]).toEqual([true, []]);
  await pass(1);
  beat();
  expect([socket(0).isOpen, told]).toEqual([false, [`given up ${ID}`, "gone on 2"]]);
  expect(delivered()).toEqual([1, 2, 3, 10]);
});

test("where nothing ticks the broker's yes is enough: no data is owed", async () => {
  const { socket, told, learn, second } = await playedBroker();
  await pass(10);
  learn(2);
  await pass(0);
  await second();
  expect([socket(0).isOpen, told]).toEqual([true, []]);
  socket(1).confirm();
  await second();
  expect([socket(0).isOpen, told]).toEqual([false, ["gone on 2"]]);
});

test("a second socket that breaks is opened again while the first delivers, and what it had before its break is not taken", async () => {
  const { socket, told, learn, second, delivered } = await playedBroker();
  learn(2);
  await pass(0);
  socket(1).confirm();
  socket(1).ticks(12, 13);
  socket(1).drop();
  await second();
  socket(0).ticks(4, 8);
  expect([socket(0).isOpen, told]).toEqual([true, []]);
  socket(2).confirm();
  socket(2).ticks(9, 10);
  socket(0).ticks(9);
  await second();
  await second();
  expect(told).toEqual(["gone on 3"]);
  socket(2).ticks(11, 14);
  expect(delivered()).toEqual(numbers(1, 14));
});

test("a session that is renewed again on the way is the one that is changed over to", async () => {
  const { upstream, socket, told, learn, second, delivered } = await playedBroker();
  learn(2);
  await pass(0);
  socket(1).confirm();
  learn(3);
  await pass(0);
  expect([socket(0).isOpen, socket(1).isOpen, socket(2).isOpen]).toEqual([true, false, true]);
  socket(0).ticks(4);
  socket(2).confirm();
  socket(2).ticks(4, 5);
  await second();
  expect(told).toEqual(["gone on 3"]);
  expect(upstream.line.generation).toBe(3);
  expect(delivered()).toEqual(numbers(1, 5));
});

test("prices of the first socket prove nothing of the new session, and its end says nothing of it", async () => {
  const { upstream, socket, told, refused, learn, second } = await playedBroker();
  expect(upstream.flows(1)).toBe(true);
  learn(2);
  await pass(0);
  socket(1).confirm();
  socket(0).ticks(4);
  expect(upstream.flows(2)).toBe(false);
  socket(1).ticks(4);
  expect(upstream.flows(2)).toBe(true);
  await second();
  socket(0).bring({ kind: "session_expired", reason: "there is a newer session" });
  socket(0).drop();
  expect([told, refused]).toEqual([["gone on 2"], []]);
  expect(upstream.line.connection.state).toBe("live");
});
