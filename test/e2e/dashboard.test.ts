import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type AlgoContext, type OrderOutcome, runAlgo } from "../../sdk/index.ts";
import type { BrokerView } from "../../src/contract/brokers.ts";
import type { RiskControlsView } from "../../src/contract/risk-controls.ts";
import { launchBrowser, screenshot, watchedPage } from "../support/browser.ts";
import { DESKTOP, enter, go, PHONE, signIn } from "../support/dashboard.ts";
import { type Platform, startPlatform } from "../support/platform.ts";
import { until } from "../support/until.ts";

const INSTRUMENT = "NSE:INFY";
const PAGES = ["Home", "Market", "Orders", "Positions", "Risk", "System"] as const;
const ROOMS =
  "Providers, Data quality, Markets, Signals, Reconciliation, Alerts, API keys, Audit, Paper market";
let platform: Platform;
let browser: Browser;
let page: Page;
let troubles: string[];

/** Keeps a picture, once everything is there, of a page that is no wider than its screen. */
async function look(on: Page, name: string, scheme: string, size: typeof DESKTOP): Promise<void> {
  await settled(on);
  const [width, room] = await on.evaluate(() => [
    document.documentElement.scrollWidth,
    window.innerWidth,
  ]);
  expect(width, `${name} is wider than the screen`).toBeLessThanOrEqual(room ?? 0);
  await screenshot(on, `${name}-${scheme}-${size === PHONE ? "phone" : "desktop"}`);
}

/** Everything is read, and the stream is heard. */
async function settled(on: Page): Promise<void> {
  await on.getByRole("heading").first().waitFor();
  await expect.poll(() => on.locator("[aria-busy=true]").count(), { timeout: 20_000 }).toBe(0);
  const line = on.getByTestId("line-state").filter({ visible: true });
  await expect.poll(() => line.textContent(), { timeout: 20_000 }).toContain("Live");
}

/** Runs an algo of the SDK that does one thing once its instrument ticks, and gives what came of it. */
async function oneOrder(key: string, algoId: string, side: "buy" | "sell"): Promise<OrderOutcome> {
  let outcome: OrderOutcome | null = null;
  let asked = false;
  await runAlgo({
    id: algoId,
    url: platform.url,
    key,
    instruments: [INSTRUMENT],
    stopOnSignals: false,
    logger: () => {},
    async onTick(context: AlgoContext) {
      if (asked) return;
      asked = true;
      outcome = await context.submit({
        instrument: INSTRUMENT,
        side,
        type: "market",
        quantity: 1,
      });
      context.stop("done");
    },
  });
  if (outcome === null) throw new Error("the algo ended without an outcome");
  return outcome;
}

beforeAll(async () => {
  [platform, browser] = await Promise.all([startPlatform(), launchBrowser()]);
  await platform.call("/v1/watchlist", {
    method: "PUT",
    body: { items: [{ instrument: INSTRUMENT }, { instrument: "KRAKEN:BTC/USD" }] },
  });
  ({ page, troubles } = await watchedPage(browser, { ...DESKTOP, scheme: "light" }));
});

afterAll(async () => {
  await browser?.close();
  await platform?.stop();
});

test("a wrong key is refused in words, and the right one signs in", async () => {
  await page.goto(platform.url);
  const field = page.getByRole("textbox", { name: "Development key" });
  await field.fill("0".repeat(64));
  await page.getByRole("button", { name: "Sign in" }).click();
  await expect.poll(() => page.textContent("form")).toContain("does not take this key");
  await signIn({ page, troubles }, platform);
});

test("the watchlist ticks", async () => {
  await go(page, "Market");
  const last = page.getByTestId(`watchlist-row-${INSTRUMENT}`).getByTestId("last");
  const first = await until("a price", () => last.textContent());
  await expect.poll(() => last.textContent(), { timeout: 20_000 }).not.toBe(first);
});

test("an algo's order is found in the tradebook", async () => {
  const key = await platform.key("e2e", ["read", "trade"], "e2e");
  const outcome = await oneOrder(key, "e2e", "buy");
  expect(outcome).toMatchObject({ outcome: "accepted" });
  await go(page, "Orders");
  await page.getByRole("tab", { name: "Tradebook" }).click();
  const book = page.getByTestId("tradebook");
  await book.getByText("e2e").first().waitFor();
  await expect.poll(() => book.textContent()).toContain("INFY");
});

