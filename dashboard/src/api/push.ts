/** Whether and how this browser is told by web push. Pages ask here; the browser's own objects stay behind it. */
import type { PushDeviceRequest } from "../../../src/contract/alerts.ts";
import { ApiFailure } from "./client.ts";

const WORKER = "/push-worker.js";

export const canPush = (): boolean =>
  "serviceWorker" in navigator && "PushManager" in globalThis && "Notification" in globalThis;

/** The device's address at its push service; null while it is not signed up. */
export async function ownEndpoint(): Promise<string | null> {
  const registration = await navigator.serviceWorker.getRegistration(WORKER);
  return (await registration?.pushManager.getSubscription())?.endpoint ?? null;
}

/** What went wrong, in words for the person at this device. */
const refused = (message: string): ApiFailure => new ApiFailure("BROWSER", message);

/** Asks the person, then the browser's push service. Throws an `ApiFailure` when either says no. */
export async function signUp(publicKey: string): Promise<Omit<PushDeviceRequest, "name">> {
  if ((await Notification.requestPermission()) !== "granted")
    throw refused("This browser does not allow notifications of this page.");
  await navigator.serviceWorker.register(WORKER);
  const registration = await navigator.serviceWorker.ready;
  const held = await registration.pushManager.getSubscription();
  // One that was made for another deployment's key cannot be told by this one.
  await held?.unsubscribe();
  const made = await registration.pushManager
    .subscribe({ userVisibleOnly: true, applicationServerKey: publicKey })
    .catch(() => {
      throw refused("The browser's push service could not be reached.");
    });
  const { keys } = made.toJSON();
  const { p256dh, auth } = keys ?? {};
  if (p256dh === undefined || auth === undefined)
    throw refused("The browser gave no keys for its notifications.");
  return { endpoint: made.endpoint, keys: { p256dh, auth } };
}

export async function signOff(): Promise<void> {
  const registration = await navigator.serviceWorker.getRegistration(WORKER);
  await (await registration?.pushManager.getSubscription())?.unsubscribe();
}

/** The device's id as the API makes it: the start of the SHA-256 of its address. */
export async function deviceId(endpoint: string): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(endpoint));
  const hex = Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, "0"));
  return hex.join("").slice(0, 16);
}
