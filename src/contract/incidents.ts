/** Incidents as they cross the API: what people have to hear of besides dead letters. */
import { z } from "zod";
import { alertSendView } from "./operations.ts";
import { pageQuery, timestamp } from "./primitives.ts";

export const SEVERITIES = ["critical", "serious"] as const;

/** From what it is about, e.g. `trip-algo:momentum-42`; sent in a path it is percent-encoded. */
export const incidentId = z.string().min(1).max(300);

export const incidentView = z.object({
  id: incidentId,
  at: timestamp,
  /** What it is about: an account, or the scope of a trip. */
  account: z.string(),
  severity: z.enum(SEVERITIES),
  title: z.string(),
  message: z.string(),
  /** Who has taken it on, so that nobody else is called; null while nobody has. */
  acknowledgedBy: z.string().nullable(),
  acknowledgedAt: timestamp.nullable(),
});

export type IncidentView = z.infer<typeof incidentView>;

export const incidentDetail = incidentView.extend({
  /** Every message of it. */
  sends: z.array(alertSendView),
});

export type IncidentDetail = z.infer<typeof incidentDetail>;

export const incidentsQuery = pageQuery.extend({
  /** `true`: only what nobody has taken on; `false`: only what somebody has. */
  open: z.stringbool().optional(),
});

export type IncidentsQuery = z.infer<typeof incidentsQuery>;
