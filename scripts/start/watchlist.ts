/** Gives a platform that nobody has used yet a watchlist, so that its first page shows prices. Never changes one. */
import type { WatchlistView } from "../../src/contract/operations.ts";

/** Some of each kind that the paper market lists. */
const FIRST_INSTRUMENTS = [
  "NSE:INFY",
  "NSE:RELIANCE",
  "NSE:HDFCBANK",
  "NASDAQ:AAPL",
  "NASDAQ:MSFT",
  "KRAKEN:BTC/USD",
  "KRAKEN:ETH/USD",
  "KRAKEN:SOL/USD",
];

/** `recorded`: the instruments of a replay, which are then the only ones with prices; else null. */
export async function firstWatchlist(
  url: string,
  key: string,
  recorded: string[] | null,
): Promise<void> {
  const headers = { authorization: `Bearer ${key}`, "content-type": "application/json" };
  const read = await fetch(`${url}/v1/watchlist`, { headers });
  if (!read.ok) throw new Error(`the watchlist answered ${read.status}`);
  const known = (await read.json()) as WatchlistView;
  if (known.changedAt > 0) return;
  const items = (recorded ?? FIRST_INSTRUMENTS).map((instrument) => ({ instrument }));
  const body = JSON.stringify({ items });
  const written = await fetch(`${url}/v1/watchlist`, { method: "PUT", headers, body });
  if (!written.ok) throw new Error(`the first watchlist was refused: ${await written.text()}`);
}
