/** Whom the ledger tells: a market is told for as long as a socket of it has its events, or is being given them. */
import { expect, test } from "vitest";
import { LedgerFeed } from "../../../durable-objects/market.ledger.ts";
import type { AlgoSocket } from "../../../durable-objects/market.socket.ts";
import type { CatchUp } from "../../../src/application/ports.ts";
import { until } from "../../support/until.ts";

function socketWith(...channels: string[]) {
  const caller = { kind: "algo", id: "k", algoId: null, scopes: ["admin"] };
  const algo = {
    caller,
    channels: new Set(channels),
    isClosed: false,
    saveAttachment: () => {},
  };
  return algo as unknown as AlgoSocket;
}

/** A ledger that does each call when it comes in, and answers it when the test says so. */
function setUp(...sockets: AlgoSocket[]) {
  const followers = new Set<string>();
  const answers: (() => void)[] = [];
  const later = <Answer>(answer: Answer) =>
    new Promise<Answer>((resolve) => answers.push(() => resolve(answer)));
  const caughtUp = { version: 5, complete: true, notices: [] } as unknown as CatchUp;
  const feed = new LedgerFeed({
    name: "m1",
    ledger: () => ({
      follow: (name) => {
        followers.add(name);
        return later(caughtUp);
      },
      unfollow: (name) => {
        followers.delete(name);
        return later(undefined);
      },
    }),
    sockets: () => sockets,
    sendAway: () => {},
    log: () => {},
  });
  /** As when its line ends. */
  const leave = (algo: AlgoSocket) => {
    algo.isClosed = true;
    sockets.splice(sockets.indexOf(algo), 1);
    if (algo.channels.size > 0) feed.unfollowIfLast();
  };
  const answer = async () => {
    await until("a call", () => answers.length > 0);
    answers.shift()?.();
  };
  return { feed, followers, leave, answer };
}

test("a market is told on when its last follower leaves while another is being answered", async () => {
  const [old, fresh] = [socketWith("orders"), socketWith()];
  const { feed, followers, leave, answer } = setUp(old, fresh);
  const subscribed = feed.subscribe(fresh, "orders", null);
  await until("the follow", () => followers.has("m1"));
  leave(old);
  await answer();
  expect(await subscribed).toMatchObject({ version: 5 });
  expect(fresh.channels.has("orders")).toBe(true);
  expect(followers.has("m1")).toBe(true);
});

test("a follow waits until the goodbye of the one before was taken", async () => {
  const [old, fresh] = [socketWith("orders"), socketWith()];
  const { feed, followers, leave, answer } = setUp(old, fresh);
  leave(old);
  const subscribed = feed.subscribe(fresh, "orders", null);
  expect(followers.size).toBe(0);
  await answer();
  await answer();
  await subscribed;
  expect(followers.has("m1")).toBe(true);
});

test("a market is not told when the only one who asked has left before the answer", async () => {
  const fresh = socketWith();
  const { feed, followers, leave, answer } = setUp(fresh);
  const subscribed = feed.subscribe(fresh, "orders", null);
  await until("the follow", () => followers.has("m1"));
  leave(fresh);
  await answer();
  expect(await subscribed).toBeNull();
  expect(followers.size).toBe(0);
});