test("every order of a day is listed, and none of a day without any", async () => {
  await page.getByRole("tab", { name: "All orders" }).click();
  const history = page.getByRole("button", { name: /^History of / });
  const day = page.getByLabel("Day");
  // Swedish days are written as a date field takes them.
  await day.fill(new Date().toLocaleDateString("sv-SE"));
  await history.first().waitFor();
  await day.fill("2001-01-01");
  await page.getByText("No order fits the day").waitFor();
  expect(await history.count()).toBe(0);
  await day.fill("");
  await history.first().waitFor();
});

test("an order tells its history, and the ticket what an order would meet", async () => {
  await page.getByRole("tab", { name: "All orders" }).click();
  await page
    .getByRole("button", { name: /^History of / })
    .first()
    .click();
  const drawer = page.getByRole("dialog");
  await drawer.getByText("reserved").waitFor();
  await drawer.getByText("accepted").waitFor();
  await screenshot(page, "order-history");
  await drawer.getByRole("button").first().click();
  await drawer.waitFor({ state: "hidden" });

  const ticket = page.getByRole("form", { name: "Order ticket" });
  const field = ticket.getByRole("combobox", { name: "Instrument" });
  await field.or(ticket.getByRole("textbox", { name: "Instrument" })).fill(INSTRUMENT);
  await ticket.getByRole("textbox", { name: "Quantity" }).fill("10");
  await ticket.getByRole("textbox", { name: "Limit price" }).fill("1");
  await ticket.getByRole("button", { name: "Check" }).click();
  const answer = page.getByRole("dialog", { name: "Would be denied: PRICE_COLLAR" });
  const checks = answer.getByRole("table", { name: "Risk checks" });
  await expect.poll(() => checks.textContent()).toMatch(/refuses price collar/);
  await screenshot(page, "risk-checks");
  await answer.getByRole("button").first().click();
  await answer.waitFor({ state: "hidden" });
});

test("the kill switch halts trading once its scope is typed, and a person resumes it", async () => {
  const key = await platform.key("halted", ["read", "trade"], "halted");
  const state = page.getByTestId("trading-state");
  await expect.poll(() => state.first().textContent()).toBe("active");

  await page.getByRole("button", { name: "Kill switch" }).click();
  const dialog = page.getByRole("dialog");
  const halt = dialog.getByRole("button", { name: "Halt trading" });
  await dialog.getByRole("textbox", { name: "Reason" }).fill("end-to-end test");
  await dialog.getByRole("textbox", { name: "Type the scope to confirm" }).fill("portfolia");
  expect(await halt.isDisabled()).toBe(true);
  await dialog.getByRole("textbox", { name: "Type the scope to confirm" }).fill("portfolio");
  await halt.click();
  await dialog.getByText("portfolio is halted").waitFor();
  await screenshot(page, "kill-switch-halted");
  await dialog.getByRole("button", { name: "Done" }).click();
  await expect.poll(() => state.first().textContent()).toBe("halted");

  const refused = await oneOrder(key, "halted", "buy");
  expect(refused).toMatchObject({ outcome: "refused", code: "KILL_SWITCH" });

  await page.getByRole("button", { name: "Resume trading" }).click();
  await dialog.getByRole("textbox", { name: "Reason" }).fill("end-to-end test is over");
  await dialog.getByRole("button", { name: "Confirm resume" }).click();
  await expect.poll(() => state.first().textContent()).toBe("active");
  const taken = await oneOrder(key, "halted", "buy");
  expect(taken).toMatchObject({ outcome: "accepted" });
});

/** Fills the reason of the open dialog and presses its button. */
async function give(reason: string, press: string): Promise<void> {
  const dialog = page.getByRole("dialog");
  await dialog.getByRole("textbox", { name: "Reason" }).fill(reason);
  await dialog.getByRole("button", { name: press, exact: true }).click();
  await dialog.waitFor({ state: "hidden" });
}

test("a reducing account refuses an entry and lets an exit pass, until a person lets it trade", async () => {
  const key = await platform.key("reducing", ["read", "trade"], "reducing");
  expect(await oneOrder(key, "reducing", "buy")).toMatchObject({ outcome: "accepted" });
  const notice = page.getByText("account:paper is reducing");
  await go(page, "Risk");
  await page.getByRole("button", { name: "Only reduce account:paper" }).click();
  await screenshot(page, "risk-only-reduce");
  await give("winding down", "Only reduce");
  await notice.waitFor();
  const refused = await oneOrder(key, "reducing", "buy");
  expect(refused).toMatchObject({ outcome: "refused", code: "KILL_SWITCH" });
  expect(await oneOrder(key, "reducing", "sell")).toMatchObject({ outcome: "accepted" });

  await page.getByRole("button", { name: "Resume trading" }).click();
  await give("on again", "Confirm resume");
  await notice.waitFor({ state: "hidden" });
  expect(await oneOrder(key, "reducing", "buy")).toMatchObject({ outcome: "accepted" });
});

