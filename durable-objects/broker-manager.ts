import { DurableObject } from "cloudflare:workers";

export class BrokerManager extends DurableObject<Env> {}
