/** Deliberate mistakes, each a small change of the source. A simulation that does not see one of them proves less than it says. */
import { ARCHIVE_MUTANTS } from "./archive-mutants.ts";
import { OUTSIDE_MUTANTS } from "./outside-mutants.ts";
import { COMPARING_MUTANTS } from "./comparing-mutants.ts";
import type { Mutant } from "./mutant.ts";
import { CONTROL_MUTANTS } from "./control-mutants.ts";

const SUBMIT = "src/application/gateway/submit.ts";
const WISHES = "src/application/gateway/wishes.ts";
const DOUBT = "src/application/gateway/doubt.ts";
const CHECKS = "src/domain/risk/checks/index.ts";
const BOOK = "src/application/ledger/book.ts";
const SIGHTINGS = "src/application/gateway/sightings.ts";
const DECIDING = "src/application/ledger/deciding.ts";

export const MUTANTS: readonly Mutant[] = [
  {
    name: "retry on timeout",
    file: SUBMIT,
    changes: [
      [
        "return markUnknown(context, order, reason);",
        "return notSent(context, order, attempt, reason);",
      ],
    ],
  },
  {
    name: "release on timeout",
    file: "src/domain/risk/state.ts",
    changes: [
      [
        "return !isTerminal(entry.order.state);",
        'return !isTerminal(entry.order.state) && entry.order.state !== "unknown";',
      ],
    ],
  },
  {
    name: "no dedupe of fills",
    file: "src/application/gateway/evidence.ts",
    changes: [
      ["return from.executionKnown ? accepted : joined(", "return joined("],
      ["`fill:${execution.executionId}`", "`fill:${execution.executionId}:${decimalText(filled)}`"],
      ["executions: [execution],", "executions: [],"],
    ],
    also: {
      file: BOOK,
      changes: [["if (this.storage.executionSeen(account, executionId)) return entry;", ""]],
    },
  },
  {
    name: "no dedupe of events at the ledger",
    file: BOOK,
    changes: [["if (this.storage.eventSeen(post.eventId)) return entry;", ""]],
  },
  {
    name: "check outside the transaction",
    file: DECIDING,
    changes: [
      [
        "const decision = decide(state, intent, facts, now);",
        "const seen = book.seen ?? state;\n    book.seen = book.storage.load(now);\n    const decision = decide(seen, intent, facts, now);",
      ],
    ],
  },
  {
    name: "cancel final before its evidence",
    file: WISHES,
    changes: [
      [
        'save(context, { order: { ...now, cancel: "sent", nextLookAt }, posts: [] });',
        'save(context, { order: { ...now, ended: "canceled", nextLookAt: null }, posts: [post(now, "canceled", { kind: "canceled", reason: "asked" }, nextLookAt)] });',
      ],
    ],
  },
  {
    name: "not found treated as not sent",
    file: DOUBT,
    changes: [
      [
        'if (now?.record !== "unknown" || now.ended !== null) return;\n',
        'if (now?.record !== "unknown" || now.ended !== null) return;\n  if (finding && !isFound(finding)) {\n    stop(context, now, "not found");\n    return;\n  }\n',
      ],
    ],
  },
  {
    name: "write-ahead after the send",
    file: SUBMIT,
    changes: [
      ["  save(context, { order: recorded, posts: [] });\n  awaitAnswer(", "  awaitAnswer("],
      [
        "  const outcome = await sendToBroker(context, approved);\n",
        "  const outcome = await sendToBroker(context, approved);\n  save(context, { order: recorded, posts: [] });\n",
      ],
    ],
  },
  {
    name: "a submit that was made is made again",
    file: SUBMIT,
    changes: [
      ["if (known && !maySend(known, attempt)) return answer(context, approved, known);", ""],
      [
        'if (order.record !== "not_sent" || order.ended !== null) record = order;',
        "if (false) record = order;",
      ],
    ],
  },
  {
    name: "reservations not counted",
    file: "src/domain/risk/case.ts",
    changes: [
      ["sums.buys.plus(sides.buy.quantity)", "sums.buys"],
      ["sums.sells.plus(sides.sell.quantity)", "sums.sells"],
    ],
  },
  {
    name: "open orders not limited",
    file: CHECKS,
    changes: [['  ["OPEN_ORDERS", openOrders],\n', ""]],
  },
  {
    name: "the ledger alone ends what may be on its way",
    file: "src/application/ledger/sweep.ts",
    changes: [
      [
        'book.append(state, entry, { kind: "not_sent", reason, attempt: evidence.attempts }, now);\n    return "retry";',
        'book.append(state, entry, { kind: "canceled", reason }, now);\n    return "moved_on";',
      ],
    ],
  },
  {
    name: "a doubt ends the wish to cancel",
    file: "src/domain/risk/still-wished.ts",
    changes: [["if (!entry.cancelWished) return next;", "return next;"]],
  },
  {
    name: "new terms after the last fill are left open",
    file: WISHES,
    changes: [["refuseChanges(context, { ...order, ...taken }, reason);", ""]],
  },
  {
    name: "news for the ledger lost while it is away",
    file: "src/application/gateway/outbox.ts",
    changes: [
      [
        "context.flushAfter = context.now() + OUTBOX_RETRY_MS;",
        "context.store.posted(batch.at(-1)?.seq ?? 0);",
      ],
    ],
  },
  {
    name: "an order's change not told to the tradebook",
    file: BOOK,
    changes: [["this.outbox.addOrder(version, entry.order);", ""]],
  },
  {
    name: "a bracket's other exit not taken back",
    file: "src/domain/bracket.ts",
    changes: [
      [
        'if (open.lte(ZERO)) return [{ kind: "cancel", ...about }];',
        "if (open.lte(ZERO)) return [];",
      ],
    ],
  },
  {
    name: "a bracket's exit is of the order, not of the fill",
    file: "src/application/gateway/brackets.ts",
    changes: [
      [
        "    quantity,\n    limitPrice: isStop",
        "    quantity: entry.quantity,\n    limitPrice: isStop",
      ],
    ],
  },
  {
    name: "what the stream says before the answer is dropped",
    file: SIGHTINGS,
    changes: [["underWay.inbox.push(sighting);", ""]],
  },
  ...COMPARING_MUTANTS,
  {
    name: "orders that may only reduce are not checked",
    file: CHECKS,
    changes: [['  ["REDUCE_ONLY", reduceOnly],\n', ""]],
  },
  ...CONTROL_MUTANTS,
  ...ARCHIVE_MUTANTS,
  ...OUTSIDE_MUTANTS,
];
