/** An order placed past a real platform: it is seen, listed by the reconciliation in the dashboard, and canceled from here. */
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Page as Rows } from "../../src/contract/primitives.ts";
import type { OrderView } from "../../src/contract/orders.ts";
import { launchBrowser, screenshot, watchedPage } from "../support/browser.ts";
import { type Platform, startPlatform } from "../support/platform.ts";
import { until } from "../support/until.ts";

let platform: Platform;
let browser: Browser;

beforeAll(async () => {
  platform = await startPlatform();
  browser = await launchBrowser();
}, 120_000);

afterAll(async () => {
  await browser?.close();
  await platform?.stop();
});

const external = async (): Promise<OrderView | undefined> => {
  const { items } = await platform.get<Rows<OrderView>>("/v1/orders?algoId=external");
  return items[0];
};

async function report(page: Page): Promise<void> {
  await page.goto(platform.url);
  await page.getByRole("textbox", { name: "Development key" }).fill(platform.developmentKey);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page
    .getByRole("navigation", { name: "Pages" })
    .getByRole("link", { name: "System" })
    .click();
  const rooms = page.getByRole("navigation", { name: "System" });
  await rooms.getByRole("link", { name: "Reconciliation" }).click();
  await page.getByRole("button", { name: "Compare now" }).click();
}

test("an order by hand rests here too, is listed when the day is compared, and is canceled", async () => {
  const order = { instrument: "NSE:INFY", side: "buy", quantity: "3", limitPrice: "1000" };
  await platform.post("/v1/paper/hand-orders", order);
  await until("the order", async () => (await external())?.state === "new", 30_000);
  const { clientOrderId = "" } = (await external()) ?? {};

  const options = { width: 1360, height: 900, scheme: "light" } as const;
  const { page } = await watchedPage(browser, options);
  await report(page);
  const dialog = page.getByRole("dialog", { name: "Reconciliation" });
  await dialog.getByText(clientOrderId, { exact: true }).waitFor();
  await dialog.getByText("order left open").waitFor();
  expect(await dialog.getByText("Both sides agree.").count()).toBe(1);
  await screenshot(page, "reconciliation-open-order-light-desktop");
  await page.setViewportSize({ width: 390, height: 844 });
  await screenshot(page, "reconciliation-open-order-light-phone");

  const canceled = await platform.call(`/v1/orders/${clientOrderId}`, { method: "DELETE" });
  expect(canceled.status).toBeLessThan(300);
  await until("its end", async () => (await external())?.state === "canceled", 30_000);
}, 120_000);
