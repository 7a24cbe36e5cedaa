import { describe, expect, test } from "vitest";
import { until } from "../../test/support/until.ts";
import { TrunklineError, TrunklineTimeoutError } from "../src/errors.ts";
import { startAlgo, startFake, startSubscribed } from "./support/start.ts";

const I = "NSE:INFY";
const J = "NSE:TCS";
const REFUSAL = { type: "error", code: "UNAVAILABLE", message: "not now" };

describe("subscribing", () => {
  test("an instrument that is refused is named, and wanted no more", async () => {
    const platform = await startFake();
    platform.onSubscribe = (socket, { requestId, instruments }) =>
      socket.send({
        type: "error",
        code: "UNKNOWN_INSTRUMENT",
        message: "no broker knows NSE:INFI",
        instruments,
        requestId,
      });
    const { algo } = await startAlgo(platform);
    const refusal = await algo.subscribe(["NSE:INFI"]).catch((error: unknown) => error);
    expect(refusal).toBeInstanceOf(TrunklineError);
    expect(refusal).toMatchObject({
      code: "UNKNOWN_INSTRUMENT",
      details: { instruments: ["NSE:INFI"] },
    });
    expect(algo.instruments).toEqual([]);
  });

  test("a refused call takes away nothing that was live before it, whatever it was refused for", async () => {
    for (const code of ["UNKNOWN_INSTRUMENT", "UNAVAILABLE"]) {
      const platform = await startFake();
      const { algo, seen } = await startSubscribed(platform, [I]);
      platform.onSubscribe = (socket, { requestId }) =>
        socket.send({ type: "error", code, message: "not now", requestId, instruments: [J] });
      await expect(algo.subscribe([I, J])).rejects.toMatchObject({ code });
      expect(algo.instruments).toEqual([I]);
      platform.socket.tick(I, { seq: 1 });
      await until("the tick", () => seen.ticks.length === 1);
    }
  });

  test("of two calls under way for the same instrument the refusal of one leaves the other's wish", async () => {
    const platform = await startFake();
    const { algo, seen } = await startAlgo(platform);
    const answers: (() => void)[] = [];
    platform.onSubscribe = (socket, request) =>
      answers.push(() =>
        request.instruments.includes(J)
          ? socket.send({ ...REFUSAL, requestId: request.requestId })
          : socket.subscribed(request, request.instruments),
      );
    for (const order of [
      [[I], [I, J]],
      [[I, J], [I]],
    ]) {
      const calls = order.map((names) => algo.subscribe(names).catch((error: unknown) => error));
      await until("both", () => answers.length === 2);
      for (const answer of answers.splice(0)) answer();
      await Promise.all(calls);
      expect(algo.instruments).toEqual([I]);
      platform.socket.tick(I, { seq: seen.ticks.length + 1 });
      const count = seen.ticks.length + 1;
      await until("the tick", () => seen.ticks.length === count);
      algo.unsubscribe([I]);
    }
  });

  test("a call that was refused leaves mode, interval and bars as they were wanted before", async () => {
    const platform = await startFake();
    const bars = [{ time: 60_000, open: 1, high: 1, low: 1, close: 1, volume: 1 }];
    platform.onSubscribe = (socket, request) => {
      if (request.mode === "depth")
        return socket.send({ ...REFUSAL, requestId: request.requestId });
      for (const instrument of request.instruments)
        socket.send({ type: "history", instrument, interval: request.interval, candles: bars });
      socket.subscribed(request, request.instruments);
    };
    const { algo } = await startAlgo(platform);
    await algo.subscribe([I], { history: 1 });
    const raised = algo.subscribe([I, J], { history: 1, interval: "5m", mode: "depth" });
    await expect(raised).rejects.toMatchObject({ code: "UNAVAILABLE" });
    await until("the bars of before", () => algo.candles(I).length === 1);
    expect(platform.socket.ofTicks().at(-1)).toMatchObject({ instruments: [I], interval: "1m" });
    await expect(algo.subscribe([I, "bad"], { interval: "5m" })).rejects.toThrow(/instruments/);
    expect(algo.candles(I)).toEqual(bars);
  });

  test("what was live before is said for itself on a new line, where a call that names it waits", async () => {
    const platform = await startFake();
    const { algo } = await startSubscribed(platform, [I]);
    platform.onSubscribe = (socket, request) => {
      if (platform.sockets.length === 1) return socket.socket.terminate();
      if (!request.instruments.includes(J)) return socket.subscribed(request, request.instruments);
      socket.send({ ...REFUSAL, requestId: request.requestId });
    };
    const call = algo.subscribe([I, J]);
    await expect(call).rejects.toMatchObject({ code: "UNAVAILABLE" });
    expect(platform.socket.ofTicks().map(({ instruments }) => instruments)).toEqual([[I], [I, J]]);
    expect(algo.instruments).toEqual([I]);
  });

  test("bad input is refused before it is sent", async () => {
    const platform = await startFake();
    const { algo } = await startAlgo(platform);
    await expect(algo.subscribe(["infy"])).rejects.toMatchObject({ code: "BAD_REQUEST" });
    await expect(algo.subscribe([I], { history: 5_000 })).rejects.toThrow(/history/);
    expect(platform.socket.ofTicks()).toEqual([]);
    expect(algo.instruments).toEqual([]);
  });

  test("a subscribe that nobody answers fails in time, and the wish stands", async () => {
    const platform = await startFake();
    platform.onSubscribe = () => {};
    const { algo } = await startAlgo(platform, {}, { timing: { subscribeTimeoutMs: 30 } });
    await expect(algo.subscribe([I])).rejects.toBeInstanceOf(TrunklineTimeoutError);
    expect(algo.instruments).toEqual([I]);
  });

  test("a frame that the platform did not read, because too many came, is said again", async () => {
    const platform = await startFake();
    let unread = 1;
    platform.onSubscribe = (socket, request) => {
      if (unread === 0) return socket.subscribed(request, request.instruments);
      unread -= 1;
      socket.send({ type: "error", code: "MESSAGE_RATE", message: "this one was not read" });
    };
    const { algo } = await startSubscribed(platform, [I]);
    expect(algo.instruments).toEqual([I]);
    expect(platform.socket.ofTicks()).toHaveLength(2);
  });

  test("after an unsubscribe no tick of it reaches a handler", async () => {
    const platform = await startFake();
    const { seen, algo } = await startSubscribed(platform, [I, J]);
    algo.unsubscribe([I]);
    await until("the request", () =>
      platform.socket.received.some((request) => request.op === "unsubscribe"),
    );
    platform.socket.tick(I, { seq: 1 });
    platform.socket.tick(J, { seq: 1 });
    await until("the other tick", () => seen.ticks.length === 1);
    expect(seen.ticks[0]?.instrument).toBe(J);
    expect(algo.quotes.has(I)).toBe(false);
  });

  test("a subscribe with history resolves when every bar is there", async () => {
    const platform = await startFake();
    const bars = [1, 2, 3].map((minute) => ({
      time: minute * 60_000,
      open: 1,
      high: 1,
      low: 1,
      close: 1,
      volume: 1,
    }));
    platform.onSubscribe = (socket, request) => {
      expect(request).toMatchObject({ history: 3, interval: "1m", instruments: [I, J] });
      socket.subscribed(request, request.instruments);
      for (const instrument of request.instruments) {
        socket.send({ type: "history", instrument, interval: "1m", candles: bars });
      }
    };
    const { algo } = await startAlgo(platform, (context) => ({
      onStart: () => context.subscribe([I, J], { history: 3, interval: "1m" }),
    }));
    expect(algo.candles(I)).toEqual(bars);
    expect(algo.candles(J)).toEqual(bars);
  });

  test("a mode is asked for, and asked for again when a hole is repaired", async () => {
    const platform = await startFake();
    const modes: unknown[] = [];
    platform.onSubscribe = (socket, request) => {
      modes.push(request.mode);
      socket.subscribed(request, request.instruments);
    };
    await startAlgo(platform, (context) => ({
      onStart: async () => {
        await context.subscribe([I], { mode: "depth" });
        await context.subscribe([J]);
      },
    }));
    // The plain wish is the default: nothing is said of it.
    expect(modes).toEqual(["depth", undefined]);
    platform.socket.socket.terminate();
    await until("the subscribes on the new line", () => modes.length === 4);
    expect(new Set(modes.slice(2))).toEqual(new Set(["depth", undefined]));
  });

  test("a subscribe that the line broke under is answered after the reconnect", async () => {
    const platform = await startFake();
    let broken = false;
    platform.onSubscribe = (socket, request) => {
      if (broken) return socket.subscribed(request, request.instruments);
      broken = true;
      socket.socket.terminate();
    };
    const { algo } = await startSubscribed(platform, [I]);
    expect(algo.instruments).toEqual([I]);
    expect(platform.sockets).toHaveLength(2);
  });
});
