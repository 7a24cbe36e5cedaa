/** How people are told: which channels are on, and the devices that they signed up. */
import { createRoute } from "@hono/zod-openapi";
import { z } from "zod";
import { callerName } from "../../application/order-access.ts";
import { alertsView, pushDeviceRequest, pushDeviceView } from "../../contract/alerts.ts";
import { PUSH_DEVICES_MAX } from "../../domain/alert-limits.ts";
import { alertChannels } from "../../platform/alerts.ts";
import {
  addPushDevice,
  allPushDevices,
  pushDeviceView as viewOf,
  removePushDevice,
} from "../../storage/push-devices.ts";
import type { ApiApp } from "../context.ts";
import { fail } from "../error-handler.ts";
import { sha256 } from "../key.ts";
import { answer, body, ERRORS, type Gate } from "../route.ts";

const tags = ["Desk"];
const params = z.object({ id: z.string().regex(/^[0-9a-f]{16}$/, "must be a device's id") });

export function alertRoutes(app: ApiApp, gate: Gate): void {
  app.openapi(
    createRoute({
      method: "get",
      path: "/v1/alerts",
      summary: "How people are told: channels, and devices signed up",
      tags,
      ...gate("read", ["person"]),
      responses: { 200: answer(alertsView), ...ERRORS },
    }),
    async (c) => {
      const { states: channels, pushKey: publicKey } = alertChannels(c.env);
      const devices = (await allPushDevices(c.get("ports").book)).map(viewOf);
      return c.json({ channels, push: { publicKey, devices } }, 200);
    },
  );

  app.openapi(
    createRoute({
      method: "post",
      path: "/v1/alerts/devices",
      summary: "Sign a browser up for notifications; again renews it",
      tags,
      ...gate("trade", ["person"]),
      request: { body: body(pushDeviceRequest) },
      responses: { 200: answer(pushDeviceView), ...ERRORS },
    }),
    async (c) => {
      if (alertChannels(c.env).pushKey === null)
        throw fail("CONFLICT", "Web push is off: set WEB_PUSH_PUBLIC_KEY and its companions.");
      const { name, endpoint, keys } = c.req.valid("json");
      const { book } = c.get("ports");
      const id = (await sha256(endpoint)).slice(0, 16);
      const known = await allPushDevices(book);
      const before = known.find((device) => device.id === id);
      if (!before && known.length >= PUSH_DEVICES_MAX)
        throw fail("CONFLICT", `${PUSH_DEVICES_MAX} devices are signed up: remove one first.`);
      const person = callerName(c.get("caller"));
      const createdAt = before?.createdAt ?? c.get("now")();
      const device = { id, endpoint, ...keys, person, name, createdAt };
      await addPushDevice(book, device);
      return c.json(viewOf(device), 200);
    },
  );

  app.openapi(
    createRoute({
      method: "delete",
      path: "/v1/alerts/devices/{id}",
      summary: "Tell a device no more",
      tags,
      ...gate("trade", ["person"]),
      request: { params },
      responses: { 200: answer(pushDeviceView), ...ERRORS },
    }),
    async (c) => {
      const { id } = c.req.valid("param");
      const by = callerName(c.get("caller"));
      const removed = await removePushDevice(c.get("ports").book, id, by, c.get("now")());
      if (!removed) throw fail("NOT_FOUND", `There is no device ${id}.`);
      return c.json(removed, 200);
    },
  );
}
