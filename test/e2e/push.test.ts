/** Web push in a real browser: what the service worker shows of a message, and what it opens when that is touched. */
import type { Browser, CDPSession, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { IncidentView } from "../../src/contract/incidents.ts";
import { launchBrowser, screenshot, watchedPage } from "../support/browser.ts";
import { type Platform, startPlatform } from "../support/platform.ts";
import { newPushKeys } from "../support/push-service.ts";
import { until } from "../support/until.ts";

let platform: Platform;
let browser: Browser;

beforeAll(async () => {
  const { publicKey, privateKey } = newPushKeys();
  platform = await startPlatform({
    WEB_PUSH_PUBLIC_KEY: publicKey,
    WEB_PUSH_PRIVATE_KEY: privateKey,
    WEB_PUSH_SUBJECT: "mailto:desk@example.com",
  });
  browser = await launchBrowser();
}, 120_000);

afterAll(async () => {
  await browser?.close();
  await platform?.stop();
});

/** The id by which the browser's debugger knows the page's service worker. */
async function registrationId(session: CDPSession): Promise<string> {
  let id = "";
  session.on("ServiceWorker.workerRegistrationUpdated", ({ registrations }) => {
    id = registrations.at(-1)?.registrationId ?? id;
  });
  await session.send("ServiceWorker.enable");
  await until("a registered service worker", async () => id !== "");
  return id;
}

/** A page that is told on this device, with what delivers a message to it as the push service would. */
async function toldPage() {
  const size = { width: 1280, height: 800 };
  const { page, troubles } = await watchedPage(browser, { ...size, scheme: "light" });
  await page.context().grantPermissions(["notifications"], { origin: platform.url });
  await page.goto(`${platform.url}/system/alerts#key=${platform.developmentKey}`);
  await page.getByRole("button", { name: "Tell me on this device" }).waitFor();
  await page.evaluate(async () => {
    await navigator.serviceWorker.register("/push-worker.js");
    await navigator.serviceWorker.ready;
  });
  const session = await page.context().newCDPSession(page);
  const id = await registrationId(session);
  const deliver = (data: string) =>
    session.send("ServiceWorker.deliverPushMessage", {
      origin: platform.url,
      registrationId: id,
      data,
    });
  return { page, troubles, deliver };
}

/** A touch of what is shown. Only a real touch lets a page be brought to the front, so that is left out. */
async function touch(page: Page): Promise<void> {
  const [worker] = page.context().serviceWorkers();
  await worker?.evaluate(async () => {
    const scope = globalThis as unknown as {
      registration: { getNotifications(): Promise<unknown[]> };
      WindowClient: { prototype: { focus(): Promise<void> } };
      NotificationEvent: new (type: string, init: { notification: unknown }) => Event;
    };
    scope.WindowClient.prototype.focus = async () => {};
    const [notification] = await scope.registration.getNotifications();
    if (notification === undefined) return;
    globalThis.dispatchEvent(new scope.NotificationEvent("notificationclick", { notification }));
  });
}

test("a message that is pushed shows as a notification of its order, one for each order", async () => {
  const { page, troubles, deliver } = await toldPage();
  const shown = () =>
    page.evaluate(async () => {
      const registration = await navigator.serviceWorker.ready;
      const notifications = await registration.getNotifications();
      return notifications.map(({ title, body, tag }) => ({ title, body, tag }));
    });
  const message = { title: "Order was not sent", body: "Why: no connection", tag: "order-1" };
  await deliver(JSON.stringify(message));
  await until("a notification", async () => (await shown()).length === 1);
  expect(await shown()).toEqual([message]);
  await deliver(JSON.stringify({ ...message, body: "Still unacknowledged" }));
  await until("the newer telling in its place", async () => {
    const [one, ...others] = await shown();
    return others.length === 0 && one?.body === "Still unacknowledged";
  });
  await deliver("this is no JSON");
  await until("a message that cannot be read shown all the same", async () =>
    (await shown()).some(({ tag }) => tag === "trunkline"),
  );
  await screenshot(page, "alerts-light");
  expect(troubles).toEqual([]);
  await page.context().close();
});

test("a touched notification opens the incident that it is about, and never another site", async () => {
  const order = { instrument: "NSE:INFY", side: "buy", quantity: "3", limitPrice: "1000" };
  await platform.post("/v1/paper/hand-orders", order);
  const incidents = async () =>
    (await platform.get<{ items: IncidentView[] }>("/v1/incidents")).items;
  await until("an incident", async () => (await incidents()).length > 0, 30_000);
  const [incident] = await incidents();
  const { page, troubles, deliver } = await toldPage();
  // The service worker leads only pages that it has loaded.
  await page.reload();
  const path = `/system/alerts?incident=${encodeURIComponent(incident?.id ?? "")}`;
  await deliver(JSON.stringify({ title: incident?.title, body: "", tag: "incident", path }));
  await until("the incident", async () => {
    await touch(page);
    return page.url().endsWith(path);
  });
  const dialog = page.getByRole("dialog", { name: "Incident" });
  await dialog.getByText(incident?.message ?? "?").waitFor();
  await screenshot(page, "incident-touched-light");
  await dialog.getByRole("button", { name: "Acknowledge" }).click();
  await dialog.getByText("Taken on by").waitFor();
  await page.keyboard.press("Escape");
  await dialog.waitFor({ state: "hidden" });
  expect(new URL(page.url()).search).toBe("");

  await deliver(JSON.stringify({ title: "A", body: "", tag: "a", path: "//evil.example/x" }));
  await until("the desk", async () => {
    await touch(page);
    return page.url() === `${platform.url}/orders/dead-letters`;
  });
  expect(troubles).toEqual([]);
  await page.context().close();
});
