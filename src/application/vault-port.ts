/** What keeps a broker's secrets: whoever holds what it sealed can do nothing with it elsewhere. */
export interface Vault {
  /** False: no key is set, so nothing may be stored. */
  canKeep: boolean;
  seal(name: string, secret: string): Promise<string>;
  /** Null when it was sealed under another key or name, or is broken. */
  open(name: string, sealed: string): Promise<string | null>;
}
