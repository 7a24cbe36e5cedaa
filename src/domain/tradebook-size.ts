/** How full the tradebook's database is, and how much that matters. Pure. */
import { D1_BYTES_MAX, D1_CRITICAL_SHARE, D1_TOLD_SHARE } from "./archive-limits.ts";

/** Null while there is room enough. */
export function fullness(bytes: number): "serious" | "critical" | null {
  if (bytes >= D1_CRITICAL_SHARE * D1_BYTES_MAX) return "critical";
  return bytes >= D1_TOLD_SHARE * D1_BYTES_MAX ? "serious" : null;
}

/** `1.25 GB of 10`. */
export const sizeText = (bytes: number): string =>
  `${(bytes / 1e9).toFixed(2)} GB of ${D1_BYTES_MAX / 1e9}`;
