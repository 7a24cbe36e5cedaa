import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { until } from "../../test/support/until.ts";
import { QUEUED_EVENTS_MAX } from "../src/limits.ts";
import { Mailbox } from "../src/mailbox.ts";

interface Event {
  key: string;
  value: number;
}

/** A mailbox whose handler waits until the test lets it go on. */
function slow(options: { conflate?: boolean; queuedMax?: number } = {}) {
  const handled: Event[] = [];
  const lagging: boolean[] = [];
  const failures: unknown[] = [];
  const gate = new AbortController();
  const opened = new Promise((resolve) => gate.signal.addEventListener("abort", resolve));
  const mailbox = new Mailbox<Event>({
    async handle(event) {
      await opened;
      handled.push(event);
    },
    conflate: options.conflate ?? false,
    queuedMax: options.queuedMax ?? 1_000,
    onLagging: (on) => void lagging.push(on),
    onFailure: (error) => void failures.push(error),
  });
  const tick = (key: string, value: number): void => mailbox.push({ event: { key, value }, key });
  const order = (value: number): void =>
    mailbox.push({ event: { key: "order", value }, key: null });
  return { mailbox, handled, lagging, failures, tick, order, open: () => gate.abort() };
}

const text = (events: readonly Event[]): string =>
  events.map(({ key, value }) => `${key}${value}`).join(" ");

describe("the mailbox", () => {
  test("handles one at a time, in the order they came", async () => {
    let running = 0;
    const seen: number[] = [];
    const mailbox = new Mailbox<number>({
      async handle(event) {
        running += 1;
        expect(running).toBe(1);
        await new Promise((resolve) => setTimeout(resolve, event % 3));
        running -= 1;
        seen.push(event);
      },
      conflate: false,
      queuedMax: 100,
      onLagging: () => {},
      onFailure: () => {},
    });
    for (let n = 0; n < 20; n += 1) mailbox.push({ event: n, key: null });
    await until("all", () => seen.length === 20);
    expect(seen).toEqual(Array.from({ length: 20 }, (_none, n) => n));
  });

  test("by default every tick is kept while a handler is busy", async () => {
    const { handled, tick, open, lagging } = slow();
    for (let n = 1; n <= 50; n += 1) tick("a", n);
    open();
    await until("all", () => handled.length === 50);
    expect(lagging).toEqual([]);
  });

  test("with conflate only the latest per instrument waits, and orders all do", async () => {
    const { handled, tick, order, open } = slow({ conflate: true });
    tick("a", 1);
    await Promise.resolve();
    for (const n of [2, 3, 4]) {
      tick("a", n);
      tick("b", n);
      order(n);
    }
    open();
    await until("all", () => handled.length === 6);
    expect(text(handled)).toBe("a1 a4 b4 order2 order3 order4");
  });

  test("one over the bound joins ticks to the latest, says so, and says when it is over", async () => {
    const { handled, tick, order, open, lagging, mailbox } = slow({ queuedMax: 4 });
    tick("first", 1);
    await Promise.resolve();
    for (const n of [1, 2]) {
      tick("a", n);
      tick("b", n);
    }
    order(1);
    expect(lagging).toEqual([]);
    tick("a", 3);
    expect(lagging).toEqual([true]);
    // Of the instruments a and b one tick each, and the order.
    expect(mailbox.waiting).toBe(3);
    open();
    await until("the end of it", () => lagging.length === 2);
    expect(lagging).toEqual([true, false]);
    expect(text(handled)).toBe("first1 a3 b2 order1");
  });

  test("too many events that may not be dropped end it with a clear error", async () => {
    const { order, failures } = slow();
    for (let n = 0; n < QUEUED_EVENTS_MAX; n += 1) order(n);
    expect(failures).toHaveLength(0);
    order(0);
    expect(String(failures[0])).toContain("a handler does not return");
  });

  test("a handler that throws closes it: nothing more is handled", async () => {
    const failures: unknown[] = [];
    let calls = 0;
    const mailbox = new Mailbox<number>({
      handle: () => {
        calls += 1;
        return Promise.reject(new Error("no"));
      },
      conflate: false,
      queuedMax: 10,
      onLagging: () => {},
      onFailure: (error) => void failures.push(error),
    });
    mailbox.push({ event: 1, key: null });
    mailbox.push({ event: 2, key: null });
    await until("the failure", () => failures.length === 1);
    mailbox.push({ event: 3, key: null });
    await mailbox.close();
    expect(calls).toBe(1);
  });

  test("whatever is joined, each instrument's ticks stay in order and the last one arrives", async () => {
    const push = fc.record({ key: fc.constantFrom("a", "b", "c", "order"), wait: fc.boolean() });
    await fc.assert(
      fc.asyncProperty(fc.array(push), fc.boolean(), async (pushes, conflate) => {
        const handled: Event[] = [];
        const mailbox = new Mailbox<Event>({
          async handle(event) {
            await Promise.resolve();
            handled.push(event);
          },
          conflate,
          queuedMax: 3,
          onLagging: () => {},
          onFailure: (error) => expect.fail(String(error)),
        });
        for (const [value, { key, wait }] of pushes.entries()) {
          mailbox.push({ event: { key, value }, key: key === "order" ? null : key });
          if (wait) await Promise.resolve();
        }
        while (mailbox.waiting > 0) await Promise.resolve();
        await mailbox.close();
        for (const key of ["a", "b", "c", "order"]) {
          const sent = pushes.flatMap((each, value) => (each.key === key ? [value] : []));
          const got = handled.filter((event) => event.key === key).map((event) => event.value);
          expect(key === "order" ? got : []).toEqual(key === "order" ? sent : []);
          expect(got).toEqual(got.toSorted((x, y) => x - y));
          expect(got.at(-1)).toBe(sent.at(-1));
        }
      }),
    );
  });
});
