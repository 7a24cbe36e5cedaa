/** The moving of old rows against a tradebook and files in memory, of which any call may fail before or after it has worked. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  moveRows,
  type MoveRowsPorts,
  type RowFiles,
  type RowMovingState,
  type RowsBook,
} from "../../../src/application/move-rows.ts";
import { isMoved } from "../../../src/application/moving.ts";
import { BOOK_RUN_MS } from "../../../src/domain/archive-limits.ts";
import {
  compareKeys,
  idText,
  latestRows,
  namesOf,
  type MovedRow,
  type RowPart,
  type RowShape,
} from "../../../src/domain/moved-rows.ts";

const DAY_MS = 86_400_000;
const KEPT_MS = 60 * DAY_MS;
const NOW = 1_000 * DAY_MS;
const OLD = NOW - KEPT_MS - 5 * DAY_MS;

interface Row extends MovedRow {
  at: number;
  id: string;
}

const SHAPE: RowShape<Row> = { kind: "orders", key: ({ at, id }) => [at, id] };

interface World {
  rows: Row[];
  /** Ids of rows that may not go yet. */
  kept: Set<string>;
  listed: RowPart[];
  files: Map<string, Row[]>;
  state: RowMovingState;
}

const world = (): World => ({
  rows: [],
  kept: new Set(),
  listed: [],
  files: new Map(),
  state: { day: null, afterId: "", finishedAt: null, failingSince: null, error: null, stayed: 0 },
});

const same = (a: Row) => (b: Row) => a.id === b.id && a.ledgerVersion === b.ledgerVersion;

type Trouble = "none" | "before" | "after";

/** `trouble` is asked at each step: "before" and "after" the call has worked it throws. */
function portsOf(
  here: World,
  trouble: () => Trouble = () => "none",
  now = () => NOW,
): MoveRowsPorts<Row> {
  const call = async <T>(act: () => T): Promise<T> => {
    const kind = trouble();
    if (kind === "before") throw new Error("away");
    const answer = act();
    if (kind === "after") throw new Error("cut off");
    return answer;
  };
  const book: RowsBook<Row> = {
    state: () => call(() => here.state),
    save: (state) => call(() => void (here.state = state)),
    rows: (after, before, limit) =>
      call(() =>
        here.rows
          .filter((row) => row.at < before)
          .filter((row) => after === null || compareKeys(SHAPE.key(row), after) < 0)
          .sort((a, b) => compareKeys(SHAPE.key(b), SHAPE.key(a)))
          .slice(0, limit)
          .map((row) => ({ row, mayGo: !here.kept.has(row.id) })),
      ),
    move: (part, rows) =>
      call(() => {
        if (!here.listed.some(({ key }) => key === part.key)) here.listed.push(part);
        here.rows = here.rows.filter((row) => !rows.some(same(row)));
      }),
  };
  const files: RowFiles<Row> = {
    write: (day, rows) =>
      call(() => {
        const key = `${day} ${JSON.stringify(rows)}`;
        here.files.set(key, [...rows]);
        const [firstAt, lastAt] = [rows[0]?.at ?? 0, rows.at(-1)?.at ?? 0];
        const size = { rows: rows.length, bytes: 1, sha256: "" };
        return { kind: "orders" as const, day, key, firstAt, lastAt, ...namesOf(rows), ...size };
      }),
  };
  return { shape: SHAPE, book, files, sliceRows: 2, keptMs: () => KEPT_MS, now };
}

const row = (id: string, at = OLD, ledgerVersion = 1): Row => ({
  id,
  at,
  ledgerVersion,
  algoId: "a",
  instrument: "NSE:A",
});

/** What a reader finds: rows of D1 and of listed files, each once. */
const told = (here: World): string[] =>
  latestRows(SHAPE, [...here.listed.flatMap(({ key }) => here.files.get(key) ?? []), ...here.rows])
    .map(({ id, ledgerVersion }) => `${id} ${ledgerVersion}`)
    .sort();

const ids = (here: World): string[] => here.rows.map(({ id }) => id).sort();

const wrong = (): number => {
  throw new Error("TRADEBOOK_KEPT_DAYS must be a number");
};

