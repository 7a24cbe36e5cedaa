import { describe, expect, test } from "vitest";
import { until } from "../../test/support/until.ts";
import { Algo, AlgoHandlerError, runAlgo, type Tick } from "../index.ts";
import { startAlgo, startFake, SHORT } from "./support/start.ts";

const I = "NSE:INFY";
const quiet = { key: "tl_test", stopOnSignals: false, logger: () => {}, timing: SHORT };

describe("an algo's life", () => {
  test("class style: handlers are called on the algo itself, and run ends when it is stopped", async () => {
    const platform = await startFake();
    const told: string[] = [];
    class Mine extends Algo {
      override async onStart(): Promise<void> {
        await this.subscribe([I]);
        told.push("start");
      }
      override onTick({ last }: Tick): void {
        told.push(`tick ${last}`);
        this.stop();
      }
      override onStop(): void {
        told.push("stop");
      }
    }
    const running = new Mine({ ...quiet, url: platform.url, algoId: "mine" }).run();
    await until("the start", () => told.length === 1);
    platform.socket.tick(I, { seq: 1, last: 42 });
    platform.socket.tick(I, { seq: 2, last: 43 });
    await running;
    expect(told[1]).toBe("tick 42");
    expect(told.at(-1)).toBe("stop");
    await until("the line to close", () => platform.socket.socket.readyState === 3);
  });

  test("functional style: subscribes what is named, then starts, and gives the context to all", async () => {
    const platform = await startFake();
    const told: string[] = [];
    const stop = new AbortController();
    const running = runAlgo({
      ...quiet,
      url: platform.url,
      id: "mine",
      instruments: [I],
      signal: stop.signal,
      onStart: (context) => void told.push(`start ${context.instruments.join()}`),
      onTick: (context, tick) => void told.push(`${context.algoId} ${tick.last}`),
      onStop: () => void told.push("stop"),
    });
    await until("the start", () => told.length === 1);
    platform.socket.tick(I, { seq: 1, last: 42 });
    await until("the tick", () => told.length === 2);
    stop.abort();
    await running;
    expect(told).toEqual([`start ${I}`, "mine 42", "stop"]);
  });

  test("a late tick is told, and is never the latest quote nor takes the place of a newer tick", async () => {
    const platform = await startFake();
    const told: string[] = [];
    const { promise: gate, resolve: open } = Promise.withResolvers<void>();
    const { algo } = await startAlgo(
      platform,
      (self) => ({
        onStart: () => self.subscribe([I]),
        async onTick(tick) {
          told.push(`${tick.last} ${tick.late}`);
          await gate;
        },
      }),
      { conflate: true },
    );
    platform.socket.tick(I, { seq: 1, last: 100 });
    await until("the first", () => told.length === 1);
    platform.socket.tick(I, { seq: 2, last: 105 });
    platform.socket.tick(I, { seq: 3, last: 90, late: true });
    platform.socket.tick(I, { seq: 4, last: 106 });
    await until("the newest", () => algo.quotes.get(I)?.last === 106);
    open();
    await until("all", () => told.length === 3);
    expect(told).toEqual(["100 false", "106 false", "90 true"]);
    expect(algo.quotes.get(I)?.last).toBe(106);
  });

  test("an error in a handler ends the algo, after onStop, and says where it happened", async () => {
    const platform = await startFake();
    let stopped = false;
    const { ended } = await startAlgo(platform, (algo) => ({
      onStart: () => algo.subscribe([I]),
      onTick: () => {
        throw new Error("division by zero");
      },
      onStop: () => void (stopped = true),
    }));
    platform.socket.tick(I, { seq: 7 });
    const error = await ended.catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(AlgoHandlerError);
    expect(String(error)).toContain("onTick (NSE:INFY, seq 7) threw: division by zero");
    expect(stopped).toBe(true);
  });

  test("with onError the algo goes on", async () => {
    const platform = await startFake();
    const errors: string[] = [];
    let ticks = 0;
    const stop = new AbortController();
    const running = runAlgo({
      ...quiet,
      url: platform.url,
      id: "mine",
      instruments: [I],
      signal: stop.signal,
      onTick: () => {
        ticks += 1;
        if (ticks === 1) throw new Error("once");
      },
      onError: (_context, error) => void errors.push(error.message),
    });
    await until("the subscribe", () => platform.sockets[0]?.ofTicks().length === 1);
    platform.socket.tick(I, { seq: 1 });
    platform.socket.tick(I, { seq: 2 });
    await until("both", () => ticks === 2);
    stop.abort();
    await running;
    expect(errors).toEqual(["onTick (NSE:INFY, seq 1) threw: once"]);
  });

  test("an instrument that nobody knows ends the start with its name", async () => {
    const platform = await startFake();
    platform.onSubscribe = (socket, { requestId }) =>
      socket.send({
        type: "error",
        code: "UNKNOWN_INSTRUMENT",
        message: "no broker knows NSE:INFI",
        requestId,
      });
    const running = runAlgo({ ...quiet, url: platform.url, id: "mine", instruments: ["NSE:INFI"] });
    await expect(running).rejects.toThrow("onStart threw: no broker knows NSE:INFI");
  });

  test("a slow handler keeps the candles exact and the latest quote known", async () => {
    const platform = await startFake();
    const gate = new AbortController();
    const released = new Promise<void>((resolve) => {
      gate.signal.addEventListener("abort", () => resolve());
    });
    const { algo, seen } = await startAlgo(
      platform,
      (context) => ({ onStart: () => context.subscribe([I]), onTick: () => released }),
      { conflate: true },
    );
    for (const [seq, last] of [100, 120, 90, 105].entries()) {
      platform.socket.tick(I, { seq: seq + 1, last, volume: 10 * (seq + 1) });
    }
    await until("the latest quote", () => algo.quotes.get(I)?.last === 105);
    expect(algo.candles(I).at(-1)).toMatchObject({ open: 100, high: 120, low: 90, close: 105 });
    gate.abort();
    await until("what was left", () => seen.ticks.at(-1)?.last === 105);
    expect(seen.ticks.length).toBeLessThanOrEqual(3);
  });

  test("a handler that does not return holds up the end only for its time", async () => {
    const platform = await startFake();
    const { algo, ended, seen } = await startAlgo(
      platform,
      (context) => ({
        onStart: () => context.subscribe([I]),
        onTick: () => new Promise(() => {}),
      }),
      { timing: { stopTimeoutMs: 20 } },
    );
    platform.socket.tick(I, { seq: 1 });
    await until("the tick", () => seen.ticks.length === 1);
    algo.stop();
    await ended;
    expect(seen.lines.join("\n")).toContain("did not return within 20 ms");
  });

  test("onStop can still cancel and wait for its orders", async () => {
    const platform = await startFake();
    let waited = "";
    const { algo, ended } = await startAlgo(platform, (context) => ({
      async onStop() {
        const outcome = await context.submit({
          instrument: I,
          side: "sell",
          type: "market",
          quantity: 1,
        });
        setTimeout(() => {
          const sent = platform.of("POST", "/v1/orders")[0]?.body;
          platform.socket.send({
            type: "order",
            version: 1,
            order: {
              ...(outcome.outcome === "accepted" ? outcome.order : {}),
              ...sent,
              state: "filled",
              updatedAt: 9_000,
            },
          });
        }, 10);
        waited = (await context.waitFor(outcome.clientOrderId)).state;
      },
    }));
    algo.stop();
    await ended;
    expect(waited).toBe("filled");
  });

  test("open orders are read now and then, besides what the stream tells", async () => {
    const platform = await startFake();
    const { algo } = await startAlgo(platform, {}, { timing: { orderCheckIntervalMs: 20 } });
    const reads = (): number => platform.of("GET", "/v1/orders").length;
    const before = reads();
    await new Promise((resolve) => setTimeout(resolve, 80));
    // Nothing is open, so nothing is asked.
    expect(reads()).toBe(before);
    await algo.submit({ instrument: I, side: "buy", type: "market", quantity: 1 });
    await until("reads", () => reads() > before + 2);
  });

  test("it runs once", async () => {
    const platform = await startFake();
    class Mine extends Algo {}
    const mine = new Mine({ ...quiet, url: platform.url, algoId: "mine" });
    const running = mine.run();
    await expect(mine.run()).rejects.toThrow("an algo runs once");
    mine.stop();
    await running;
  });
});
