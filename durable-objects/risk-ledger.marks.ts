/** Reads what shards send on the `/marks` socket. It never throws: a frame that cannot be read changes nothing. */
import { markFrame, marksFrame } from "../src/contract/marks.ts";
import type { Mark } from "../src/domain/tick.ts";

/** The readable marks of a frame, and how many were not. */
export function readMarks(data: string | ArrayBuffer): { marks: Mark[]; unreadable: number } {
  const frame = marksFrame.safeParse(json(data));
  if (!frame.success) return { marks: [], unreadable: 1 };
  const parsed = frame.data.marks.map((each) => markFrame.safeParse(each));
  const marks = parsed.flatMap((each) => (each.success ? [each.data] : []));
  return { marks, unreadable: parsed.length - marks.length };
}

function json(data: string | ArrayBuffer): unknown {
  if (typeof data !== "string") return null;
  try {
    return JSON.parse(data);
  } catch {
    return null;
  }
}
