/** Whom signals are told: a market is told for as long as a socket of it has topics, or is being given them. */
import { expect, test } from "vitest";
import { SignalFeed } from "../../../durable-objects/market.signals.ts";
import type { AlgoSocket } from "../../../durable-objects/market.socket.ts";
import type { SignalsPort } from "../../../src/application/ports.ts";
import { until } from "../../support/until.ts";

function socketWith(...topics: string[]) {
  const algo = {
    channels: new Set(topics.length > 0 ? ["signals"] : []),
    topics: new Set(topics),
    position: { epoch: 1, seq: 0 },
    isClosed: false,
    saveAttachment: () => {},
    send: () => {},
  };
  return algo as unknown as AlgoSocket;
}

/** Each call is done when it comes in, and answered when the test says so. */
function setUp(...sockets: AlgoSocket[]) {
  const followers = new Set<string>();
  const answers: (() => void)[] = [];
  const later = <Answer>(answer: Answer) =>
    new Promise<Answer>((resolve) => answers.push(() => resolve(answer)));
  const signals = {
    followSignals: (name: string) => {
      followers.add(name);
      return later([]);
    },
    unfollowSignals: (name: string) => {
      followers.delete(name);
      return later(undefined);
    },
  } as unknown as SignalsPort;
  const feed = new SignalFeed({
    name: "m1",
    signals: () => signals,
    sockets: () => sockets,
    log: () => {},
  });
  const subscribe = (algo: AlgoSocket) =>
    feed.subscribe(algo, { op: "subscribe", channel: "signals", topics: ["t"] });
  /** As when its line ends. */
  const leave = (algo: AlgoSocket) => {
    algo.isClosed = true;
    sockets.splice(sockets.indexOf(algo), 1);
    if (algo.channels.has("signals")) feed.unfollowIfLast();
  };
  const answer = async () => {
    await until("a call", () => answers.length > 0);
    answers.shift()?.();
  };
  return { subscribe, followers, leave, answer };
}

test("a market is told on when its last listener leaves while another is being answered", async () => {
  const [old, fresh] = [socketWith("t"), socketWith()];
  const { subscribe, followers, leave, answer } = setUp(old, fresh);
  const subscribed = subscribe(fresh);
  await until("the follow", () => followers.has("m1"));
  leave(old);
  await answer();
  await subscribed;
  expect(fresh.topics.has("t")).toBe(true);
  expect(followers.has("m1")).toBe(true);
});

test("a follow waits until the goodbye of the one before was taken", async () => {
  const [old, fresh] = [socketWith("t"), socketWith()];
  const { subscribe, followers, leave, answer } = setUp(old, fresh);
  leave(old);
  const subscribed = subscribe(fresh);
  expect(followers.size).toBe(0);
  await answer();
  await answer();
  await subscribed;
  expect(followers.has("m1")).toBe(true);
});

test("a market is not told when the only one who asked has left before the answer", async () => {
  const fresh = socketWith();
  const { subscribe, followers, leave, answer } = setUp(fresh);
  const subscribed = subscribe(fresh);
  await until("the follow", () => followers.has("m1"));
  leave(fresh);
  await answer();
  await subscribed;
  expect(followers.size).toBe(0);
});
