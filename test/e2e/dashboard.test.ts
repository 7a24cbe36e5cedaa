import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type AlgoContext, type OrderOutcome, runAlgo } from "../../sdk/index.ts";
import { launchBrowser, screenshot, type Watched, watchedPage } from "../support/browser.ts";
import { type Platform, startPlatform } from "../support/platform.ts";
import { until } from "../support/until.ts";

const INSTRUMENT = "NSE:INFY";
const PAGES = ["Home", "Market", "Orders", "Positions", "Risk", "System"] as const;
const DESKTOP = { width: 1360, height: 900 };
const PHONE = { width: 390, height: 844 };

let platform: Platform;
let browser: Browser;
let page: Page;
let troubles: string[];

/** Signs in and forgets the refused requests before it, which the browser writes down as errors. */
async function signIn({ page: on, troubles: seen }: Watched): Promise<void> {
  await on.goto(platform.url);
  await on.getByRole("textbox", { name: "Development key" }).fill(platform.developmentKey);
  await on.getByRole("button", { name: "Sign in" }).click();
  await on.getByRole("navigation", { name: "Pages" }).waitFor();
  seen.length = 0;
}

const go = (on: Page, name: string) =>
  on.getByRole("navigation", { name: "Pages" }).getByRole("link", { name, exact: true }).click();

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
  await signIn({ page, troubles });
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
    await signIn(seen);
    for (const name of PAGES) {
      await go(seen.page, name);
      await settled(seen.page);
      const [width, room] = await seen.page.evaluate(() => [
        document.documentElement.scrollWidth,
        window.innerWidth,
      ]);
      expect(width, `${name} is wider than the screen`).toBeLessThanOrEqual(room ?? 0);
      const form = size === PHONE ? "phone" : "desktop";
      await screenshot(seen.page, `${name.toLowerCase()}-${scheme}-${form}`);
    }
    expect(seen.troubles).toEqual([]);
    await seen.page.context().close();
  },
);