describe("moving rows", () => {
  test("goes through old days in slices, a file for each day, and leaves what is young or may not go", async () => {
    const here = world();
    here.rows = ["a", "b", "c", "d"].map((id) => row(id));
    here.rows.push(row("e", OLD + DAY_MS), row("young", NOW - KEPT_MS), row("open", OLD));
    here.kept.add("open");
    const before = told(here);
    const state = await moveRows(portsOf(here), "2020-01-01");
    expect(state).toMatchObject({ day: "2020-01-01", finishedAt: NOW, error: null, stayed: 1 });
    expect(ids(here)).toEqual(["open", "young"]);
    expect(told(here)).toEqual(before);
    for (const { firstAt, lastAt } of here.listed)
      expect(Math.floor(firstAt / DAY_MS)).toBe(Math.floor(lastAt / DAY_MS));
  });

  test("counts what stays anew in each pass", async () => {
    const here = world();
    here.rows = ["a", "b", "c"].map((id) => row(id));
    for (const { id } of here.rows) here.kept.add(id);
    expect(await moveRows(portsOf(here), "2020-01-01")).toMatchObject({ stayed: 3 });
    here.kept.delete("b");
    expect(await moveRows(portsOf(here), "2020-01-02")).toMatchObject({ stayed: 2 });
    expect(ids(here)).toEqual(["a", "c"]);
  });

  test("is done once for each closed day, and stops when a run's time is over to go on with the next", async () => {
    const here = world();
    here.rows = ["a", "b", "c", "d", "e"].map((id) => row(id));
    let now = NOW;
    await moveRows(
      portsOf(here, undefined, () => (now += BOOK_RUN_MS / 3)),
      "2020-01-01",
    );
    expect(isMoved(here.state, "2020-01-01")).toBe(false);
    expect(ids(here)).toEqual(["c", "d", "e"]);
    await moveRows(portsOf(here), "2020-01-02");
    expect(here.state).toMatchObject({ day: "2020-01-01", finishedAt: NOW });
    expect(ids(here)).toEqual([]);
    here.rows.push(row("f"));
    await moveRows(portsOf(here), "2020-01-01");
    expect(ids(here)).toEqual(["f"]);
  });

  test("moves nothing where the deployment says wrongly how long rows stay, and says why", async () => {
    const here = world();
    here.rows = [row("a")];
    const state = await moveRows({ ...portsOf(here), keptMs: wrong }, "2020-01-01");
    expect(state).toMatchObject({ failingSince: NOW, finishedAt: null });
    expect(state.error).toContain("TRADEBOOK_KEPT_DAYS");
    expect(ids(here)).toEqual(["a"]);
  });

  test("loses and doubles nothing, whatever breaks at any step and whatever comes late", async () => {
    const many = fc.uniqueArray(
      fc.record({ id: fc.stringMatching(/^[a-d]{1,2}$/), day: fc.nat(2), mayGo: fc.boolean() }),
      { selector: ({ id }) => id, minLength: 1, maxLength: 8 },
    );
    const troubles = fc.array(fc.constantFrom<Trouble>("none", "none", "before", "after"), {
      minLength: 10,
      maxLength: 60,
    });
    const lates = fc.array(fc.nat(7), { maxLength: 6 });
    await fc.assert(
      fc.asyncProperty(many, troubles, lates, async (some, kinds, late) => {
        const here = world();
        here.rows = some.map(({ id, day }) => row(id, OLD + day * DAY_MS));
        for (const { id, mayGo } of some) if (!mayGo) here.kept.add(id);
        const expected = new Map(here.rows.map((each) => [each.id, each]));
        const check = () =>
          expect(told(here)).toEqual(
            [...expected.values()].map(({ id, ledgerVersion }) => `${id} ${ledgerVersion}`).sort(),
          );
        let step = 0;
        const trouble = (): Trouble => kinds[step++] ?? "none";
        for (let run = 0; step < kinds.length || run < late.length; run += 1) {
          const day = `day ${String(run).padStart(3, "0")}`;
          // A state that cannot be stored is the watchdog's to log.
          await moveRows(portsOf(here, trouble), day).catch(() => {});
          check();
          const news = expected.get(some[(late[run] ?? 0) % some.length]?.id ?? "");
          if (!news || late[run] === undefined) continue;
          // An order comes back with a late fill: D1 has it again, beside what lies in the file.
          const next = { ...news, ledgerVersion: news.ledgerVersion + 1 };
          expected.set(next.id, next);
          here.rows = [...here.rows.filter(({ id }) => id !== next.id), next];
          here.kept.delete(next.id);
          check();
        }
        await moveRows(portsOf(here), "day 999");
        await moveRows(portsOf(here), "day 9999");
        expect(new Set(ids(here))).toEqual(here.kept);
        check();
        expect(new Set(told(here).map((text) => text.split(" ")[0])).size).toBe(expected.size);
        expect(idText(SHAPE.key(row("a")))).toBe('["a"]');
      }),
    );
  });
});
