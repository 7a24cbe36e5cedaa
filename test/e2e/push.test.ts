/** Web push in a real browser: what the service worker shows of a message, and what the page says while web push is off and on. */
import type { Browser, CDPSession } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
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

test("a message that is pushed shows as a notification of its order, one for each order", async () => {
  const { page, troubles } = await watchedPage(browser, {
    width: 1280,
    height: 800,
    scheme: "light",
  });
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
