/**
 * What Cloudflare asks, read on 2026-11-20; US dollars, the Workers Paid plan. When a price changes, this
 * is the only file that does.
 */

export interface Meter {
  /** What one unit is, in words. */
  unit: string;
  /** Units of a month that the plan's base price holds. */
  included: number;
  /** Dollars for `per` further units. */
  price: number;
  per: number;
  source: string;
}

export const PRICES_READ_ON = "2026-11-20";

/** The plan itself, per month. */
export const BASE_PRICE = 5;

const WORKERS = "https://developers.cloudflare.com/workers/platform/pricing/";
const OBJECTS = "https://developers.cloudflare.com/durable-objects/platform/pricing/";
const R2 = "https://developers.cloudflare.com/r2/pricing/";

const MILLION = 1_000_000;

export const METERS = {
  workerRequests: {
    unit: "Worker requests",
    included: 10 * MILLION,
    price: 0.3,
    per: MILLION,
    source: WORKERS,
  },
  workerCpu: {
    unit: "Worker CPU, ms",
    included: 30 * MILLION,
    price: 0.02,
    per: MILLION,
    source: WORKERS,
  },
  objectRequests: {
    unit: "object requests",
    included: MILLION,
    price: 0.15,
    per: MILLION,
    source: OBJECTS,
  },
  objectDuration: {
    unit: "object duration, GB-s",
    included: 400_000,
    price: 12.5,
    per: MILLION,
    source: OBJECTS,
  },
  rowsRead: {
    unit: "rows read",
    included: 25_000 * MILLION,
    price: 0.001,
    per: MILLION,
    source: OBJECTS,
  },
  rowsWritten: {
    unit: "rows written",
    included: 50 * MILLION,
    price: 1,
    per: MILLION,
    source: OBJECTS,
  },
  r2Writes: {
    unit: "R2 operations, class A",
    included: MILLION,
    price: 4.5,
    per: MILLION,
    source: R2,
  },
  r2Storage: { unit: "R2 storage, GB-month", included: 10, price: 0.015, per: 1, source: R2 },
} satisfies Record<string, Meter>;

export type MeterName = keyof typeof METERS;

/** Messages on an object's incoming socket are billed as one request for so many; outgoing ones are free. */
export const MESSAGES_PER_REQUEST = 20;

/** An object that is awake is billed for this much memory, whatever it uses. */
export const OBJECT_GIGABYTES = 0.128;
