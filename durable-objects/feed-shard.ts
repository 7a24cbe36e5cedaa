import { DurableObject } from "cloudflare:workers";

export class FeedShard extends DurableObject<Env> {}
