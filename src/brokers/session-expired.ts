/** What opening a broker's socket throws when there is no session: a reason to wait for one, never to try again. */
export class SessionExpired extends Error {
  override name = "SessionExpired";
}
