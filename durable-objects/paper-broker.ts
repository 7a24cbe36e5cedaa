import { DurableObject } from "cloudflare:workers";

export class PaperBroker extends DurableObject<Env> {}
