import { DurableObject } from "cloudflare:workers";

export class RiskLedger extends DurableObject<Env> {}
