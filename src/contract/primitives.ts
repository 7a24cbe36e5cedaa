/** The small parts of every body, query and frame, each with its bound and its message. */
import { z } from "zod";
import { decimal, decimalText, DECIMAL_PATTERN } from "../domain/decimal.ts";
import { INSTRUMENT_ID_PATTERN } from "../domain/instrument.ts";
import { INSTRUMENTS_PER_CALL_MAX, PAGE_ROWS_DEFAULT, PAGE_ROWS_MAX } from "../domain/limits.ts";
import { EXTERNAL_ALGO } from "../domain/risk/external.ts";
import { NAME_PATTERN, SCOPE_PATTERN } from "../domain/scope.ts";

// Clients add up money with the same exact decimals as the ledger.
export { decimal, decimalText, ZERO, type Decimal, type DecimalText } from "../domain/decimal.ts";
export { INSTRUMENT_ID_PATTERN, splitInstrumentId } from "../domain/instrument.ts";
export { PAGE_ROWS_MAX } from "../domain/limits.ts";

const DECIMAL_MESSAGE =
  "must be a plain decimal of at most 18 digits each side of the point, without exponent";

/** Numbers are taken by their shortest text, so 1500.05 means exactly "1500.05". */
const numberText = (value: number): string => String(value);

/** A decimal given as number or string; always plain text without trailing zeros afterwards. */
export const decimalInput = z
  .union([z.number().refine(Number.isFinite).transform(numberText), z.string().max(38)], {
    error: DECIMAL_MESSAGE,
  })
  .pipe(z.string().regex(DECIMAL_PATTERN, DECIMAL_MESSAGE))
  .transform((text) => decimalText(decimal(text)));

export const positiveDecimalInput = decimalInput.refine(
  (text) => decimal(text).gt(0),
  "must be above 0",
);

/** A decimal as the API gives it back: always a string. */
export const decimalOutput = z.string().regex(DECIMAL_PATTERN);

export const instrumentId = z
  .string()
  .regex(INSTRUMENT_ID_PATTERN, "must be EXCHANGE:SYMBOL in capitals, e.g. NSE:INFY");

/** Instruments of one call, without doubles, in the order given. */
export const instrumentIds = z
  .array(instrumentId)
  .min(1, "must name at least one instrument")
  .max(INSTRUMENTS_PER_CALL_MAX)
  .transform((ids) => [...new Set(ids)]);

/** The same as a comma-separated query value. */
export const instrumentIdsQuery = z
  .string()
  .transform((text) => text.split(",").map((id) => id.trim()))
  .pipe(instrumentIds);

/** Up to 36 characters, so that a UUID fits and every broker with client ids can carry it. */
export const clientOrderId = z
  .string()
  .regex(/^[A-Za-z0-9_-]{1,36}$/, "must be 1 to 36 letters, digits, _ or -");

export const algoId = z
  .string()
  .regex(NAME_PATTERN, "must be 1 to 32 lower-case letters, digits, _ or -");

/** Why nobody trades under the name that stands for all that was traded past the platform. */
export const EXTERNAL_MESSAGE = `must not be ${EXTERNAL_ALGO}, under which trades past the platform are kept`;

/** Of whoever may open a position. */
export const tradingAlgoId = algoId.refine((id) => id !== EXTERNAL_ALGO, EXTERNAL_MESSAGE);

export const accountId = algoId;

export const brokerId = algoId;

export const scopeText = z
  .string()
  .regex(
    SCOPE_PATTERN,
    "must be portfolio, account:<id>, algo:<id> or instrument:<id>, with an id as it is written everywhere (algo:momentum, instrument:NSE:INFY); of an algo's orders in one instrument, name one of the two",
  );

export const reason = z.string().trim().min(3, "must say why, in 3 to 500 characters").max(500);

/** Of a request on the stream; echoed back in every answer, so that a client can match them. */
export const requestId = z.string().max(64).optional();

/** Milliseconds since 1970. */
export const timestamp = z.number().int().nonnegative();

/** A whole number as a query value. `Number` alone would take "", " 7" and "0x7" too. */
export const integerQuery = z
  .string()
  .regex(/^\d{1,15}$/, "must be a whole number")
  .transform(Number);

export const timestampQuery = integerQuery;

/** A cursor holds the key of one row: three names of up to 128 characters, encoded. */
const CURSOR_LENGTH_MAX = 1_000;

/** Every list takes these; `cursor` is the `nextCursor` of the page before. */
export const pageQuery = z.strictObject({
  cursor: z.string().max(CURSOR_LENGTH_MAX).optional(),
  limit: integerQuery.pipe(z.number().min(1).max(PAGE_ROWS_MAX)).default(PAGE_ROWS_DEFAULT),
});

export type PageQuery = z.infer<typeof pageQuery>;

/** The ledger's cursors are versions. Any other text would find nothing, and read as the end of the list. */
export const VERSION_CURSOR_PATTERN = /^\d{1,15}$/;

export const VERSION_CURSOR_MESSAGE = "must be nextCursor of the page before";

/** A page of rows; `nextCursor` is null on the last one. */
export const pageOf = <T extends z.ZodType>(row: T) =>
  z.object({ items: z.array(row), nextCursor: z.string().nullable() });

export interface Page<T> {
  items: T[];
  nextCursor: string | null;
}
