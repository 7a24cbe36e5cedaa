import { expect, test } from "vitest";
import { Asking } from "../../durable-objects/broker-manager.asking.ts";
import { InstrumentMaster } from "../../durable-objects/broker-manager.master.ts";
import type { Room } from "../../durable-objects/broker-manager.room.ts";
import type { BrokerManagerStorage } from "../../durable-objects/broker-manager.storage.ts";
import { Wishes } from "../../durable-objects/broker-manager.wishes.ts";
import type { BrokerFailure, BrokerReference } from "../../src/brokers/broker.ts";
import type { ApiError } from "../../src/contract/errors.ts";
import type { Instrument } from "../../src/domain/instrument.ts";
import { err, ok } from "../../src/domain/result.ts";

const wishes = (...ids: string[]) =>
  ids.map((instrument) => ({ instrument, mode: "quote" as const }));

const FULL: ApiError = { code: "SHARD_CAPACITY", message: "full", details: null };

/** A broker whose list of instruments the test changes, with room for so many. */
async function setUp(
  listed: string[],
  room = Infinity,
  failure: BrokerFailure = { kind: "network", reason: "away" },
) {
  const list = { ids: listed };
  const storage = {
    instruments: () => new Map(),
    saveInstruments: () => {},
    set: () => {},
    setting: () => 0,
    wishes: () => new Map(),
    pins: () => new Set(),
    saveWishes: () => {},
    savePins: () => {},
  } as unknown as BrokerManagerStorage;
  const reference = {
    instruments: async () =>
      list.ids.length === 0 ? err(failure) : ok(list.ids.map((id) => ({ id }) as Instrument)),
  } as unknown as BrokerReference;
  const master = new InstrumentMaster("b", reference, storage, () => {});
  const held = new Wishes(storage);
  const rooms = {
    refuseWanted: (next: ReadonlyMap<string, unknown>) => (next.size > room ? FULL : null),
  } as unknown as Room;
  const read = async (ids: string[]) => {
    list.ids = ids;
    await master.refreshWhenOld(Date.now());
  };
  return { asking: new Asking(master, held, rooms), wishes: held, read };
}

test("what is new and unknown is not kept, and takes nothing with it", async () => {
  const { asking } = await setUp(["NSE:A", "NSE:B"]);
  expect(await asking.declare("market:m1", wishes("NSE:A", "NO:SUCH", "NSE:B"))).toEqual(
    ok(["NSE:A", "NSE:B"]),
  );
});

test.for(["market:m1", "ledger:main", "standby:main"] as const)(
  "an instrument that left the list blocks no other one of %s, and is let go of when it is wanted no more",
  async (consumer) => {
    const { asking, wishes: held, read } = await setUp(["NSE:A", "NSE:OPTION"]);
    await asking.declare(consumer, wishes("NSE:OPTION"));
    await read(["NSE:A", "NSE:B"]);
    expect(await asking.declare(consumer, wishes("NSE:OPTION", "NSE:B"))).toEqual(
      ok(["NSE:OPTION", "NSE:B"]),
    );
    expect(await asking.declare("market:m2", wishes("NSE:OPTION", "NSE:A"))).toEqual(ok(["NSE:A"]));
    expect(await asking.declare(consumer, wishes("NSE:B"))).toEqual(ok(["NSE:B"]));
    expect([...held.all.keys()].sort()).toEqual(["NSE:A", "NSE:B"]);
  },
);

test("a pin that left the list stays until it is taken off, and to take it off is never refused", async () => {
  const { asking, wishes: held, read } = await setUp(["NSE:A", "NSE:OPTION"]);
  expect(await asking.pin(["NSE:OPTION"])).toBeNull();
  await read(["NSE:A"]);
  expect(await asking.pin(["NSE:OPTION", "NSE:A"])).toBeNull();
  expect(await asking.pin(["NO:SUCH"])).toMatchObject({ code: "UNKNOWN_INSTRUMENT" });
  asking.unpin(["NSE:OPTION", "NO:SUCH"]);
  expect([...held.pins]).toEqual(["NSE:A"]);
});

test("a list that could not be read refuses what is new, and lets go of what is not wanted", async () => {
  const { asking } = await setUp([]);
  expect(await asking.declare("market:m1", wishes("NSE:A"))).toMatchObject({
    ok: false,
    error: { code: "BROKER_UNAVAILABLE" },
  });
  expect(await asking.declare("market:m1", [])).toEqual(ok([]));
});

test("a list that cannot be read for want of a session says so, and what to do", async () => {
  const { asking } = await setUp([], undefined, {
    kind: "session_expired",
    reason: "nobody has signed in yet",
  });
  const refused = await asking.pin(["NSE:A"]);
  expect(refused).toMatchObject({ code: "BROKER_SESSION_EXPIRED" });
  for (const words of ["nobody has signed in yet", "POST /v1/brokers/b/session"])
    expect(refused?.message).toContain(words);
});

test("without room a market's list is refused whole, and a ledger's is kept as far as it fits", async () => {
  const { asking } = await setUp(["NSE:A", "NSE:B", "NSE:C"], 2);
  await asking.declare("market:m1", wishes("NSE:C"));
  expect(await asking.declare("market:m2", wishes("NSE:A", "NSE:B"))).toEqual(err(FULL));
  expect(await asking.declare("ledger:main", wishes("NSE:A", "NSE:B", "NSE:C"))).toEqual(
    ok(["NSE:C", "NSE:A"]),
  );
});
