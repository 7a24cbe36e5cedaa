/** What every request carries through the app. */
import type { OpenAPIHono } from "@hono/zod-openapi";
import type { Context } from "hono";
import type { Caller } from "../application/caller.ts";
import type { ApiPorts } from "./ports.ts";

export interface ApiEnv {
  Bindings: Env;
  Variables: {
    requestId: string;
    /** Set on every route that is not open, before its input is read. */
    caller: Caller;
    ports: ApiPorts;
    now: () => number;
  };
}

export type ApiContext = Context<ApiEnv>;

export type ApiApp = OpenAPIHono<ApiEnv>;
