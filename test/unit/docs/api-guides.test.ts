/** What docs/api.md and docs/stream.md show is what the contract takes and gives. */
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { drainRequest, feedRequest, subscriptionsRequest } from "../../../src/contract/brokers.ts";
import { errorBody } from "../../../src/contract/errors.ts";
import { keyRequest, profileRequest, watchlistRequest } from "../../../src/contract/operations.ts";
import {
  cancelAllRequest,
  closeAllRequest,
  closePositionRequest,
  orderChangeRequest,
  orderRequest,
} from "../../../src/contract/orders.ts";
import { faultRequest, marketRequest } from "../../../src/contract/paper.ts";
import { cleaningRequest } from "../../../src/contract/quality.ts";
import { killSwitchRequest, limitsRequest } from "../../../src/contract/risk.ts";
import {
  algoRequest,
  restrictionRequest,
  tradingStateRequest,
  tripsRequest,
} from "../../../src/contract/risk-controls.ts";
import { streamMessage, streamRequest } from "../../../src/contract/stream.ts";
import * as general from "../../../src/domain/limits.ts";
import * as ofMarkets from "../../../src/domain/market-limits.ts";
import { ROWS } from "../../support/workers/api-routes.ts";

const limits = { ...general, ...ofMarkets };

const api = readFileSync("docs/api.md", "utf8");
const stream = readFileSync("docs/stream.md", "utf8");

/** Fenced blocks of one language. */
const blocks = (text: string, language: string): string[] =>
  [...text.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\``, "gms"))].map(
    ([, block]) => block ?? "",
  );

const lines = (text: string, language: string): string[] =>
  blocks(text, language).flatMap((block) => block.split("\n").filter(Boolean));

describe("the guide to the stream", () => {
  test.each(lines(stream, "json"))("shows a frame that may come: %s", (line) => {
    expect(streamMessage.safeParse(JSON.parse(line)).error).toBeUndefined();
  });

  test("shows every frame that may come", () => {
    const shown = lines(stream, "json").map((line) => String(JSON.parse(line).type));
    const known = streamMessage.options.map((option) => option.shape.type.value);
    expect([...new Set(shown)].sort()).toEqual([...known].sort());
  });

  test.each([...stream.matchAll(/^\| `(\{.*?\})` \|/gm)].map(([, frame]) => frame ?? ""))(
    "shows a frame that may be sent: %s",
    (frame) => {
      expect(streamRequest.safeParse(JSON.parse(frame)).error).toBeUndefined();
    },
  );

  test("names the bounds as they are", () => {
    const text = stream.replaceAll(",", "");
    for (const bound of [
      `${limits.STREAM_INSTRUMENTS_MAX} instruments`,
      `${limits.STREAM_HISTORY_BARS_MAX} bars`,
      `${limits.STREAM_FRAME_BYTES_MAX} bytes`,
      `${limits.STREAM_MESSAGES_PER_SECOND_MAX} a second`,
      `${limits.STREAM_BUFFERED_BYTES_CONFLATE / 2 ** 20} MiB`,
      `${limits.STREAM_BUFFERED_BYTES_CLOSE / 2 ** 20} MiB`,
      `${limits.STREAM_UNACKNOWLEDGED_FRAMES_MAX} unacknowledged`,
      `${limits.STREAM_UNACKNOWLEDGED_CHARACTERS_MAX / 2 ** 20} Mi unacknowledged`,
      `${limits.LAGGING_MS_MAX / 1_000} s`,
      String(limits.CLOSE_SLOW_CONSUMER),
      String(limits.CLOSE_MOVED),
      String(limits.CLOSE_KEY_REVOKED),
      `${limits.STREAM_REQUEST_BARS_MAX} bars of history`,
      `${limits.STREAM_REQUESTS_PENDING_MAX} of a socket wait`,
      `${limits.MARKET_HISTORY_BARS_MAX} bars that are not sent`,
      `up to ${limits.SMALL_HISTORY_BARS_MAX} bars`,
      `${limits.MARKET_LIVE_BARS_MAX} live bars`,
      `counts ${limits.LIVE_BARS_OF_SERIES["1s"]} a longer one ${limits.LIVE_BARS_OF_SERIES["1m"]}`,
      `${limits.STREAM_KEY_INSTRUMENTS_MAX} instruments`,
      `${limits.STREAM_KEY_MESSAGES_PER_SECOND_MAX} a second`,
      `${limits.SIGNAL_VALUE_BYTES_MAX} bytes`,
      `${limits.SIGNAL_TOPICS_PER_SOCKET_MAX} topics`,
      `${limits.SIGNALS_PER_SECOND_MAX} signals a second`,
      `${limits.ORDERS_CATCH_UP_MAX} order events`,
    ])
      expect(text).toContain(bound);
  });
});

