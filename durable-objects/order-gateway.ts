import { DurableObject } from "cloudflare:workers";

export class OrderGateway extends DurableObject<Env> {}
