/** Keeps a broker's secrets readable to this deployment only: AES-GCM, each sealed text bound to its name. */
import type { Vault } from "../application/vault-port.ts";
import { settings } from "./env.ts";

/** Guards play money on this machine only: production without a key of its own stores nothing. */
const DEVELOPMENT_KEY = "dGhlIGRldmVsb3BtZW50IGtleSBvZiB0cnVua2xpbmU=";

const NONCE_BYTES = 12;
const text = new TextEncoder();

export function vault(env: Env): Vault {
  const { credentialsKey, environment } = settings(env);
  const key = credentialsKey ?? (environment === "development" ? DEVELOPMENT_KEY : null);
  return key === null ? closedVault : openVault(bytesOf(key));
}

/** Exported for its tests. `raw`: 32 bytes. */
export function openVault(raw: Uint8Array<ArrayBuffer>): Vault {
  const key = crypto.subtle.importKey("raw", raw, "AES-GCM", false, ["encrypt", "decrypt"]);
  // Read where it fails; this only keeps a wrong key from being an unhandled rejection before.
  key.catch(() => {});
  return {
    canKeep: true,
    async seal(name, secret) {
      const iv = crypto.getRandomValues(new Uint8Array(NONCE_BYTES));
      const body = await crypto.subtle.encrypt(terms(name, iv), await key, text.encode(secret));
      return [iv, new Uint8Array(body)].map(base64Of).join(".");
    },
    async open(name, sealed) {
      try {
        const [iv, body] = sealed.split(".").map(bytesOf);
        if (!iv || !body) return null;
        const plain = await crypto.subtle.decrypt(terms(name, iv), await key, body);
        return new TextDecoder().decode(plain);
      } catch {
        // Which of them it was is of no use to anybody here, and none of it belongs in a log.
        return null;
      }
    },
  };
}

const terms = (name: string, iv: Uint8Array<ArrayBuffer>) => ({
  name: "AES-GCM",
  iv,
  additionalData: text.encode(name),
});

const closedVault: Vault = {
  canKeep: false,
  seal: () => Promise.reject(new Error("there is no CREDENTIALS_KEY to seal with")),
  open: () => Promise.resolve(null),
};

const bytesOf = (base64: string): Uint8Array<ArrayBuffer> =>
  Uint8Array.from(atob(base64), (char) => char.charCodeAt(0));

const base64Of = (bytes: Uint8Array): string => btoa(String.fromCharCode(...bytes));
