/** Both exits of a bracket have filled before one could be canceled: told with what to do, and never traded against by itself. */
import { expect, test } from "vitest";
import { saveBracket } from "../../../../src/application/gateway/bracket-notes.ts";
import { newRecord } from "../../../../src/application/gateway/record.ts";
import { legId, newBracket, stepBracket } from "../../../../src/domain/bracket.ts";
import { MemoryStore } from "../../../support/orders/memory-store.ts";
import { approvedWith, scripted, START } from "../../../support/orders/scripted.ts";

const bracket = { stopPrice: "95", stopLimitPrice: null, targetPrice: "105" };

test.each(["buy", "sell"] as const)(
  "what goes beyond a %s is one incident that says how much of which position was not meant, and no order",
  async (side) => {
    const store = new MemoryStore();
    const entry = approvedWith({ bracket, side });
    const done = { record: "accepted", ended: "filled" } as const;
    const filledOf = (id: string, quantity: string, approved = entry): void =>
      store.save({
        order: { ...newRecord(id, approved, START), ...done, filledQuantity: quantity },
        posts: [],
        executions: [],
      });
    filledOf("o-1", "10");
    for (const [leg, quantity] of [
      ["stop", "10"],
      ["target", "4"],
    ] as const) {
      const id = legId("o-1", 1, leg);
      const exit = { entry: "o-1", pair: 1, leg };
      filledOf(id, quantity, approvedWith({ clientOrderId: id, reduceOnly: true, exit }));
    }
    const event = { kind: "entry", filled: "10", ended: true } as const;
    const note = { bracket: stepBracket(newBracket("o-1"), event).bracket, dueAt: 0 };
    saveBracket({ store }, note, false);
    const run = scripted({}, store);
    for (let look = 0; look < 20; look += 1) {
      await run.gateway.watch();
      run.advance(5_000);
    }
    expect(run.incidents).toMatchObject([{ id: "bracket-beyond-o-1-1", severity: "critical" }]);
    const way = side === "buy" ? "short" : "long";
    expect(run.incidents[0]?.message).toContain(
      `the position of momentum in SIM:AAA 4 more ${way} than was meant`,
    );
    expect(run.incidents[0]?.message).toContain("/v1/positions/close");
    expect([run.sent, run.canceled, run.modified]).toEqual([[], [], []]);
  },
);
