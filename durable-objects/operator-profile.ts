import { DurableObject } from "cloudflare:workers";

export class OperatorProfile extends DurableObject<Env> {}
