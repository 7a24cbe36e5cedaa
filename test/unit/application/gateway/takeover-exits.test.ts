/** The lease moves on while a bracket's exits wait to be sent: they are their gateway's own, whichever region trades. */
import { expect, test } from "vitest";
import { WAY_OUT_RATE_WAIT_MS_MAX } from "../../../../src/domain/limits.ts";
import { bareEntry, stop, target } from "../../../support/orders/bare-entry.ts";
import { SIMULATED_RULES } from "../../../support/orders/broker-faults.ts";
import { reserved } from "../../../support/orders/lone-ledger.ts";
import { approvedWith } from "../../../support/orders/scripted.ts";

type Bare = Awaited<ReturnType<typeof bareEntry>>;

/** Others take every turn that there is at the broker's rate. */
async function useUp({ run, script }: Pick<Bare, "run" | "script">) {
  const length = Math.ceil(
    SIMULATED_RULES.ordersPerSecond * (1 + WAY_OUT_RATE_WAIT_MS_MAX / 1_000) + 1,
  );
  const { submit } = script;
  script.submit = async () => ({ outcome: "rejected", reason: "margin" });
  const others = Array.from({ length }, (_, n) =>
    approvedWith({ clientOrderId: `n-${n}`, reduceOnly: true }),
  );
  await Promise.all(others.map((order) => run.gateway.submit(order, 1)));
  script.submit = submit ?? script.submit;
}

test.each(["the broker's rate", "an outage"])(
  "a takeover while exits wait for the end of %s loses none: they go under the lease of now",
  async (what) => {
    const all = await bareEntry();
    const { run, store, calls, connects, pass, told } = all;
    if (what === "an outage") await pass(8_000);
    else {
      connects();
      await useUp(all);
      await run.gateway.watch();
    }
    expect(store.order(stop)).toMatchObject({ record: "not_sent", ended: null });
    await calls.control({ kind: "take_lease", region: "standby", reason: "a test" }, "person:a");
    await run.gateway.fence(2);
    connects();
    await pass(15_000);
    expect(store.order(stop)).toMatchObject({ record: "accepted", approved: { epoch: 2 } });
    expect(store.order(target)).toMatchObject({ record: "accepted", approved: { epoch: 2 } });
    expect(told()).toEqual([]);
  },
);

test("a takeover while it stands at the door ends no exit: it is approved anew and goes", async () => {
  const { run, store, calls, after, connects, pass } = await bareEntry();
  connects();
  // Approved under the lease of before, and fenced before it has left.
  after.reserved = async () => {
    after.reserved = async () => {};
    await calls.control({ kind: "take_lease", region: "standby", reason: "a test" }, "person:a");
    await run.gateway.fence(2);
  };
  await run.gateway.watch();
  expect(store.order(stop)).toMatchObject({ record: "not_sent", ended: null, attempt: 0 });
  await pass(10_000);
  expect(run.sent).toEqual([stop, target]);
});

test("under a halt it is approved no more, under whatever lease", async () => {
  const { run, store, calls, connects, pass } = await bareEntry();
  await pass(2_000);
  await calls.control({ kind: "take_lease", region: "standby", reason: "a test" }, "person:a");
  await run.gateway.fence(2);
  const { version } = await calls.trip("portfolio", "a test", "person:a");
  await run.gateway.halt("portfolio", version);
  const before = run.sent.length;
  connects();
  await pass(10_000);
  expect(run.sent).toHaveLength(before);
  expect(store.order(stop)).toMatchObject({ record: "stopped" });
});

test("an order that is no exit stays fenced: it belongs to the region that had it approved", async () => {
  const { calls } = await reserved();
  await calls.control({ kind: "take_lease", region: "standby", reason: "a test" }, "person:a");
  expect(await calls.approved("o-1")).toBeNull();
});
