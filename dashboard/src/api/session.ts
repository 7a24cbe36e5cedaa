/**
 * Who this tab is signed in as. Behind Cloudflare Access the browser's cookie says it; in development
 * a key does. The key lives in this tab's session storage only: never in a cookie, a URL or local storage.
 */
import { createStore, useStore } from "./store.ts";

const STORAGE_NAME = "trunkline.key";

/** `refused`: the API did not take us. `expired`: Access wants a new sign-in, which only a page load can give. */
export type SessionState = "open" | "refused" | "expired";

export interface Session {
  key: string | null;
  state: SessionState;
}

/** Reads a key given once in the address, `#key=…`, and takes it out of the address bar and the history. */
function takeKeyFromAddress(): string | null {
  const key = new URLSearchParams(window.location.hash.slice(1)).get("key");
  if (!key) return null;
  window.history.replaceState(null, "", window.location.pathname + window.location.search);
  return key;
}

function startingSession(): Session {
  const given = takeKeyFromAddress();
  if (given) window.sessionStorage.setItem(STORAGE_NAME, given);
  return { key: given ?? window.sessionStorage.getItem(STORAGE_NAME), state: "open" };
}

const session = createStore<Session>(startingSession());

export const currentSession = (): Session => session.get();

export const useSession = (): Session => useStore(session);

export function signIn(key: string): void {
  window.sessionStorage.setItem(STORAGE_NAME, key);
  session.set({ key, state: "open" });
}

export function signOut(): void {
  window.sessionStorage.removeItem(STORAGE_NAME);
  session.set({ key: null, state: "refused" });
}

/** The API refused this session; what was typed stays out of storage so that a reload asks again. */
export function refuseSession(): void {
  window.sessionStorage.removeItem(STORAGE_NAME);
  session.set({ key: null, state: "refused" });
}

export function expireSession(): void {
  session.set({ ...session.get(), state: "expired" });
}
