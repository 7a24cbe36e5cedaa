/** An order placed past a real platform: it is seen, listed by the reconciliation in the dashboard, and canceled from here. */
import type { Browser, Locator, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Page as Rows } from "../../src/contract/primitives.ts";
import type { ReconciliationsView } from "../../src/contract/reconciliation.ts";
import type { OrderView } from "../../src/contract/orders.ts";
import { launchBrowser, screenshot, watchedPage } from "../support/browser.ts";
import { DESKTOP, enter, go, overlapping, PHONE, signIn } from "../support/dashboard.ts";
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

interface Letters {
  items: { clientOrderId: string }[];
}

const reconciliation = () => platform.get<ReconciliationsView>("/v1/reconciliations");

const frozen = async () => (await reconciliation()).accounts.flatMap((each) => each.frozen);

/** Trades that a person books and the broker never had: while their sum goes on changing, no comparison comes to rest. */
async function freeze(instrument: string): Promise<void> {
  const ids = Array.from({ length: 12 }, (_, n) => `never-${n}`);
  await platform.post("/v1/paper/faults", { fault: "refuse_not_accepted", count: 1_000 });
  const order = { algoId: "by-hand", instrument, side: "buy", type: "market", quantity: 1 };
  for (const clientOrderId of ids) await platform.post("/v1/orders", { clientOrderId, ...order });
  await until(
    "the dead letters",
    async () =>
      (await platform.get<Letters>("/v1/dead-letters?status=open&limit=50")).items.length ===
      ids.length,
    90_000,
  );
  await platform.post("/v1/paper/faults", { fault: "refuse_not_accepted", count: 0 });
  const left = ids.values();
  const book = async () => {
    const { value: id } = left.next();
    if (id === undefined) return;
    const trade = { brokerOrderId: `phone-${id}`, price: "1500", quantity: "1" };
    const path = `/v1/dead-letters/${id}/executed`;
    await platform.post(path, { ...trade, reason: "a test books it" });
  };
  await book();
  // Positions are compared when the order stream has come back.
  await platform.post("/v1/paper/faults", { fault: "drop_order_socket" });
  let tries = "";
  await until(
    "a frozen instrument",
    async () => {
      const { accounts } = await reconciliation();
      const now = JSON.stringify(accounts[0]?.checks.find(({ kind }) => kind === "positions"));
      if (now !== tries) await book();
      tries = now;
      return (await frozen()).length > 0;
    },
    120_000,
  );
}

/** The report of what was compared last, by a press of the button. */
async function compared(page: Page): Promise<Locator> {
  await page.getByRole("button", { name: "Compare now" }).click();
  const dialog = page.getByRole("dialog", { name: "Reconciliation" });
  await dialog.getByRole("textbox", { name: "Reason" }).waitFor();
  return dialog;
}

test("a person accepts a report while an instrument is frozen, with a reason, and it trades again", async () => {
  await freeze("NSE:TCS");
  const desktop = await watchedPage(browser, { ...DESKTOP, scheme: "light" });
  const phone = await watchedPage(browser, { ...PHONE, scheme: "dark" });
  for (const [seen, size] of [
    [desktop, DESKTOP],
    [phone, PHONE],
  ] as const) {
    await signIn(seen, platform);
    await go(seen.page, "System");
    await enter(seen.page, "Reconciliation", size);
    await seen.page.getByRole("heading", { name: "Frozen" }).waitFor();
    await screenshot(seen.page, `frozen-${seen === desktop ? "light-desktop" : "dark-phone"}`);
    const dialog = await compared(seen.page);
    await screenshot(seen.page, `accept-${seen === desktop ? "light-desktop" : "dark-phone"}`);
    await dialog.getByText("NSE:TCS trades again.").waitFor();
    expect(await overlapping(dialog)).toEqual([]);
    const accept = dialog.getByRole("button", { name: "Accept the report" });
    expect(await accept.isDisabled()).toBe(true);
    await dialog.getByRole("textbox", { name: "Reason" }).fill("ok");
    expect(await accept.isDisabled()).toBe(true);
    if (seen === desktop) await seen.page.keyboard.press("Escape");
  }
  expect(await frozen()).toMatchObject([{ instrument: "NSE:TCS" }]);
  const { page } = phone;
  const dialog = page.getByRole("dialog", { name: "Reconciliation" });
  await dialog.getByRole("textbox", { name: "Reason" }).fill("booked by mistake, and flat there");
  await screenshot(page, "accept-filled-dark-phone");
  await dialog.getByRole("button", { name: "Accept the report" }).click();
  await dialog.waitFor({ state: "hidden" });
  expect(await frozen()).toEqual([]);
  for (const seen of [desktop, phone]) {
    await seen.page.getByRole("heading", { name: "Frozen" }).waitFor({ state: "hidden" });
    await seen.page.getByText("booked by mistake, and flat there").waitFor();
    await screenshot(seen.page, `accepted-${seen === desktop ? "light-desktop" : "dark-phone"}`);
    expect(seen.troubles).toEqual([]);
  }
}, 300_000);
