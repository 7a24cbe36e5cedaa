/** A bracket as it crosses the API: what its prices have to be beside each other and beside their entry's. */
import { z } from "zod";
import { DECIMAL_PATTERN } from "../domain/decimal.ts";
import type { SIDES } from "../domain/order.ts";
import { decimal, positiveDecimalInput } from "./primitives.ts";

/** Exits for what fills of an entry, held by the gateway: one takes the other back. */
export const bracketRequest = z.strictObject({
  stopPrice: positiveDecimalInput,
  /** With it the stop is a limit order once it triggers; without it a market order. */
  stopLimitPrice: positiveDecimalInput.optional(),
  targetPrice: positiveDecimalInput,
});

type BracketFields = {
  side: (typeof SIDES)[number];
  reduceOnly: boolean;
  limitPrice?: string | undefined;
  protectiveStop?: string | undefined;
  bracket?: z.infer<typeof bracketRequest> | undefined;
};

/** The stop lies where the trade loses, the target where it wins, and an entry's limit between them. */
export function checkBracket(order: BracketFields, ctx: z.RefinementCtx): void {
  const { bracket, side, limitPrice, protectiveStop } = order;
  if (!bracket) return;
  // A price that is none was told by its own field; nothing can be compared with it.
  const prices = [...Object.values(bracket), limitPrice, protectiveStop];
  const given = prices.filter((price) => price !== undefined);
  if (!given.every((price) => DECIMAL_PATTERN.test(price))) return;
  const wrong = (field: string, message: string): void =>
    ctx.addIssue({ code: "custom", path: ["bracket", field], message });
  const word = side === "buy" ? "below" : "above";
  const isBefore = (a: string, b: string): boolean =>
    side === "buy" ? decimal(a).lt(decimal(b)) : decimal(a).gt(decimal(b));
  if (order.reduceOnly) wrong("stopPrice", "a reduceOnly order opens nothing that needs exits");
  if (!isBefore(bracket.stopPrice, bracket.targetPrice))
    wrong("stopPrice", `must be ${word} targetPrice for a ${side}`);
  if (bracket.stopLimitPrice !== undefined && isBefore(bracket.stopPrice, bracket.stopLimitPrice))
    wrong("stopLimitPrice", `must not be on the other side of stopPrice for a ${side}`);
  // Money at risk is measured to where the platform will close, and to nothing better.
  if (protectiveStop !== undefined && !decimal(protectiveStop).eq(bracket.stopPrice))
    ctx.addIssue({
      code: "custom",
      path: ["protectiveStop"],
      message: `must be bracket.stopPrice (${bracket.stopPrice}) or be left out: the bracket closes the position there`,
    });
  if (limitPrice === undefined) return;
  if (!isBefore(bracket.stopPrice, limitPrice))
    wrong("stopPrice", `must be ${word} limitPrice for a ${side}`);
  if (!isBefore(limitPrice, bracket.targetPrice))
    wrong("targetPrice", `must be on the other side of limitPrice for a ${side}`);
}