test("a trip is edited, with its bounds in a person's units", async () => {
  await page.getByRole("button", { name: "Edit trip Reject storm" }).click();
  const dialog = page.getByRole("dialog", { name: "Trip: Reject storm" });
  await dialog.getByRole("textbox", { name: "How many" }).fill("0");
  await dialog.getByRole("alert").waitFor();
  await dialog.getByRole("textbox", { name: "How many" }).fill("12");
  await dialog.getByRole("textbox", { name: "Within, seconds" }).fill("90");
  await screenshot(page, "risk-trip");
  await give("tighter", "Set trip");
  const trips = page.getByRole("table", { name: "Trips" });
  await expect.poll(() => trips.textContent()).toContain("12 in 90 s");
  const { trips: kept } = await platform.get<RiskControlsView>("/v1/risk/controls");
  expect(kept.find(({ trip }) => trip === "rejectStorm")).toMatchObject({
    on: true,
    state: "halted",
    bounds: { count: 12, windowMs: 90_000 },
  });
});

test("every open order is canceled with one question", async () => {
  const quotes = `/v1/quotes?instruments=${INSTRUMENT}`;
  const [quote] = (await platform.get<{ items: { last: number }[] }>(quotes)).items;
  // Below the market, wherever it has walked to, and inside the collar.
  const limitPrice = String(Math.floor((quote?.last ?? 0) * 0.97));
  const terms = { instrument: INSTRUMENT, side: "buy", type: "limit", limitPrice };
  for (const clientOrderId of ["resting-1", "resting-2"])
    await platform.post("/v1/orders", { clientOrderId, algoId: "reducing", quantity: 1, ...terms });
  await go(page, "Orders");
  await page.getByRole("button", { name: "Cancel resting-1" }).waitFor();
  await page.getByRole("button", { name: "Cancel all", exact: true }).click();
  const dialog = page.getByRole("dialog", { name: "Cancel every open order" });
  await dialog.getByRole("button", { name: "Cancel all orders" }).click();
  await dialog.getByText("2 of 2 cancels are on their way").waitFor();
  await screenshot(page, "orders-cancel-all");
  await dialog.getByRole("button", { name: "Done" }).click();
  await page.getByText("No open orders").waitFor();
  const { items } = await platform.get<{ items: unknown[] }>("/v1/orders?open=true");
  expect(items).toEqual([]);
});

test("a shard is drained and takes again, and so does a market", async () => {
  await go(page, "System");
  await page.getByRole("button", { name: "Drain shard 2 of paper", exact: true }).click();
  await page.getByRole("menuitem", { name: "Now" }).click();
  const back = page.getByRole("button", { name: "Let shard 2 of paper take again" });
  await back.waitFor();
  await screenshot(page, "system-drained");
  const { items } = await platform.get<{ items: BrokerView[] }>("/v1/brokers");
  const drained = items.flatMap(({ shards }) => shards).find(({ shard }) => shard.endsWith(":2"));
  expect(drained).toMatchObject({ instruments: 0, draining: { when: "now" } });
  await back.click();
  await page.getByRole("button", { name: "Drain shard 2 of paper", exact: true }).waitFor();

  await page.getByRole("link", { name: "Markets", exact: true }).click();
  await page.getByRole("button", { name: "Drain m1" }).click();
  await give("a try", "Drain");
  await page.getByRole("button", { name: "Let m1 take again" }).click();
  await page.getByRole("button", { name: "Drain m1" }).waitFor();
});

test("nothing went wrong in the browser", () => {
  expect(troubles).toEqual([]);
});

test.each([
  ["light", DESKTOP],
  ["dark", DESKTOP],
  ["light", PHONE],
  ["dark", PHONE],
] as const)(
  "every page shows in %s at %o, without a trouble and without sideways scrolling",
  async (scheme, size) => {
    const seen = await watchedPage(browser, { ...size, scheme });
    await signIn(seen, platform);
    for (const name of PAGES) {
      await go(seen.page, name);
      await look(seen.page, name.toLowerCase(), scheme, size);
    }
    for (const room of ROOMS.split(", ")) {
      await enter(seen.page, room, size);
      await look(seen.page, `system-${room.toLowerCase().replace(" ", "-")}`, scheme, size);
    }
    expect(seen.troubles).toEqual([]);
    await seen.page.context().close();
  },
);
