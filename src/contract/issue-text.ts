/**
 * Says of a wrong part of an input what would be right, in words for people. It stands in for the texts
 * of the schema library; a schema that has its own message keeps it.
 */
import type { z } from "zod";

type Issue = z.core.$ZodRawIssue;

/** Longer ones would drown what is said of them. */
const SHOWN_LENGTH_MAX = 40;
const NAMED_MAX = 20;

const KINDS: Record<string, string> = {
  string: "text",
  number: "a number",
  int: "a whole number",
  boolean: "true or false",
  array: "a list",
  object: "an object",
  record: "an object",
  null: "null",
};

/** What is counted of each kind of value. */
const COUNTED: Record<string, string> = {
  string: "characters",
  array: "entries",
  record: "entries",
  object: "entries",
};

/** `error` of a `safeParse`, or the library's `customError` for all of them. */
export function issueText(issue: Issue): string {
  switch (issue.code) {
    case "invalid_type":
      return `must be ${KINDS[issue.expected] ?? issue.expected}${given(issue.input)}`;
    case "too_big":
      return bound("at most", "below", issue, issue.maximum);
    case "too_small":
      return bound("at least", "above", issue, issue.minimum);
    case "not_multiple_of":
      return `must be a multiple of ${issue.divisor}${given(issue.input)}`;
    case "invalid_value":
      return `must be ${oneOf(issue.values)}${given(issue.input)}`;
    case "invalid_format":
      return `is not written as a ${issue.format} is; see /v1/docs`;
    case "unrecognized_keys":
      return `must not have ${listed(issue.keys.map(quoted))}: there is no such field; leave it out or see /v1/docs`;
    case "invalid_union":
      return unionText(issue);
    case "invalid_key":
    case "invalid_element":
      return "has a part that is not permitted here; see /v1/docs";
    case "custom":
    default:
      return "is not permitted; see /v1/docs";
  }
}

function bound(
  inclusive: string,
  exclusive: string,
  issue: Extract<Issue, { code: "too_big" | "too_small" }>,
  value: number | bigint,
): string {
  const exact = "exact" in issue && issue.exact === true;
  const words = exact ? "exactly" : issue.inclusive === false ? exclusive : inclusive;
  const counted = COUNTED[issue.origin];
  if (counted !== undefined) return `must have ${words} ${value} ${counted}`;
  return `must be ${words} ${value}${given(issue.input)}`;
}

/** One of the alternatives was meant: what its kind may be, or that it fits none of them. */
function unionText({ discriminator, options }: Extract<Issue, { code: "invalid_union" }>): string {
  if (discriminator !== undefined && Array.isArray(options))
    return `must have a ${discriminator} that is ${oneOf(options)}`;
  return "fits none of the forms that are permitted here; see /v1/docs";
}

const oneOf = (values: readonly unknown[]): string =>
  values.length === 1 ? quoted(values[0]) : `one of ${listed(values.map(String))}`;

const listed = (names: readonly string[]): string =>
  names.length <= NAMED_MAX
    ? names.join(", ")
    : `${names.slice(0, NAMED_MAX).join(", ")} and ${names.length - NAMED_MAX} more`;

/** What was given instead, where that is short enough to be shown. */
function given(input: unknown): string {
  if (input === undefined) return "; it is missing";
  if (input === null) return ", not null";
  if (Array.isArray(input)) return ", not a list";
  if (typeof input === "object") return ", not an object";
  return `, not ${quoted(input)}`;
}

function quoted(value: unknown): string {
  const text = typeof value === "string" ? JSON.stringify(value) : String(value);
  return text.length <= SHOWN_LENGTH_MAX ? text : `${text.slice(0, SHOWN_LENGTH_MAX)}…`;
}
