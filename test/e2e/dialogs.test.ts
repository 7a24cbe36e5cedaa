/** The dialogs of the machinery and the risk page, driven on a phone in the dark: each with a wrong input first. */
import type { Browser, Locator, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { MarketView } from "../../src/contract/markets.ts";
import type { ProvidersView } from "../../src/contract/providers.ts";
import type { RiskControlsView } from "../../src/contract/risk-controls.ts";
import { launchBrowser, screenshot, watchedPage } from "../support/browser.ts";
import { enter, go, PHONE, signIn } from "../support/dashboard.ts";
import { type Platform, startPlatform } from "../support/platform.ts";
import { until } from "../support/until.ts";

const INSTRUMENT = "NSE:INFY";
const ALGO = "dialogs";

let platform: Platform;
let browser: Browser;
let page: Page;
let troubles: string[];

beforeAll(async () => {
  [platform, browser] = await Promise.all([startPlatform(), launchBrowser()]);
  await platform.call("/v1/watchlist", {
    method: "PUT",
    body: { items: [{ instrument: INSTRUMENT }] },
  });
  ({ page, troubles } = await watchedPage(browser, { ...PHONE, scheme: "dark" }));
  await signIn({ page, troubles }, platform);
});

afterAll(async () => {
  await browser?.close();
  await platform?.stop();
});

const room = async (name: string): Promise<void> => {
  await go(page, "System");
  await enter(page, name, PHONE);
};

const dialog = (name?: string): Locator => page.getByRole("dialog", name ? { name } : {});

const button = (on: Page | Locator, name: string): Locator =>
  on.getByRole("button", { name, exact: true });

/** A press that the platform refuses: the form stays, and says why. The browser writes such an answer down. */
async function refused(press: Locator, on: Page | Locator, code: string): Promise<void> {
  await press.click();
  await on.getByRole("alert").filter({ hasText: code }).waitFor();
  troubles.length = 0;
}

async function order(side: "buy" | "sell", quantity = 3): Promise<{ state?: string }> {
  const body = { instrument: INSTRUMENT, side, type: "market", quantity };
  const clientOrderId = crypto.randomUUID();
  const answer = await platform.call<{ state?: string; code?: string }>("/v1/orders", {
    body: { clientOrderId, algoId: ALGO, ...body },
  });
  return answer.body;
}

test("an instrument's providers are given an order of their own, and the default one again", async () => {
  const orderOf = async () => {
    const { items } = await platform.get<{ items: ProvidersView[] }>("/v1/feeds/providers");
    const view = items.find(({ instrument }) => instrument === INSTRUMENT);
    return { order: view?.order, ranked: view?.providers.map(({ provider }) => provider) ?? [] };
  };
  // Only what somebody follows has providers: the ledger follows what it holds.
  await order("buy");
  await room("Providers");
  await button(page, `Rank providers of ${INSTRUMENT}`).click();
  const [first = "", second = ""] = (await orderOf()).ranked;
  const form = dialog(`Providers of ${INSTRUMENT}, best first`);
  const save = button(form, "Save order");
  // Nothing was changed, and nobody is better than the best.
  expect(await save.isDisabled()).toBe(true);
  expect(await button(form, `Move ${first} up`).isDisabled()).toBe(true);
  expect(await button(form, "Back to default").isDisabled()).toBe(true);
  await button(form, `Move ${second} up`).click();
  await screenshot(page, "dialog-rank-providers");
  await save.click();
  await form.waitFor({ state: "hidden" });
  expect(await orderOf()).toMatchObject({ order: "override" });
  expect((await orderOf()).ranked.slice(0, 2)).toEqual([second, first]);

  await page.getByText("its own").waitFor();
  await button(page, `Rank providers of ${INSTRUMENT}`).click();
  await button(form, "Back to default").click();
  await form.waitFor({ state: "hidden" });
  expect((await orderOf()).ranked.slice(0, 2)).toEqual([first, second]);
});

test("new sockets spread over markets of another size; a size that the platform does not take is refused in words", async () => {
  await room("Markets");
  const field = page.getByRole("textbox", { name: "Sockets a market" });
  const apply = button(page, "Apply");
  await field.fill("0");
  expect(await apply.isDisabled()).toBe(true);
  await field.fill("900000");
  await refused(apply, page, "BAD_REQUEST");
  await screenshot(page, "markets-sockets-refused");
  await field.fill("50");
  await apply.click();
  await page.getByText("New sockets: 50 a market.").waitFor();
  await screenshot(page, "markets-sockets");
  const { items } = await platform.get<{ items: MarketView[] }>("/v1/markets");
  expect(items.map(({ socketsMax }) => socketsMax)).toEqual(items.map(() => 50));
  expect(items.length).toBeGreaterThan(0);
});

const lease = async () => (await platform.get<RiskControlsView>("/v1/risk/controls")).lease;

test("the lease is taken for another region, under which nothing leaves from here, and taken back", async () => {
  const before = await lease();
  const take = async (region: string, reason: string) => {
    await button(page, "Take the lease").click();
    const form = dialog("Take the lease");
    await form.getByRole("textbox", { name: "Region" }).fill(region);
    expect(await button(form, "Take the lease").isDisabled()).toBe(true);
    await form.getByRole("textbox", { name: "Reason" }).fill(reason);
    return form;
  };
  await go(page, "Risk");
  const form = await take("another region", "a drill");
  await refused(button(form, "Take the lease"), form, "BAD_REQUEST");
  await screenshot(page, "dialog-lease-refused");
  await form.getByRole("textbox", { name: "Region" }).fill("standby");
  await button(form, "Take the lease").click();
  await form.waitFor({ state: "hidden" });
  expect(await lease()).toMatchObject({ region: "standby", epoch: before.epoch + 1 });
  await page.getByText("a drill").first().waitFor();
  await screenshot(page, "risk-lease");
  expect(JSON.stringify(await order("buy"))).toContain("STALE_EPOCH");

  await button(await take(before.region, "the drill is over"), "Take the lease").click();
  await form.waitFor({ state: "hidden" });
  expect(await lease()).toMatchObject({ region: before.region, epoch: before.epoch + 2 });
  expect(JSON.stringify(await order("buy"))).not.toContain("STALE_EPOCH");
});

test("a halt with flatten closes what the scope holds, once its name is typed right", async () => {
  const quantity = async () => {
    type Position = { algoId: string; quantity: string };
    const { items } = await platform.get<{ items: Position[] }>("/v1/positions");
    return items.find(({ algoId }) => algoId === ALGO)?.quantity ?? "0";
  };
  await until("a position", async () => Number(await quantity()) > 0, 20_000);
  await go(page, "Positions");
  await page.getByText(ALGO).first().waitFor();
  await button(page, "Kill switch").click();
  const form = dialog("Halt trading");
  await form.getByRole("combobox", { name: "Scope" }).click();
  await page.getByRole("option", { name: `algo:${ALGO}` }).click();
  await form.getByRole("textbox", { name: "Reason" }).fill("end-to-end test");
  await form.getByRole("checkbox", { name: "Flatten: close its positions too" }).check();
  const typed = form.getByRole("textbox", { name: "Type the scope to confirm" });
  const halt = button(form, "Halt and flatten");
  await typed.fill("portfolio");
  expect(await halt.isDisabled()).toBe(true);
  await typed.fill(`algo:${ALGO}`);
  await screenshot(page, "dialog-halt-flatten");
  await halt.click();
  await form.getByText(`algo:${ALGO} is halted`).waitFor();
  await screenshot(page, "dialog-halted-flat");
  expect(await form.locator("dl").textContent()).toContain("Closing orders sent1");
  await button(form, "Done").click();
  await until("a flat position", async () => (await quantity()) === "0", 20_000);
  expect(JSON.stringify(await order("buy"))).toContain("KILL_SWITCH");

  await button(page, "Resume trading").click();
  await dialog().getByRole("textbox", { name: "Reason" }).fill("end-to-end test is over");
  await button(dialog(), "Confirm resume").click();
  await dialog().waitFor({ state: "hidden" });
});

test("nothing went wrong in the browser meanwhile", () => {
  expect(troubles).toEqual([]);
});
