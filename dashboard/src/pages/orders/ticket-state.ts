/** The order ticket as plain data: what is typed, what the contract makes of it. Pure. */
import {
  orderRequest,
  type OrderRequestInput,
  type OrderType,
  type Side,
  type TimeInForce,
} from "../../../../src/contract/orders.ts";
import { decimal, decimalText } from "../../../../src/contract/primitives.ts";

export interface Ticket {
  instrument: string;
  side: Side;
  type: OrderType;
  quantity: string;
  limitPrice: string;
  stopPrice: string;
  timeInForce: TimeInForce;
  protectiveStop: string;
  /** Exits for what fills: both or neither. */
  bracketStop: string;
  bracketTarget: string;
  reduceOnly: boolean;
  /** Prices to the tick and the quantity down to the lot, instead of a refusal. */
  round: boolean;
  algoId: string;
}

/** Orders by hand count for an algo of their own, so that no program is blamed for them. */
const MANUAL_ALGO = "manual";

export type TicketField = keyof Ticket;

export const needsLimit = (type: OrderType): boolean => type === "limit" || type === "stop_limit";

export const needsStop = (type: OrderType): boolean => type === "stop" || type === "stop_limit";

export const emptyTicket = (instrument: string, side: Side): Ticket => ({
  instrument,
  side,
  type: "limit",
  quantity: "",
  limitPrice: "",
  stopPrice: "",
  timeInForce: "day",
  protectiveStop: "",
  bracketStop: "",
  bracketTarget: "",
  reduceOnly: false,
  round: false,
  algoId: MANUAL_ALGO,
});

const given = (text: string): string | undefined => (text.trim() === "" ? undefined : text.trim());

/** Half a bracket is sent as it is, so that the contract says what is missing. */
function bracketOf({ bracketStop, bracketTarget }: Ticket): OrderRequestInput["bracket"] {
  const [stopPrice, targetPrice] = [bracketStop.trim(), bracketTarget.trim()];
  return stopPrice === "" && targetPrice === "" ? undefined : { stopPrice, targetPrice };
}

/** The order as it is sent. A price that the type does not take is left out, though it may still be typed. */
export function requestOf(ticket: Ticket, clientOrderId: string): OrderRequestInput {
  return {
    clientOrderId,
    algoId: given(ticket.algoId),
    instrument: ticket.instrument,
    side: ticket.side,
    type: ticket.type,
    quantity: ticket.quantity.trim(),
    limitPrice: needsLimit(ticket.type) ? given(ticket.limitPrice) : undefined,
    stopPrice: needsStop(ticket.type) ? given(ticket.stopPrice) : undefined,
    timeInForce: ticket.timeInForce,
    protectiveStop: given(ticket.protectiveStop),
    bracket: bracketOf(ticket),
    reduceOnly: ticket.reduceOnly,
    round: ticket.round,
  };
}

/** The order as a question to the risk checks, which has no id. */
export function questionOf(ticket: Ticket): Omit<OrderRequestInput, "clientOrderId" | "bracket"> {
  const { clientOrderId: _, bracket, ...question } = requestOf(ticket, "");
  // The checks measure money at risk to the bracket's stop where no other is given.
  return { ...question, protectiveStop: question.protectiveStop ?? bracket?.stopPrice };
}

const BRACKET_FIELDS: Record<string, TicketField> = {
  stopPrice: "bracketStop",
  targetPrice: "bracketTarget",
};

/** What is wrong with the ticket, by field; empty when it can be sent. The platform checks it again. */
export function problemsOf(ticket: Ticket): Partial<Record<TicketField, string>> {
  const parsed = orderRequest.safeParse(requestOf(ticket, "check"));
  if (parsed.success) return {};
  const problems: Partial<Record<TicketField, string>> = {};
  for (const { path, message } of parsed.error.issues) {
    const field = path[0] === "bracket" ? BRACKET_FIELDS[String(path[1])] : path[0];
    problems[String(field) as TicketField] ??= message;
  }
  return problems;
}

/** Quantity times price; null until both are there. Market orders are estimated at `mark`. */
export function estimatedNotional(ticket: Ticket, mark: number | null): string | null {
  const price = needsLimit(ticket.type)
    ? ticket.limitPrice
    : needsStop(ticket.type)
      ? ticket.stopPrice
      : mark;
  if (price === null || price === "" || ticket.quantity.trim() === "") return null;
  try {
    return decimalText(decimal(ticket.quantity.trim()).times(decimal(price)));
  } catch {
    // Half-typed numbers are no numbers yet.
    return null;
  }
}
