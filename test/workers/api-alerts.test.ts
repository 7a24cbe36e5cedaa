/** Devices that people sign up for notifications: what is taken, what is refused, and what is ever shown. */
import { expect, test } from "vitest";
import { alertsView } from "../../src/contract/alerts.ts";
import { DEVELOPMENT_KEY, errorOf, played } from "../support/workers/api.ts";
import { PUSH_DEVICE } from "../support/workers/api-routes.ts";

const PUSH = {
  WEB_PUSH_PUBLIC_KEY: `B${"A".repeat(86)}`,
  WEB_PUSH_PRIVATE_KEY: "A".repeat(43),
  WEB_PUSH_SUBJECT: "mailto:desk@example.com",
};

const call = (method: string, path: string, body?: unknown, settings: object = PUSH) =>
  played().call(method, path, { key: DEVELOPMENT_KEY, env: settings, ...(body ? { body } : {}) });

const list = async () => alertsView.parse(await (await call("GET", "/v1/alerts")).json());

test("a device is signed up once, renewed by signing up again, and removed", async () => {
  expect((await list()).push).toEqual({ publicKey: PUSH.WEB_PUSH_PUBLIC_KEY, devices: [] });
  for (const name of ["Ann's phone", "Ann's new phone"]) {
    const response = await call("POST", "/v1/alerts/devices", { ...PUSH_DEVICE, name });
    expect(response.status).toBe(200);
  }
  const [device, ...others] = (await list()).push.devices;
  expect(others).toEqual([]);
  expect(device?.name).toBe("Ann's new phone");
  const removed = await call("DELETE", `/v1/alerts/devices/${device?.id}`);
  expect(removed.status).toBe(200);
  expect((await list()).push.devices).toEqual([]);
});

test("neither a device's address nor its keys are ever shown, in the audit neither", async () => {
  await call("POST", "/v1/alerts/devices", PUSH_DEVICE);
  const shown = JSON.stringify(await list());
  const audit = await (await call("GET", "/v1/audit")).text();
  for (const text of [shown, audit]) {
    expect(text).toContain("Ann's phone");
    expect(text).not.toContain(PUSH_DEVICE.endpoint);
    expect(text).not.toContain(PUSH_DEVICE.keys.auth);
  }
});

test.each([
  "https://example.com/x",
  "http://fcm.googleapis.com/x",
  "https://fcm.googleapis.com.example.com/x",
  "https://evilfcm.googleapis.com.io/x",
  "https://user@fcm.googleapis.com/x",
  "https://fcm.googleapis.com:8443/x",
  "https://127.0.0.1/x",
  "nonsense",
])("an address that is no push service's is refused: %s", async (endpoint) => {
  const response = await call("POST", "/v1/alerts/devices", { ...PUSH_DEVICE, endpoint });
  expect(response.status).toBe(400);
  expect((await errorOf(response)).message).toContain("endpoint");
});

test("a key of the wrong length is refused, and while web push is off every device is", async () => {
  const keys = { ...PUSH_DEVICE.keys, auth: "short" };
  expect((await call("POST", "/v1/alerts/devices", { ...PUSH_DEVICE, keys })).status).toBe(400);
  const off = await call("POST", "/v1/alerts/devices", PUSH_DEVICE, {});
  expect(off.status).toBe(409);
  expect((await errorOf(off)).message).toContain("WEB_PUSH_PUBLIC_KEY");
});
