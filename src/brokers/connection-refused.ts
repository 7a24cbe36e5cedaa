/** What opening a broker's socket throws when the broker answers that it takes no further connection. */
export class ConnectionRefused extends Error {
  override name = "ConnectionRefused";
}
