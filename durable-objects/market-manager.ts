import { DurableObject } from "cloudflare:workers";

export class MarketManager extends DurableObject<Env> {}
