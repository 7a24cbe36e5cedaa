/** Mistakes in what holds orders back: the kill switch, the lease, trips, and what people do at the desk. */
import type { Mutant } from "./mutant.ts";

const SUBMIT = "src/application/gateway/submit.ts";
const CHECKS = "src/domain/risk/checks/index.ts";
const DESK = "src/application/gateway/desk.ts";
const TRIPS = "src/application/ledger/trips.ts";

export const CONTROL_MUTANTS: readonly Mutant[] = [
  {
    name: "kill gate of the gateway skipped",
    file: SUBMIT,
    changes: [["if (stopped) return stop(context, order, stopped);", ""]],
  },
  {
    name: "an exit leaves after its pair was closed",
    file: SUBMIT,
    changes: [["stopped ?? whyClosed(context, approved) ?? whyBlocked", "stopped ?? whyBlocked"]],
  },
  {
    name: "an exit that was not sent goes the way of entries",
    file: SUBMIT,
    changes: [["const waiting = order.approved?.intent.exit\n", "const waiting = order.turn\n"]],
    also: {
      file: "src/application/gateway/wishes.ts",
      changes: [["return approved?.intent.exit\n", "return order.turn && approved\n"]],
    },
  },
  {
    name: "an exit is given up to the desk like an entry",
    from: 501,
    file: "src/application/gateway/stop.ts",
    changes: [
      [
        "if (exit && order.ended === null && (order.approved || bracketNote(context, exit.entry))) {",
        "if (exit === undefined) {",
      ],
    ],
  },
  {
    name: "a halt is the end of an exit",
    file: "src/domain/risk/refusal.ts",
    changes: [
      [
        '  "KILL_SWITCH",\n  "PORTFOLIO_ASLEEP",\n  "INSTRUMENT_UNKNOWN",',
        '  "INSTRUMENT_UNKNOWN",',
      ],
    ],
  },
  {
    name: "an exit is approved no more after a takeover",
    from: 501,
    file: "src/domain/risk/decide.ts",
    changes: [
      [
        "const epoch = order.exit ? Math.max(order.epoch, state.epoch) : order.epoch;",
        "const epoch = order.epoch;",
      ],
    ],
  },
  {
    name: "an exit at the door is stopped by a takeover",
    from: 900,
    file: SUBMIT,
    changes: [["if (approved.intent.exit && isFenced(", "if (order.turn && isFenced("]],
  },
  {
    name: "an exit is of the fill, whatever is left to close",
    file: "src/application/gateway/exit-sizes.ts",
    changes: [['if (code !== "REDUCE_ONLY" ||', "if (code ||"]],
  },
  {
    name: "what an exit is too large for burns its id",
    file: "src/domain/risk/refusal.ts",
    changes: [['  "REDUCE_ONLY",\n]);', "]);"]],
  },
  {
    name: "exits outlive what they were for",
    from: 601,
    file: "src/application/gateway/trims.ts",
    changes: [
      ["if (trimsDueAt(context) > context.now()) return;", "if (context.now() > 0) return;"],
    ],
  },
  {
    name: "kill switch not checked by the ledger",
    file: CHECKS,
    changes: [['  ["KILL_SWITCH", tradingState],\n', ""]],
  },
  {
    name: "lease epoch not checked by the ledger",
    file: CHECKS,
    changes: [['  ["STALE_EPOCH", staleEpoch],\n', ""]],
  },
  {
    name: "an exit executed by hand does not count for its bracket",
    from: 800,
    file: DESK,
    changes: [
      [
        "{ ...closed(record), filledQuantity: decimalText(filled) }",
        "{ ...closed(record), reason: decimalText(filled) }",
      ],
    ],
  },
  {
    name: "the gateway lets an old epoch pass",
    file: "src/domain/trading-gate.ts",
    changes: [["if (isFenced(order, epochSeen))", "if (order.epoch < 0)"]],
  },
  {
    name: "a fence is answered and not stored",
    file: "src/application/gateway/gateway.ts",
    changes: [["latestEpoch(this.#context, epoch);", ""]],
  },
  {
    name: "new terms of an old epoch pass the fence",
    from: 801,
    file: "src/application/gateway/wishes.ts",
    changes: [["onlyLowers(order, changes) ? 0 : latest", "0"]],
  },
  {
    name: "a retry from the desk without the proof",
    file: "src/application/retry-dead-letter.ts",
    changes: [["if (unproven) return err(unproven);", ""]],
  },
  {
    name: "an order on the desk is still open at its gateway",
    from: 701,
    file: "src/application/gateway/stop.ts",
    changes: [['order: { ...order, ended: "dead_lettered", nextLookAt: null },', "order,"]],
  },
  {
    name: "a trip latches more than its scope",
    file: TRIPS,
    changes: [
      [
        "killSwitch.latch(after, asked, now, { flatten })",
        'killSwitch.latch(after, { ...asked, scope: "portfolio" }, now, { flatten })',
      ],
    ],
  },
  {
    name: "our own refusals count as a reject storm",
    file: "src/domain/risk/trips/storm.ts",
    changes: [[' && !event.post.eventId.endsWith(":stopped")', ""]],
  },
  {
    name: "a flatten is over once it was flat",
    file: TRIPS,
    changes: [
      [
        'if (state.tradingStates.get(scope)?.state !== "halted") {',
        'if (state.tradingStates.get(scope)?.state !== "halted" || leftToClose(state, scope).length === 0) {',
      ],
    ],
  },
  {
    name: "what was traded past us is closed as if no algo held against it",
    file: "src/domain/risk/allowance.ts",
    changes: [["return maxDecimal(ZERO, own.minus(against));", "return own;"]],
  },
  {
    name: "one stuck order keeps a flatten from closing the rest",
    file: "src/application/flatten.ts",
    changes: [["if (free.gt(ZERO))", "if (free.lt(ZERO))"]],
  },
  {
    name: "a loss that is to be closed closes nothing that was halted before",
    file: TRIPS,
    changes: [["const acts = latches || flatten;", "const acts = latches;"]],
  },
  {
    name: "a flatten goes on after its halt was lifted",
    from: 30_901,
    file: "src/domain/risk/case.ts",
    changes: [["intent.reduceOnly && isToBeClosed(state, intent)", "intent.reduceOnly"]],
  },
];
