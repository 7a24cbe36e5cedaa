/** The Worker's settings, checked once: a wrong one is named at the first use, not at 3 a.m. */
import { z } from "zod";
import {
  BOOK_KEPT_DAYS,
  BOOK_KEPT_DAYS_MAX,
  BOOK_KEPT_DAYS_MIN,
} from "../domain/archive-limits.ts";

const settingsSchema = z.object({
  ENVIRONMENT: z.enum(["development", "production"]),
  ACCESS_TEAM_DOMAIN: z.string().max(200).default(""),
  ACCESS_AUDIENCE: z.string().max(200).default(""),
  /** SHA-256 in hex; empty means that there is no development key. */
  DEVELOPMENT_KEY_SHA256: z
    .string()
    .regex(/^(?:[0-9a-f]{64})?$/, "must be 64 hex digits or empty")
    .default(""),
  ALLOWED_ORIGINS: z.string().default(""),
  PAPER_HOURS: z.enum(["always", "exchange"]).default("always"),
  PAPER_SIGN_IN: z.enum(["automatic", "person"]).default("automatic"),
  /** A secret, 32 bytes in base64: what brokers' credentials and tokens are sealed with. */
  CREDENTIALS_KEY: z
    .string()
    .regex(/^(?:[A-Za-z0-9+/]{43}=)?$/, "must be 32 bytes in base64, or empty")
    .default(""),
});

export interface Settings {
  environment: "development" | "production";
  /** Null until both the team's domain and the audience are set: then every person is refused. */
  access: { teamDomain: string; audience: string } | null;
  developmentKeySha256: string | null;
  allowedOrigins: string[];
  paperHours: "always" | "exchange";
  /** Base64; null: nothing secret can be stored. */
  credentialsKey: string | null;
}

const parsed = new WeakMap<object, Settings>();

/** Throws, naming the variable, when a setting is malformed. Cached per `env`. */
export function settings(env: Env): Settings {
  const known = parsed.get(env);
  if (known) return known;
  const vars = settingsSchema.parse(env);
  const { ACCESS_TEAM_DOMAIN: teamDomain, ACCESS_AUDIENCE: audience } = vars;
  const made: Settings = {
    environment: vars.ENVIRONMENT,
    access: teamDomain && audience ? { teamDomain, audience } : null,
    developmentKeySha256: vars.DEVELOPMENT_KEY_SHA256 || null,
    allowedOrigins: vars.ALLOWED_ORIGINS.split(",")
      .map((origin) => origin.trim())
      .filter(Boolean),
    paperHours: vars.PAPER_HOURS,
    credentialsKey: vars.CREDENTIALS_KEY || null,
  };
  parsed.set(env, made);
  return made;
}

const keptDaysMessage = `TRADEBOOK_KEPT_DAYS must be a whole number from ${BOOK_KEPT_DAYS_MIN} to ${BOOK_KEPT_DAYS_MAX}, or empty`;

const keptDays = z
  .string()
  .regex(/^\d{0,4}$/)
  .transform((text) => (text === "" ? BOOK_KEPT_DAYS : Number(text)))
  .pipe(z.number().min(BOOK_KEPT_DAYS_MIN).max(BOOK_KEPT_DAYS_MAX));

/**
 * How long orders and executions stay in D1, ms. Throws, naming the variable, when it is malformed: apart from
 * all other settings, because nobody stops trading for how long old rows are kept.
 */
export function tradebookKeptMs(env: Pick<Env, "TRADEBOOK_KEPT_DAYS">): number {
  const days = keptDays.safeParse(env.TRADEBOOK_KEPT_DAYS ?? "");
  if (!days.success) throw new Error(keptDaysMessage);
  return days.data * 86_400_000;
}
