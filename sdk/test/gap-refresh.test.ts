/** Bars of a gap are read once more beside the stream: however long that takes, it is no repair of it. */
import { expect, test } from "vitest";
import { until } from "../../test/support/until.ts";
import { startAlgo, startFake } from "./support/start.ts";

const I = "NSE:INFY";
const J = "NSE:TCS";
const SUBSCRIBE_TIMEOUT_MS = 300;

/** An algo with history on two instruments, whose first repair is long ago, while the bars of a gap are asked for. */
async function refreshing() {
  const platform = await startFake();
  platform.onSubscribe = (socket, request) => {
    socket.subscribed(request, request.instruments);
    const { history, instruments } = request;
    for (const instrument of history === undefined ? [] : instruments)
      socket.send({ type: "history", instrument, interval: "1m", candles: [] });
  };
  const { seen } = await startAlgo(
    platform,
    (algo) => ({ onStart: () => algo.subscribe([I, J], { history: 5 }) }),
    { timing: { subscribeTimeoutMs: SUBSCRIBE_TIMEOUT_MS } },
  );
  const { socket } = platform;
  socket.tick(I, { seq: 1 });
  await until("a tick", () => seen.ticks.length === 1);
  await new Promise((resolve) => setTimeout(resolve, SUBSCRIBE_TIMEOUT_MS + 50));
  // The broker's history is slow: the answer takes a while.
  platform.onSubscribe = () => {};
  socket.send({ type: "gap", instruments: [I], from: 1, to: 2, provider: "paper", reason: "down" });
  await until("the refresh", () => socket.ofTicks().length === 2);
  return { platform, socket, seen };
}

test("a hole while the bars of a gap are asked for is repaired on the same line, for all instruments", async () => {
  const { platform, socket } = await refreshing();
  socket.seq += 2;
  socket.tick(J, { seq: 4 });
  await until("the repair", () => socket.ofTicks().length === 3);
  expect(socket.ofTicks()[1]).toMatchObject({ instruments: [I] });
  expect(socket.ofTicks()[2]).toMatchObject({ instruments: [I, J] });
  expect(platform.sockets).toHaveLength(1);
});

test("a refresh that is answered by a market that was rebuilt meanwhile is followed by the repair of all", async () => {
  const { platform, socket } = await refreshing();
  const refresh = socket.ofTicks()[1];
  if (!refresh) throw new Error("nothing was asked for");
  socket.epoch += 1;
  socket.seq = 0;
  socket.subscribed(refresh, [I]);
  await until("the repair", () => socket.ofTicks().length === 3);
  expect(socket.ofTicks()[2]).toMatchObject({ instruments: [I, J] });
  expect(platform.sockets).toHaveLength(1);
});
