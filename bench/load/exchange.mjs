/**
 * Stands in for the paper exchange's object while the platform is measured: passes everything to the
 * feed process, so that making ticks costs the runtime nothing, as with a real broker.
 */
import { DurableObject } from "cloudflare:workers";

export class Exchange extends DurableObject {
  async fetch(request) {
    const { pathname, search } = new URL(request.url);
    return fetch(`${this.env.FEED_URL}${pathname}${search}`, request);
  }
}

export default { fetch: () => new Response("only objects live here", { status: 404 }) };