const BODIES: Record<string, z.ZodType> = {
  "POST /v1/keys": keyRequest,
  "POST /v1/brokers/paper/subscriptions": subscriptionsRequest,
  "PUT /v1/brokers/paper/feed": feedRequest,
  "PUT /v1/brokers/paper/shards/2/drain": drainRequest,
  "PUT /v1/brokers/paper/drain": drainRequest,
  "DELETE /v1/brokers/paper/limits": z.strictObject({}),
  "POST /v1/orders": orderRequest,
  "PATCH /v1/orders/$ID": orderChangeRequest,
  "POST /v1/orders/cancel-all": cancelAllRequest,
  "POST /v1/positions/close": closePositionRequest,
  "POST /v1/positions/close-all": closeAllRequest,
  "DELETE /v1/orders/$ID": z.strictObject({}),
  "PUT /v1/instruments/NSE:INFY/cleaning": cleaningRequest,
  "DELETE /v1/instruments/NSE:INFY/cleaning": z.strictObject({}),
  "PUT /v1/risk/limits": limitsRequest,
  "POST /v1/algos": algoRequest,
  "POST /v1/risk/restrictions": restrictionRequest,
  "DELETE /v1/risk/restrictions": restrictionRequest,
  "PUT /v1/risk/trading-state": tradingStateRequest,
  "PUT /v1/risk/trips": tripsRequest,
  "POST /v1/kill-switch": killSwitchRequest,
  "POST /v1/kill-switch/reset": killSwitchRequest,
  "PUT /v1/watchlist": watchlistRequest,
  "PUT /v1/profile": profileRequest,
  "POST /v1/paper/market": marketRequest,
  "POST /v1/paper/faults": faultRequest,
};

describe("the guide to the API", () => {
  const commands = lines(api, "sh");

  test.each(commands.filter((line) => line.startsWith("send ")))(
    "sends what is taken: %s",
    (line) => {
      const [, method = "", path = "", body = ""] = /^send (\w+) (\S+) '(.*)'$/.exec(line) ?? [];
      const sent: unknown = JSON.parse(body.replace("'$ID'", "try-1"));
      const schema = BODIES[`${method} ${path}`] ?? z.never();
      expect(schema.safeParse(sent).error).toBeUndefined();
      expect(routeOf(method, path)).toBeDefined();
    },
  );

  test.each(commands.filter((line) => line.startsWith("get ")))(
    "reads what there is: %s",
    (line) => {
      const [, path = ""] = /^get "?([^"\s?]+)/.exec(line) ?? [];
      expect(routeOf("GET", path)).toBeDefined();
    },
  );

  test("shows an error in its one shape", () => {
    const [shown = ""] = blocks(api, "json");
    expect(errorBody.strict().safeParse(JSON.parse(shown)).error).toBeUndefined();
  });

  test("names the bounds as they are", () => {
    const text = api.replaceAll(",", "");
    for (const bound of [
      `${limits.REQUEST_BODY_BYTES_MAX} bytes`,
      `${limits.API_REQUESTS_PER_SECOND} requests a second`,
      `1 to ${limits.PAGE_ROWS_MAX} ${limits.PAGE_ROWS_DEFAULT} by default`,
    ])
      expect(text).toContain(bound);
    // In words there: two seconds, ten seconds.
    expect([limits.KILL_SWITCH_HOLD_MS, limits.API_KEY_CACHE_MS]).toEqual([2_000, 10_000]);
  });
});

/** The route of the table that a path of the guide means. */
const routeOf = (method: string, path: string) =>
  ROWS.find((row) => {
    const template = row.name.split(" ")[1] ?? "";
    const pattern = new RegExp(`^${template.replaceAll(/\{\w+\}/g, "[^/]+")}$`);
    return row.method === method && pattern.test(path);
  });
