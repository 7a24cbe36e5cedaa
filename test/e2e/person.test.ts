/** A broker at which a person has to sign in, from the first order that is refused for it to the one that passes. */
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { SessionView } from "../../src/contract/brokers.ts";
import { launchBrowser, screenshot, watchedPage, type Watched } from "../support/browser.ts";
import { DESKTOP, go, signIn } from "../support/dashboard.ts";
import { type Platform, startPlatform } from "../support/platform.ts";
import { until } from "../support/until.ts";

const INSTRUMENT = "NSE:INFY";

let platform: Platform;
let browser: Browser;
let desktop: Watched;

beforeAll(async () => {
  [platform, browser] = await Promise.all([
    startPlatform({ PAPER_SIGN_IN: "person" }),
    launchBrowser(),
  ]);
  desktop = await watchedPage(browser, { ...DESKTOP, scheme: "light" });
  await signIn(desktop, platform);
});

afterAll(async () => {
  await browser?.close();
  await platform?.stop();
});

const session = () => platform.get<SessionView>("/v1/brokers/paper/session");

const ticket = (page: Page) => page.getByRole("form", { name: "Order ticket" });

const press = (page: Page, name: string): Promise<void> =>
  ticket(page).getByRole("button", { name }).click();

test("an order before the first sign-in says that nobody has signed in, once, however it is asked", async () => {
  const { page } = desktop;
  await go(page, "Orders");
  const field = ticket(page).getByRole("combobox", { name: "Instrument" });
  await field.or(ticket(page).getByRole("textbox", { name: "Instrument" })).fill(INSTRUMENT);
  await ticket(page).getByRole("textbox", { name: "Quantity" }).fill("1");
  await ticket(page).getByRole("textbox", { name: "Limit price" }).fill("1.05");
  const refusals = ticket(page).getByRole("alert");
  const submit = ticket(page).getByRole("button", { name: "Place buy order" });
  for (const name of ["Check", "Place buy order", "Check"]) {
    const answered = page.waitForResponse((response) => response.status() === 503);
    await press(page, name);
    await answered;
    // Neither button waits for an answer any more: what there is to say is said.
    await expect.poll(() => submit.isEnabled()).toBe(true);
    await expect.poll(() => ticket(page).locator("[data-loading]").count()).toBe(0);
    await refusals.filter({ hasText: "nobody has signed in yet" }).first().waitFor();
    expect([name, await refusals.count()]).toEqual([name, 1]);
  }
  await screenshot(page, "person-refused-light-desktop");
  // The browser writes such answers down.
  desktop.troubles.length = 0;
});

test("the dialog fetches a request token from the paper exchange, and with it prices and orders pass", async () => {
  const { page } = desktop;
  await page.getByRole("button", { name: "Sign in at paper" }).click();
  const form = page.getByRole("dialog", { name: "Sign in at paper" });
  await form.getByLabel("Request token", { exact: true }).fill("of-somebody-else");
  await form.getByRole("button", { name: "Sign in", exact: true }).click();
  await form.getByRole("alert").filter({ hasText: "handed out no such request token" }).waitFor();
  await form.getByRole("button", { name: "Fetch a request token" }).click();
  await form.getByRole("alert").waitFor({ state: "hidden" });
  await screenshot(page, "person-sign-in-light-desktop");
  await form.getByRole("button", { name: "Sign in", exact: true }).click();
  await page.getByText("Signed in at paper.").waitFor();
  expect(await session()).toMatchObject({ signIn: "person", generation: 1 });
  await platform.call(`/v1/instruments/${encodeURIComponent(INSTRUMENT)}/providers`, {
    method: "PUT",
    body: { ranked: ["paper"] },
  });
  const order = { clientOrderId: "person-1", algoId: "first", instrument: INSTRUMENT };
  const asked = { ...order, side: "buy", type: "market", quantity: "1" };
  const placed = await until("an order that passes", async () => {
    const { status } = await platform.call("/v1/orders", { body: asked });
    return status < 300 ? status : null;
  });
  expect(placed).toBe(201);
  await until("its fill", async () => {
    const { state } = await platform.get<{ state: string }>("/v1/orders/person-1");
    return state === "filled";
  });
  desktop.troubles.length = 0;
  await go(page, "Market");
  expect(desktop.troubles).toEqual([]);
});
