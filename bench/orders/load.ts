/**
 * Posts orders and measures how long each answer takes, as a process of its own. At a rate, each order has
 * its time by the clock and is measured from it, sent late or not: a server that stalls cannot hide it.
 */
import { Agent, request } from "node:http";
import { answerMessages } from "../lib/child.ts";

export interface LoadMessage {
  url: string;
  path: string;
  method: "POST" | "GET";
  keys: string[];
  instruments: { instrument: string; limitPrice: number }[];
  /** Orders a second; null: as fast as `concurrency` allows. */
  ratePerSecond: number | null;
  concurrency: number;
  seconds: number;
  /** Makes the ids of this run its own. */
  run: string;
  /** Answers when each order was due, sent and answered, too. */
  isTraced?: boolean;
}

export interface LoadAnswer {
  answered: number;
  perSecond: number;
  /** In ms, with fractions. */
  p50Ms: number | null;
  p99Ms: number | null;
  /** Answers other than 200 and 201, by status and code. */
  refused: Record<string, number>;
  /** By client order id, ms since 1970; only of a traced run. */
  times?: Record<string, { due: number; answered: number }>;
}

/** An answer that takes longer is no answer. */
const TIMEOUT_MS = 10_000;

const agent = new Agent({ keepAlive: true, maxSockets: 256, maxFreeSockets: 256 });

function send(load: LoadMessage, number: number): Promise<string | null> {
  const key = load.keys[number % load.keys.length] ?? "";
  const order = load.instruments[number % load.instruments.length];
  const body =
    load.method === "GET"
      ? ""
      : JSON.stringify({
          clientOrderId: `${load.run}-${number}`,
          side: "buy",
          type: "limit",
          quantity: 1,
          timeInForce: "gtc",
          ...order,
        });
  const { promise, resolve } = Promise.withResolvers<string | null>();
  const asked = request(`${load.url}${load.path}`, {
    method: load.method,
    agent,
    timeout: TIMEOUT_MS,
    headers: {
      authorization: `Bearer ${key}`,
      ...(body && {
        "content-type": "application/json",
        "content-length": Buffer.byteLength(body),
      }),
    },
  });
  asked.on("response", (response) => {
    let text = "";
    response.setEncoding("utf8");
    response.on("data", (part: string) => (text += part));
    response.on("end", () => {
      const { statusCode = 0 } = response;
      if (statusCode === 200 || statusCode === 201) return resolve(null);
      resolve(`${statusCode} ${/"code":"(\w+)"/.exec(text)?.[1] ?? ""}`.trim());
    });
  });
  asked.on("timeout", () => asked.destroy(new Error("timeout")));
  asked.on("error", (error) => resolve(error.message));
  asked.end(body);
  return promise;
}

function percentile(sorted: number[], share: number): number | null {
  const value = sorted[Math.min(sorted.length - 1, Math.ceil(sorted.length * share) - 1)];
  return value === undefined ? null : Math.round(value * 100) / 100;
}

async function measure(load: LoadMessage): Promise<LoadAnswer> {
  const latencies: number[] = [];
  const refused: Record<string, number> = {};
  const times: LoadAnswer["times"] = {};
  const began = performance.now();
  const endsAt = began + load.seconds * 1_000;
  let number = 0;
  const one = async (from: number): Promise<void> => {
    const mine = number;
    number += 1;
    const refusal = await send(load, mine);
    const answered = performance.now();
    const due = performance.timeOrigin + from;
    if (load.isTraced)
      times[`${load.run}-${mine}`] = { due, answered: performance.timeOrigin + answered };
    if (refusal === null) latencies.push(answered - from);
    else refused[refusal] = (refused[refusal] ?? 0) + 1;
  };
  if (load.ratePerSecond === null) {
    const worker = async (): Promise<void> => {
      while (performance.now() < endsAt) await one(performance.now());
    };
    await Promise.all(Array.from({ length: load.concurrency }, worker));
  } else await atRate(load, load.ratePerSecond, began, endsAt, one);
  const passed = (performance.now() - began) / 1_000;
  const sorted = latencies.toSorted((a, b) => a - b);
  return {
    answered: sorted.length,
    perSecond: Math.round(sorted.length / passed),
    p50Ms: percentile(sorted, 0.5),
    p99Ms: percentile(sorted, 0.99),
    refused,
    ...(load.isTraced && { times }),
  };
}

async function atRate(
  load: LoadMessage,
  rate: number,
  began: number,
  endsAt: number,
  one: (from: number) => Promise<void>,
): Promise<void> {
  const open = new Set<Promise<void>>();
  const total = Math.floor(load.seconds * rate);
  let due = 0;
  while (due < total) {
    const now = performance.now();
    while (due < total && began + (due * 1_000) / rate <= now) {
      const sent = one(began + (due * 1_000) / rate);
      open.add(sent);
      void sent.then(() => open.delete(sent));
      due += 1;
    }
    if (now > endsAt + TIMEOUT_MS) break;
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  await Promise.all(open);
}

answerMessages(measure);
