/** The bounds by which a gateway lets go of what ended long ago. */
import {
  GATEWAY_IDS_KEPT_MS,
  GATEWAY_RECORD_KEPT_MS,
  GATEWAY_SLICE_MS,
  GATEWAY_SLICE_ROWS,
} from "../../domain/archive-limits.ts";

/** How long and how much; the simulation ages faster. */
export interface Archiving {
  recordKeptMs: number;
  idsKeptMs: number;
  sliceMs: number;
  sliceRows: number;
}

export const ARCHIVING: Archiving = {
  recordKeptMs: GATEWAY_RECORD_KEPT_MS,
  idsKeptMs: GATEWAY_IDS_KEPT_MS,
  sliceMs: GATEWAY_SLICE_MS,
  sliceRows: GATEWAY_SLICE_ROWS,
};
