/** A session at a broker that ends: seen on any page, renewed by a person in the browser, and its incident taken on. */
import type { Browser, Locator, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { PAPER_CREDENTIAL } from "../../src/brokers/paper/rules.ts";
import type { SessionView } from "../../src/contract/brokers.ts";
import type { FaultRequest } from "../../src/contract/paper.ts";
import type { IncidentView } from "../../src/contract/incidents.ts";
import { launchBrowser, screenshot, watchedPage, type Watched } from "../support/browser.ts";
import { DESKTOP, enter, go, PHONE, signIn } from "../support/dashboard.ts";
import { type Platform, startPlatform } from "../support/platform.ts";
import { until } from "../support/until.ts";

const INSTRUMENT = "NSE:INFY";
const ENDED = "The session at paper has expired";

let platform: Platform;
let browser: Browser;
/** A phone in the dark beside the desktop: the same notice is on both. */
let desktop: Watched;
let phone: Watched;

beforeAll(async () => {
  [platform, browser] = await Promise.all([startPlatform(), launchBrowser()]);
  await platform.call("/v1/watchlist", {
    method: "PUT",
    body: { items: [{ instrument: INSTRUMENT }] },
  });
  // One provider alone: what ticks then ticks by its session.
  const path = `/v1/instruments/${encodeURIComponent(INSTRUMENT)}/providers`;
  await platform.call(path, { method: "PUT", body: { ranked: ["paper"] } });
  [desktop, phone] = await Promise.all([
    watchedPage(browser, { ...DESKTOP, scheme: "light" }),
    watchedPage(browser, { ...PHONE, scheme: "dark" }),
  ]);
  for (const seen of [desktop, phone]) {
    await signIn(seen, platform);
    await go(seen.page, "Market");
  }
});

afterAll(async () => {
  await browser?.close();
  await platform?.stop();
});

const fault = (name: FaultRequest["fault"]) =>
  platform.post("/v1/paper/faults?account=paper", { fault: name, count: 1 });

const session = () => platform.get<SessionView>("/v1/brokers/paper/session");

const notice = (page: Page, text: string): Locator =>
  page.getByRole("status").filter({ hasText: text });

const button = (on: Page | Locator, name: string): Locator =>
  on.getByRole("button", { name, exact: true });

/** The price on the page changes by itself. */
async function ticks(page: Page): Promise<void> {
  const last = page.getByTestId(`watchlist-row-${INSTRUMENT}`).getByTestId("last");
  const before = await until("a price", () => last.textContent());
  await expect.poll(() => last.textContent(), { timeout: 20_000 }).not.toBe(before);
}

/** The dialog says so, and stays. The browser writes such an answer down. */
async function refused({ page, troubles }: Watched, code: string, why: string): Promise<void> {
  const form = page.getByRole("dialog");
  await button(form, "Sign in").click();
  await form.getByRole("alert").filter({ hasText: code }).filter({ hasText: why }).waitFor();
  troubles.length = 0;
}

const wide = ({ page }: Watched): Promise<boolean> =>
  page.evaluate(() => document.documentElement.scrollWidth > window.innerWidth);

test("a wrong credential is refused in the dialog while the session lives, and changes nothing of it", async () => {
  const { page } = desktop;
  await ticks(page);
  const before = await session();
  await go(page, "System");
  await button(page, "Sign in at paper").click();
  await page.getByRole("dialog").getByLabel("Another credential").fill("of-somebody-else");
  await refused(desktop, "BROKER_REJECTED", "the session of before goes on");
  expect(await session()).toEqual(before);
  await page.keyboard.press("Escape");
  await page.getByRole("dialog").waitFor({ state: "hidden" });
  await go(page, "Market");
  await ticks(page);
});

test("a session that cannot be renewed is in sight on every page, of a phone too, and the notice opens the dialog", async () => {
  await fault("reject_credentials");
  await fault("expire_session");
  for (const seen of [desktop, phone]) {
    await notice(seen.page, ENDED).waitFor();
    expect(await wide(seen)).toBe(false);
  }
  expect(await session()).toMatchObject({ state: "expired", signIn: "automatic" });
  await screenshot(desktop.page, "session-ended-light-desktop");
  await screenshot(phone.page, "session-ended-dark-phone");

  for (const seen of [desktop, phone]) {
    const { page } = seen;
    await button(notice(page, ENDED), "Sign in at paper").click();
    const form = page.getByRole("dialog", { name: "Sign in at paper" });
    await form.getByLabel("Another credential").fill("of-somebody-else");
    await refused(seen, "BROKER_SESSION_EXPIRED", "does not take this credential");
    expect(await wide(seen)).toBe(false);
  }
  await screenshot(desktop.page, "session-refused-light-desktop");
  await screenshot(phone.page, "session-refused-dark-phone");
  await desktop.page.emulateMedia({ colorScheme: "dark" });
  await screenshot(desktop.page, "session-refused-dark-desktop");
  await desktop.page.emulateMedia({ colorScheme: "light" });
});

test("the right credential signs in: the notice goes and prices come, with nothing restarted", async () => {
  const { page } = desktop;
  const { generation } = await session();
  const form = page.getByRole("dialog");
  await form.getByLabel("Another credential").fill(PAPER_CREDENTIAL);
  await button(form, "Sign in").click();
  await form.waitFor({ state: "hidden" });
  await page.getByText("Signed in at paper.").waitFor();
  for (const seen of [desktop, phone]) await notice(seen.page, ENDED).waitFor({ state: "hidden" });
  // The phone's dialog stays open over it all: what somebody types is theirs.
  await phone.page.getByRole("dialog").getByRole("alert").waitFor();
  await phone.page.keyboard.press("Escape");
  for (const seen of [desktop, phone]) await ticks(seen.page);
  expect(await session()).toMatchObject({ state: "valid", generation: generation + 1 });
});

test("an incident is taken on, once, and says by whom on every page that shows it", async () => {
  const { page } = desktop;
  const incident = async () =>
    (await platform.get<{ items: IncidentView[] }>("/v1/incidents")).items.find(
      ({ title }) => title === ENDED,
    );
  expect(await incident()).toMatchObject({ acknowledgedBy: null, severity: "critical" });
  for (const [seen, size] of [
    [desktop, DESKTOP],
    [phone, PHONE],
  ] as const) {
    await go(seen.page, "System");
    await enter(seen.page, "Alerts", size);
    await button(seen.page, `Acknowledge ${ENDED}`).waitFor();
    expect(await wide(seen)).toBe(false);
  }
  await screenshot(page, "incident-open-light-desktop");
  await screenshot(phone.page, "incident-open-dark-phone");
  await button(page, `Acknowledge ${ENDED}`).click();
  await button(page, `Acknowledge ${ENDED}`).waitFor({ state: "hidden" });
  const taken = await incident();
  expect(taken?.acknowledgedBy).not.toBeNull();
  for (const { page: on } of [desktop, phone])
    await on
      .getByRole("row")
      .or(on.getByRole("listitem"))
      .filter({ hasText: ENDED })
      .filter({ hasText: taken?.acknowledgedBy ?? "" })
      .waitFor();
  await screenshot(page, "incident-taken-light-desktop");
});

test("nothing went wrong in the browsers meanwhile", () => {
  expect([...desktop.troubles, ...phone.troubles]).toEqual([]);
});
