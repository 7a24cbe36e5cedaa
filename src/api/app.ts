/** The HTTP surface: one Hono app, its routes by resource. `/health` and the documents are open; all else names its callers. */
import { OpenAPIHono } from "@hono/zod-openapi";
import { methodNotAllowed } from "hono/method-not-allowed";
import { requestId } from "hono/request-id";
import { z } from "zod";
import type { Log } from "../application/log.ts";
import { issueText } from "../contract/issue-text.ts";
import { logger } from "../platform/logger.ts";
import { type AccessKeys, remoteAccessKeys } from "./access-token.ts";
import type { ApiApp, ApiEnv } from "./context.ts";
import { badInput, errorHandler, errorResponse } from "./error-handler.ts";
import { instrumentMaster } from "./instrument-master.ts";
import { keyCache } from "./key-cache.ts";
import { bodyLimit } from "./middleware/body-limit.ts";
import { caller } from "./middleware/caller.ts";
import { origin } from "./middleware/origin.ts";
import { rateLimit } from "./middleware/rate-limit.ts";
import { responseHeaders } from "./middleware/response-headers.ts";
import { type ApiPorts, apiPorts } from "./ports.ts";
import { gate } from "./route.ts";
import { alertRoutes } from "./routes/alerts.ts";
import { brokerRoutes } from "./routes/brokers.ts";
import { brokerSessionRoutes } from "./routes/broker-session.ts";
import { deadLetterRoutes } from "./routes/dead-letters.ts";
import { deskRoutes } from "./routes/desk.ts";
import { documentRoutes } from "./routes/documents.ts";
import { feedProviderRoutes } from "./routes/feed-providers.ts";
import { healthRoutes } from "./routes/health.ts";
import { incidentRoutes } from "./routes/incidents.ts";
import { keyRoutes } from "./routes/keys.ts";
import { marketDataRoutes } from "./routes/market-data.ts";
import { marketRoutes } from "./routes/markets.ts";
import { operationsRoutes } from "./routes/operations.ts";
import { wayOutRoutes } from "./routes/way-out.ts";
import { orderRoutes } from "./routes/orders.ts";
import { paperRoutes } from "./routes/paper.ts";
import { portfolioRoutes } from "./routes/portfolio.ts";
import { qualityRoutes } from "./routes/quality.ts";
import { reconciliationRoutes } from "./routes/reconciliations.ts";
import { recordingRoutes } from "./routes/recordings.ts";
import { riskControlRoutes } from "./routes/risk-controls.ts";
import { riskRoutes } from "./routes/risk.ts";
import { signalRoutes } from "./routes/signals.ts";
import { streamRoutes } from "./routes/stream.ts";

// A schema without words of its own is explained in ours, on every route.
z.config({ customError: issueText });

/** What a test may put in place of the real thing. */
export interface AppParts {
  ports: (env: Env) => ApiPorts;
  now: () => number;
  accessKeys: AccessKeys;
  log: Log;
}

export function createApp(parts: Partial<AppParts> = {}): ApiApp {
  const { ports = apiPorts, now = Date.now, accessKeys = remoteAccessKeys } = parts;
  const { log = logger({ component: "api" }) } = parts;
  const app: ApiApp = new OpenAPIHono<ApiEnv>({
    defaultHook: (result) => {
      if (!result.success) throw badInput(result.error, result.target);
    },
  });
  app.onError(errorHandler(log));
  app.notFound((c) => {
    const message = `There is no ${c.req.method} ${c.req.path}; see /v1/docs.`;
    return errorResponse(c, { code: "NOT_FOUND", message, details: null });
  });

  app.use(requestId({ limitLength: 64 }));
  app.use(responseHeaders);
  app.use(notAllowed(app));
  app.use(async (c, next) => {
    c.set("ports", ports(c.env));
    c.set("now", now);
    await next();
  });
  app.use(origin, bodyLimit);

  const keys = keyCache(now, log);
  const guard = gate(caller(keys, accessKeys), rateLimit());
  healthRoutes(app);
  operationsRoutes(app, guard);
  const master = instrumentMaster();
  marketDataRoutes(app, guard, master);
  qualityRoutes(app, guard, master);
  recordingRoutes(app, guard);
  streamRoutes(app, guard);
  marketRoutes(app, guard);
  signalRoutes(app, guard);
  feedProviderRoutes(app, guard);
  brokerRoutes(app, guard);
  brokerSessionRoutes(app, guard);
  wayOutRoutes(app, guard);
  orderRoutes(app, guard);
  portfolioRoutes(app, guard);
  riskRoutes(app, guard);
  riskControlRoutes(app, guard);
  deadLetterRoutes(app, guard);
  incidentRoutes(app, guard);
  deskRoutes(app, guard);
  reconciliationRoutes(app, guard);
  alertRoutes(app, guard);
  keyRoutes(app, guard, keys);
  paperRoutes(app, guard);
  documentRoutes(app);
  return app;
}

/** A path that exists under another method says which. */
const notAllowed = (app: ApiApp) =>
  methodNotAllowed({
    app,
    onMethodNotAllowed: (c, methods) => {
      const allow = methods.join(", ");
      const message = `${c.req.path} takes ${allow}.`;
      const response = errorResponse(c, { code: "METHOD_NOT_ALLOWED", message, details: null });
      response.headers.set("allow", allow);
      return response;
    },
  });
