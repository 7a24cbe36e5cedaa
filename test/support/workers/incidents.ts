/** What people are to hear of, as it was laid down. That all providers are down is told by itself, and is left out here. */
import { env } from "cloudflare:workers";
import { channelsOf } from "../../../src/notify/settings.ts";
import { incidentBook } from "../../../src/platform/alerts.ts";
import { database } from "../../../src/storage/database.ts";
import { tellByEach } from "./telling.ts";

export const incidentsOf = async (book: D1Database) =>
  (
    await book
      .prepare(
        "SELECT id, title, message FROM incidents WHERE id NOT LIKE 'feed-down-%' ORDER BY id",
      )
      .all()
  ).results;

/** What was sent at this time: titles, by channel. */
export async function pass(now: number, answer = 200): Promise<string[]> {
  const sent: string[] = [];
  const settings = {
    SLACK_WEBHOOK_URL: "https://hooks.example.com/s",
    ALERT_WEBHOOK_URL: "https://ops.example.com/w",
    ALERT_WEBHOOK_SECRET: "signing-secret",
    DASHBOARD_URL: "https://desk.example.com",
  };
  const told = channelsOf(settings, {
    fetch: async (url, { body }) => {
      sent.push(`${new URL(url).hostname}: ${typeof body === "string" ? body : "?"}`);
      return new Response("{}", { status: answer });
    },
    devices: { all: async () => [], forget: async () => {} },
    log: () => {},
  });
  await tellByEach(told, [incidentBook(database(env.DB))], now);
  return sent;
}
