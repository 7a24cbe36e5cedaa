import { DurableObject } from "cloudflare:workers";

export class Market extends DurableObject<Env> {}
