/** A shard's own SQLite: what it let go must outlive an eviction, and no hand-over. */
import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { expect, test } from "vitest";
import { FeedShardStorage } from "../../durable-objects/feed-shard.storage.ts";
import type { AssignedInstrument, Release } from "../../src/application/ports.ts";

const I = "NSE:INFY";

const standing = (instrument: string, epoch: number): AssignedInstrument => ({
  instrument,
  mode: "quote",
  consumers: [],
  standby: false,
  handOver: { epoch, after: null },
});

const release = (epoch: number): Release => ({ instrument: I, epoch, last: null, wholeUntil: 5 });

/** As the object's constructor opens it, each time anew. */
const onStorage = (work: (open: () => FeedShardStorage, sql: SqlStorage) => void) =>
  runInDurableObject(env.FEED_SHARD.getByName("paper:paper:9"), (_, { storage }) =>
    work(() => new FeedShardStorage(storage), storage.sql),
  );

let version = 0;
const assign = (store: FeedShardStorage, instruments: AssignedInstrument[]) => {
  version += 1;
  const named = { broker: "paper", account: "paper", shard: "paper:paper:9" };
  store.saveAssignment({ version, ...named, instruments });
};

test("what was released under a hand-over is still released after an eviction and other assignments", async () => {
  await onStorage((open) => {
    assign(open(), [standing(I, 2)]);
    open().release([release(2)]);
    assign(open(), [standing(I, 2), standing("NSE:TCS", 3)]);
    expect(open().released()).toEqual([release(2)]);
  });
});

test("a release is forgotten once the instrument is placed anew, in standby, or not at all", async () => {
  await onStorage((open) => {
    const afters = [[standing(I, 7)], [{ ...standing(I, 0), standby: true, handOver: null }], []];
    for (const after of afters) {
      assign(open(), [standing(I, 2)]);
      open().release([release(2)]);
      assign(open(), after);
      expect(open().released()).toEqual([]);
    }
  });
});

test("what a storage of before holds as released without its hand-over is given back", async () => {
  await onStorage((open, sql) => {
    open();
    sql.exec("DROP TABLE released");
    sql.exec("CREATE TABLE released (instrument TEXT PRIMARY KEY)");
    sql.exec("INSERT INTO released VALUES (?)", I);
    sql.exec("DROP TABLE schema_migrations");
    assign(open(), [standing(I, 2)]);
    expect(open().released()).toEqual([]);
    open().release([release(2)]);
    expect(open().released()).toEqual([release(2)]);
  });
});
