import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { until } from "../../test/support/until.ts";
import { ACK_EVERY_FRAMES } from "../src/limits.ts";
import { drop, FakePlatform } from "./support/fake-platform.ts";
import { startAlgo, startFake, startSubscribed } from "./support/start.ts";

const I = "NSE:INFY";
const J = "NSE:TCS";
const seqs = (ticks: readonly { seq: number }[]): number[] => ticks.map((tick) => tick.seq);

describe("the stream", () => {
  test("ticks reach the handler in order, with the key in a header", async () => {
    const platform = await startFake();
    const { seen, algo } = await startSubscribed(platform, [I]);
    platform.socket.tick(I, { seq: 1, last: 100 });
    platform.socket.tick(I, { seq: 2, last: 101 });
    await until("two ticks", () => seen.ticks.length === 2);
    expect(seqs(seen.ticks)).toEqual([1, 2]);
    expect(algo.quotes.get(I)?.last).toBe(101);
    expect(platform.socket.authorization).toBe("Bearer tl_test");
    expect(seen.gaps).toEqual([]);
    expect(platform.socket.ofTicks()).toHaveLength(1);
  });

  test("a hole in the frames is announced and repaired by subscribing again", async () => {
    const platform = await startFake();
    const { seen } = await startSubscribed(platform, [I]);
    const { socket } = platform;
    socket.tick(I, { seq: 1 });
    socket.seq += 2;
    socket.tick(I, { seq: 4 });
    await until("the repair", () => socket.ofTicks().length === 2);
    expect(socket.ofTicks()[1]).toMatchObject({ instruments: [I] });
    socket.tick(I, { seq: 5 });
    await until("the tick after the repair", () => seen.ticks.length === 3);
    expect(seqs(seen.ticks)).toEqual([1, 4, 5]);
    expect(seen.gaps).toMatchObject([{ instruments: [I], provider: "stream" }]);
    expect(socket.ofTicks()).toHaveLength(2);
  });

  test("a new epoch is repaired by subscribing again", async () => {
    const platform = await startFake();
    const { seen } = await startSubscribed(platform, [I]);
    const { socket } = platform;
    socket.tick(I, { seq: 1 });
    socket.epoch = 2;
    socket.seq = 0;
    socket.tick(I, { seq: 2 });
    await until("the repair", () => socket.ofTicks().length === 2);
    socket.tick(I, { seq: 3 });
    await until("the ticks", () => seen.ticks.length === 3);
    expect(seen.gaps).toHaveLength(1);
    expect(socket.ofTicks()).toHaveLength(2);
  });

  test("a snapshot frame carries the number before it and is no hole", async () => {
    const platform = await startFake();
    platform.onSubscribe = (socket, request) => {
      socket.subscribed(request, request.instruments);
      socket.frame(socket.seq, [[I, { seq: 7 }]], true);
    };
    const { seen } = await startSubscribed(platform, [I]);
    platform.socket.tick(I, { seq: 7 });
    platform.socket.tick(I, { seq: 8 });
    await until("the live tick", () => seen.ticks.length === 2);
    expect(seen.ticks.map(({ seq, snapshot }) => [seq, snapshot])).toEqual([
      [7, true],
      [8, false],
    ]);
    expect(seen.gaps).toEqual([]);
  });

  test("`lagging` names a new base: what it joined is no hole", async () => {
    const platform = await startFake();
    const { seen } = await startSubscribed(platform, [I]);
    const { socket } = platform;
    socket.tick(I, { seq: 1 });
    socket.seq = 9;
    socket.send({ type: "lagging", epoch: 1, seq: 9, on: true, bufferedBytes: 1 });
    socket.tick(I, { seq: 5 });
    await until("both ticks", () => seen.ticks.length === 2);
    expect(seen.gaps).toEqual([]);
    expect(socket.ofTicks()).toHaveLength(1);
  });

  test("`lagging` is answered with how far was read at once, for no frame comes by which it could be said later", async () => {
    const platform = await startFake();
    await startSubscribed(platform, [I]);
    const { socket } = platform;
    const acks = () => socket.received.flatMap((one) => (one.op === "ack" ? [one.seq] : []));
    socket.tick(I, { seq: 1 });
    socket.send({ type: "lagging", epoch: 1, seq: 9, on: true, bufferedBytes: 1 });
    await until("the acknowledgement", () => acks().length === 1);
    socket.send({ type: "lagging", epoch: 1, seq: 12, on: false, bufferedBytes: 0 });
    socket.seq = 12;
    socket.tick(I, { seq: 5 });
    await until("the pong", () => socket.received.filter(({ op }) => op === "ping").length > 1);
    expect(acks()).toEqual([9]);
  });

  test("a damaged frame is repaired, not passed over", async () => {
    const platform = await startFake();
    const { seen } = await startSubscribed(platform, [I]);
    platform.socket.socket.send('{"type":"t","epoch":1,');
    await until("the repair", () => platform.socket.ofTicks().length === 2);
    expect(seen.gaps).toHaveLength(1);
  });

  test("a lost line is dialled again, everything is subscribed anew, and the gap is told", async () => {
    const platform = await startFake();
    const { seen, algo } = await startSubscribed(platform, [I, J]);
    platform.socket.tick(I, { seq: 1 });
    await until("the tick", () => seen.ticks.length === 1);
    platform.socket.socket.terminate();
    await until("the new subscribe", () => platform.sockets[1]?.ofTicks().length === 1);
    expect(platform.socket.ofTicks()[0]?.instruments).toEqual([I, J]);
    // The new socket names its own aliases.
    platform.socket.tick(J, { seq: 1 });
    platform.socket.tick(I, { seq: 2 });
    await until("the new ticks", () => seen.ticks.length === 3);
    expect(seen.gaps).toMatchObject([{ instruments: [I, J], provider: "stream" }]);
    expect(seen.statuses).toEqual(
      expect.arrayContaining(["stream disconnected", "stream connected"]),
    );
    expect(algo.instruments).toEqual([I, J]);
  });

  test("a line that is open but silent is replaced", async () => {
    const platform = await startFake();
    const { seen } = await startAlgo(platform, {}, { timing: { silenceMaxMs: 60 } });
    // Pings go unanswered from now on.
    platform.socket.socket.removeAllListeners("message");
    await until("a second line", () => platform.sockets.length === 2);
    expect(seen.lines.join("\n")).toContain("silent for");
  });

  test("a gap that the platform announces is handed on, and its history fetched again", async () => {
    const platform = await startFake();
    platform.onSubscribe = (socket, request) => {
      socket.subscribed(request, request.instruments);
      if (request.history === undefined) return;
      for (const instrument of request.instruments) {
        socket.send({ type: "history", instrument, interval: "1m", candles: [] });
      }
    };
    const { seen } = await startAlgo(platform, (algo) => ({
      async onStart() {
        await algo.subscribe([I, J], { history: 5 });
      },
    }));
    const gap = { instruments: [J], from: 1, to: 2, provider: "paper", reason: "line down" };
    platform.socket.send({ type: "gap", ...gap });
    await until("the refresh", () => platform.socket.ofTicks().length === 2);
    expect(seen.gaps).toEqual([gap]);
    expect(platform.socket.ofTicks()[1]).toMatchObject({ instruments: [J], history: 5 });
  });

  test("gaps of many instruments ask for their bars by one request, and for no ticks", async () => {
    const platform = await startFake();
    const bars = Array.from({ length: 100 }, (_, n) => `X:B${n}`);
    const ticks = Array.from({ length: 100 }, (_, n) => `X:T${n}`);
    platform.onSubscribe = (socket, request) => {
      socket.subscribed(request, request.instruments);
      for (const instrument of request.history === undefined ? [] : request.instruments)
        socket.send({ type: "history", instrument, interval: "1m", candles: [] });
    };
    const { seen } = await startAlgo(platform, (algo) => ({
      async onStart() {
        await algo.subscribe(bars, { history: 5 });
        await algo.subscribe(ticks);
      },
    }));
    const gap = {
      from: 1,
      to: 2,
      provider: "paper",
      reason: "line down",
      filled: true,
      candles: [],
    };
    for (const instrument of [...bars, ...ticks])
      platform.socket.send({ type: "gap", instruments: [instrument], ...gap });
    await until("all gaps", () => seen.gaps.length === 200);
    await until("the refresh", () => platform.socket.ofTicks().length === 3);
    for (let seq = 1; seq <= ACK_EVERY_FRAMES; seq += 1) platform.socket.tick("X:B0", { seq });
    await until("an ack", () => platform.socket.received.some(({ op }) => op === "ack"));
    expect(platform.socket.ofTicks().slice(2)).toMatchObject([{ instruments: bars, history: 5 }]);
  });

  test("the platform hears how far the stream was read", async () => {
    const platform = await startFake();
    await startSubscribed(platform, [I]);
    for (let seq = 1; seq <= ACK_EVERY_FRAMES; seq += 1) platform.socket.tick(I, { seq });
    const acks = () => platform.socket.received.filter((request) => request.op === "ack");
    await until("an ack", () => acks().length === 1);
    expect(acks()[0]).toEqual({ op: "ack", seq: ACK_EVERY_FRAMES });
  });

  test("a key that is refused ends the algo with the platform's own words", async () => {
    const platform = await startFake();
    platform.keyIsGood = false;
    const { ended } = await startAlgo(platform);
    await expect(ended).rejects.toMatchObject({ name: "TrunklineError", code: "UNAUTHENTICATED" });
    expect(platform.sockets).toHaveLength(0);
  });

  test("a key of another algo ends the algo and says whose it is", async () => {
    const platform = await startFake();
    platform.algoId = "other";
    const { ended } = await startAlgo(platform);
    await expect(ended).rejects.toThrow(/belongs to the algo "other"/);
  });

  test("an algo that starts before the platform waits for it, and says so", async () => {
    const platform = new FakePlatform();
    await platform.start();
    const { port } = platform;
    await platform.stop();
    const starting = startAlgo({ url: `http://127.0.0.1:${port}` });
    await new Promise((resolve) => setTimeout(resolve, 30));
    await platform.start(port);
    const { seen } = await starting;
    expect(seen.lines.join("\n")).toContain("is it running? Start it with `npm start`");
    platform.onOther = drop;
  });

  test("whatever is dropped, doubled or reordered, handlers see a strictly rising seq", async () => {
    const step = fc.record({
      instrument: fc.constantFrom(I, J),
      seq: fc.integer({ min: 1, max: 40 }),
      frame: fc.integer({ min: 1, max: 20 }),
      epoch: fc.integer({ min: 1, max: 2 }),
    });
    const platform = await startFake();
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 40 }), async (steps) => {
        const { seen, algo, ended } = await startSubscribed(platform, [I, J, "NSE:END"]);
        const { socket } = platform;
        for (const { instrument, seq, frame, epoch } of steps) {
          socket.epoch = epoch;
          socket.frame(frame, [[instrument, { seq }]]);
        }
        socket.frame(1_000, [["NSE:END", { seq: 1 }]]);
        await until("the last tick", () => seen.ticks.at(-1)?.instrument === "NSE:END");
        const last = new Map<string, number>();
        for (const { instrument, seq } of seen.ticks) {
          expect(seq).toBeGreaterThan(last.get(instrument) ?? 0);
          last.set(instrument, seq);
        }
        algo.stop();
        await ended;
      }),
      { numRuns: 25 },
    );
  });
});
