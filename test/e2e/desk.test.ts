/** A dead letter on a real platform: somebody is told of it, takes it on in the dashboard, and gives it up. */
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { launchBrowser, screenshot, watchedPage } from "../support/browser.ts";
import { isInSight } from "../support/dashboard.ts";
import { type Platform, startPlatform } from "../support/platform.ts";
import { until } from "../support/until.ts";

let platform: Platform;
let browser: Browser;
let receiver: Server;
let received: { at: number; body: { clientOrderId: string; label: string; path: string } }[];

beforeAll(async () => {
  received = [];
  receiver = createServer((incoming, outgoing) => {
    // Slack takes the message and never answers: that must hold up nobody else.
    if (incoming.url === "/slack") return;
    let text = "";
    incoming.on("data", (part: Buffer) => (text += part.toString()));
    incoming.on("end", () => {
      received.push({ at: Date.now(), body: JSON.parse(text) });
      outgoing.end();
    });
  });
  await new Promise<void>((done) => receiver.listen(0, "127.0.0.1", done));
  const { port } = receiver.address() as AddressInfo;
  platform = await startPlatform({
    SLACK_WEBHOOK_URL: `http://127.0.0.1:${port}/slack`,
    ALERT_WEBHOOK_URL: `http://127.0.0.1:${port}/alerts`,
    ALERT_WEBHOOK_SECRET: "signing-secret",
  });
  browser = await launchBrowser();
}, 120_000);

afterAll(async () => {
  await browser?.close();
  await platform?.stop();
  receiver?.closeAllConnections();
  receiver?.close();
});

interface Letter {
  clientOrderId: string;
  acknowledgedBy: string | null;
}

test("a dead letter is told within seconds, acknowledged and discarded in the dashboard", async () => {
  await platform.post("/v1/paper/faults", { fault: "refuse_not_accepted", count: 100 });
  const clientOrderId = crypto.randomUUID();
  const order = { instrument: "NSE:INFY", side: "buy", type: "market", quantity: 1 };
  await platform.post("/v1/orders", { clientOrderId, algoId: "by-hand", ...order });
  const letters = async () =>
    (await platform.get<{ items: Letter[] }>("/v1/dead-letters?status=open")).items;
  let seenAt = 0;
  await until(
    "a dead letter",
    async () => {
      const isThere = (await letters()).length === 1;
      if (isThere) seenAt = Date.now();
      return isThere;
    },
    60_000,
  );
  await until("the alert", () => received.length === 1, 10_000);
  expect(received[0]?.body).toMatchObject({
    clientOrderId,
    label: "not_sent",
    path: `/orders/dead-letters?letter=${clientOrderId}`,
  });
  expect((received[0]?.at ?? Infinity) - seenAt).toBeLessThan(2_000);

  const { page, troubles } = await watchedPage(browser, {
    width: 1360,
    height: 900,
    scheme: "light",
  });
  await page.goto(platform.url);
  await page.getByRole("textbox", { name: "Development key" }).fill(platform.developmentKey);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByText("A dead letter waits for somebody.").waitFor();
  troubles.length = 0;
  await page.getByRole("button", { name: "Open the desk" }).click();
  await page.getByRole("button", { name: `Open ${clientOrderId}` }).click();
  await page.getByText("shows nothing of it").waitFor();
  await screenshot(page, "desk-letter");
  await page.getByRole("button", { name: "Acknowledge" }).click();
  await page.getByText("Acknowledged by").waitFor();
  await page.getByText("A dead letter waits for somebody.").waitFor({ state: "hidden" });
  await page.getByRole("button", { name: "Executed by hand" }).click();
  await screenshot(page, "desk-executed");
  await page.getByRole("button", { name: "Back" }).click();
  await page.getByRole("button", { name: "Discard", exact: true }).click();
  await page.getByRole("textbox", { name: "Reason" }).fill("the moment has passed");
  await screenshot(page, "desk-discard");
  await page.getByRole("button", { name: "Discard order" }).click();
  await page.getByRole("dialog").waitFor({ state: "hidden" });
  await until("an empty desk", async () => (await letters()).length === 0, 10_000);
  await page.getByText("closed", { exact: true }).waitFor();
  await screenshot(page, "desk-closed");
  const ended = await platform.get<{ state: string }>(`/v1/orders/${clientOrderId}`);
  expect(ended.state).toBe("canceled");
  await page.getByRole("tab", { name: "All orders" }).click();
  const why = page.getByRole("cell", { name: "the moment has passed" });
  await why.waitFor();
  expect(await isInSight(why)).toBe(true);
  expect(troubles).toEqual([]);
}, 120_000);

test("a dead letter that was proven not sent is sent again, as one new order", async () => {
  await platform.post("/v1/paper/faults", { fault: "refuse_not_accepted", count: 100 });
  const clientOrderId = "again";
  const order = { instrument: "NSE:INFY", side: "buy", type: "market", quantity: 1 };
  await platform.post("/v1/orders", { clientOrderId, algoId: "by-hand", ...order });
  const letters = async () =>
    (await platform.get<{ items: Letter[] }>("/v1/dead-letters?status=open")).items;
  await until("a dead letter", async () => (await letters()).length === 1, 60_000);
  await platform.post("/v1/paper/faults", { fault: "refuse_not_accepted", count: 0 });

  const { page } = await watchedPage(browser, { width: 390, height: 844, scheme: "dark" });
  // As a message's link leads there.
  const place = `/orders/dead-letters?letter=${clientOrderId}`;
  await page.goto(`${platform.url}${place}#key=${platform.developmentKey}`);
  await page.getByRole("button", { name: "Send again" }).click();
  await page.getByRole("textbox", { name: "Reason" }).fill("the broker is back");
  await screenshot(page, "desk-send-again");
  await page.getByRole("button", { name: "Send order again" }).click();
  await page.getByRole("dialog").waitFor({ state: "hidden" });
  const stateOf = async (id: string) =>
    (await platform.get<{ state: string }>(`/v1/orders/${id}`)).state;
  await until("the fill", async () => (await stateOf(`${clientOrderId}-r1`)) === "filled", 10_000);
  expect(await stateOf(clientOrderId)).toBe("canceled");
  const { items } = await platform.get<{ items: { clientOrderId: string }[] }>("/v1/trades");
  expect(items.map((trade) => trade.clientOrderId)).toEqual([`${clientOrderId}-r1`]);
}, 120_000);
