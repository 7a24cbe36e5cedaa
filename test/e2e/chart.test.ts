/** The chart on a real page: it follows the platform's bars through a cut feed and a cut line. */
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { launchBrowser, screenshot, watchedPage } from "../support/browser.ts";
import { type Platform, startPlatform } from "../support/platform.ts";
import { until } from "../support/until.ts";

const INSTRUMENT = "NSE:INFY";
const WAIT = { timeout: 30_000 };

let platform: Platform;
let browser: Browser;
let page: Page;
let troubles: string[];
/** What the page said and heard of its bars, over all its sockets. */
const asked: string[] = [];
const told: { type: string; closed?: boolean }[] = [];

beforeAll(async () => {
  [platform, browser] = await Promise.all([startPlatform(), launchBrowser()]);
  // From the one exchange alone: another provider would take the instrument over when its line is cut.
  const path = `/v1/instruments/${encodeURIComponent(INSTRUMENT)}/providers`;
  await platform.call(path, { method: "PUT", body: { ranked: ["paper"] } });
  ({ page, troubles } = await watchedPage(browser, { width: 1360, height: 900, scheme: "light" }));
  page.on("websocket", (socket) => {
    socket.on("framesent", ({ payload }) => {
      if (String(payload).includes('"channel":"candles"')) asked.push(String(payload));
    });
    socket.on("framereceived", ({ payload }) => {
      const text = String(payload);
      const isBar = text.startsWith('{"type":"candle"');
      if (isBar || text.startsWith('{"type":"history","channel":"candles"'))
        told.push(JSON.parse(text) as (typeof told)[number]);
    });
  });
  await page.goto(`${platform.url}/market/${INSTRUMENT}`);
  await page.getByRole("textbox", { name: "Development key" }).fill(platform.developmentKey);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByRole("img", { name: `Candles of ${INSTRUMENT}` }).waitFor();
  troubles.length = 0;
});

afterAll(async () => {
  await browser?.close();
  await platform?.stop();
});

const count = (type: string) => told.filter((frame) => frame.type === type).length;
const notes = () => page.getByRole("list", { name: "About these candles" });

test("the chart asks for its bars once, history first, and each bar comes by itself", async () => {
  await until("live bars", () => count("candle") > 2);
  expect(told[0]?.type).toBe("history");
  expect(count("history")).toBe(1);
  expect(asked).toHaveLength(1);
  expect(await notes().count()).toBe(0);
});

test("another interval is another series, and the one before is let go", async () => {
  await page.getByText("1s", { exact: true }).click();
  await until("closed seconds", () => told.some(({ closed }) => closed === true));
  const requests = asked.map((text) => JSON.parse(text) as { op: string; interval: string });
  expect(requests.map(({ op, interval }) => [op, interval]).slice(1)).toEqual([
    ["unsubscribe", "1m"],
    ["subscribe", "1s"],
  ]);
});

test("a gap of the feed is told in words and marked in the bars, and then how it was filled", async () => {
  await platform.post("/v1/paper/faults", { fault: "refuse_connection", count: 3 });
  await platform.post("/v1/paper/faults", { fault: "drop_feed_socket" });
  await expect.poll(() => notes().textContent(), WAIT).toMatch(/filled in with \d+ late trades?/);
  await expect.poll(() => notes().textContent(), WAIT).toMatch(/\d+ bars? filled in after a gap/);
  // The bars before it are what they were.
  expect(await notes().textContent()).not.toMatch(/amended/);
  await screenshot(page, "chart-gap-light");
  await page.emulateMedia({ colorScheme: "dark" });
  await screenshot(page, "chart-gap-dark");
});

test("after a cut line the chart is asked for again, and goes on", async () => {
  const [histories, requests] = [count("history"), asked.length];
  // Every socket of the market is sent away, and comes back.
  await platform.post("/v1/markets/m1/drain", { close: "now", reason: "end-to-end test" });
  await until("history again", () => count("history") > histories);
  expect(asked.length).toBeGreaterThan(requests);
  const bars = count("candle");
  await until("bars again", () => count("candle") > bars);
  await screenshot(page, "chart-after-reconnect");
  expect(troubles).toEqual([]);
});
