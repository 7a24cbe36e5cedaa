/** `npm run chaos`: the real platform under load, a misbehaving exchange and a runtime that is killed; then all books are compared. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { BrokerView } from "../src/contract/brokers.ts";
import type { OrderView, PositionView } from "../src/contract/orders.ts";
import { PAPER_INSTRUMENTS } from "../src/brokers/paper/instruments.ts";
import { PAPER_FAULTS, type PaperView } from "../src/contract/paper.ts";
import type { RiskStatusView } from "../src/contract/risk.ts";
import { isTerminal } from "../src/domain/order-state.ts";
import { seededRandom, type Random } from "../test/support/orders/random.ts";
import { ChaosAlgo } from "./chaos/algo.ts";
import { violations, type Books } from "./chaos/audit.ts";
import { brokerBooks, tradebookBooks } from "./chaos/books.ts";
import { chaosOptions, HELP, type ChaosOptions } from "./chaos/options.ts";
import { ChaosPlatform } from "./chaos/platform.ts";
import { main } from "./lib/failure.ts";
import { homeAt } from "./lib/paths.ts";

/** Enough of them that the algos do not all stand in each other's way. */
const INSTRUMENTS = PAPER_INSTRUMENTS.filter(({ tradable }) => tradable)
  .slice(0, 20)
  .map(({ id }) => id);

/** Between two kills, between two faults, and between two firings of the cron, ms. */
const KILL_EVERY_MS = [5_000, 12_000] as const;
const FAULT_EVERY_MS = [700, 2_500] as const;
const CRON_EVERY_MS = 10_000;
const SIGN_IN_EVERY_MS = 3_000;
const PRICE_EVERY_MS = 1_000;
const REPORT_EVERY_MS = 5_000;
const FAULT_MS_MAX = 4_000;
const FAULT_COUNT_MAX = 4;

/** Longer than every deadline, back-off and sweep of an order. */
const SETTLE_MS_MAX = 180_000;
const SETTLE_POLL_MS = 2_000;

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Chance of its own for each actor: neighbouring seeds begin alike, so they are spread first. */
const stirred = (seed: number, actor: number): Random =>
  seededRandom(Math.imul(seed * 64 + actor + 1, 0x9e3779b1));

const say = (line: string): void => console.log(line);

/** Calls `act` again and again with pauses in between, until told to end; what it throws is part of the trouble. */
async function repeat(
  until: () => boolean,
  everyMs: () => number,
  act: () => Promise<void>,
): Promise<void> {
  while (!until()) {
    await pause(everyMs());
    if (!until()) await act().catch(() => {});
  }
}

interface Prices {
  of: (instrument: string) => number | null;
  refresh(platform: ChaosPlatform): Promise<void>;
}

function prices(): Prices {
  const last = new Map<string, number>();
  return {
    of: (instrument) => last.get(instrument) ?? null,
    async refresh(platform) {
      const path = `/v1/quotes?instruments=${INSTRUMENTS.join(",")}`;
      const { items } = await platform.call<{
        items: { instrument: string; last: number | null }[];
      }>(path);
      for (const { instrument, last: price } of items) if (price) last.set(instrument, price);
    },
  };
}

async function setFault(platform: ChaosPlatform, random: Random): Promise<void> {
  const fault = random.pick(PAPER_FAULTS);
  const count = random.between(1, FAULT_COUNT_MAX);
  const durationMs = random.between(200, FAULT_MS_MAX);
  await platform.call("/v1/paper/faults", { fault, count, durationMs });
}

/** Kills the runtime, or now and then asks it to end, and starts it again. */
async function restart(platform: ChaosPlatform, random: Random): Promise<"killed" | "stopped"> {
  const isKill = random.chance(0.8);
  await (isKill ? platform.kill() : platform.stop());
  await pause(random.between(0, 1_500));
  await platform.start();
  await platform.cron();
  return isKill ? "killed" : "stopped";
}

const count = (algos: readonly ChaosAlgo[], answer: string): number =>
  algos.flatMap(({ asked }) => asked).filter((intent) => intent.answer === answer).length;

async function trouble(
  platform: ChaosPlatform,
  algos: readonly ChaosAlgo[],
  market: Prices,
  options: ChaosOptions,
): Promise<{ killed: number; stopped: number }> {
  const began = performance.now();
  const isOver = (): boolean => performance.now() - began > options.seconds * 1_000;
  const faultRandom = stirred(options.seed, 1);
  const killRandom = stirred(options.seed, 2);
  const restarts = { killed: 0, stopped: 0 };
  const actEveryMs = (1_000 * options.algos) / options.rate;
  await Promise.all([
    ...algos.map((algo) =>
      repeat(
        isOver,
        () => actEveryMs,
        () => algo.act(),
      ),
    ),
    repeat(
      isOver,
      () => PRICE_EVERY_MS,
      () => market.refresh(platform),
    ),
    repeat(
      isOver,
      () => CRON_EVERY_MS,
      () => platform.cron(),
    ),
    repeat(
      isOver,
      () => SIGN_IN_EVERY_MS,
      () => signIn(platform),
    ),
    repeat(
      isOver,
      () => faultRandom.between(...FAULT_EVERY_MS),
      () => setFault(platform, faultRandom),
    ),
    repeat(
      isOver,
      () => killRandom.between(...KILL_EVERY_MS),
      async () => {
        restarts[await restart(platform, killRandom)] += 1;
      },
    ),
    repeat(
      isOver,
      () => REPORT_EVERY_MS,
      async () => {
        const passed = Math.round((performance.now() - began) / 1_000);
        const answers = `${count(algos, "accepted")} accepted, ${count(algos, "denied")} denied, ${count(algos, "open")} unanswered`;
        say(
          `${passed} s: ${answers}; killed ${restarts.killed} times, restarted ${platform.starts - 1}`,
        );
      },
    ),
  ]);
  return restarts;
}

/** A session that ended for good asks for a person: here is one, who signs in again wherever one is asked for. */
async function signIn(platform: ChaosPlatform): Promise<void> {
  for (const { broker, session } of await platform.all<BrokerView>("/v1/brokers"))
    if (session.state === "expired" || session.state === "missing")
      await platform.call(`/v1/brokers/${broker}/session`, {});
}

/** No more faults, and whoever had to be asked for has come. */
async function calm(platform: ChaosPlatform): Promise<void> {
  const { faults } = await platform.call<PaperView>("/v1/paper");
  for (const { fault } of faults) await platform.call("/v1/paper/faults", { fault, count: 0 });
  await signIn(platform);
  // Its status may go on telling of what failed last: whether all is well is asked of the books.
  await platform.cron();
}

/** Where an order may stay for good. */
const isAtRest = ({ state }: OrderView): boolean =>
  isTerminal(state) ||
  ["new", "partially_filled", "pending_trigger", "replaced", "dead_lettered"].includes(state);

/** Quiet: no faults any more. Waits until no order is on its way, and answers the ledger's orders. */
async function settle(
  platform: ChaosPlatform,
  algos: readonly ChaosAlgo[],
): Promise<{ orders: OrderView[]; positions: PositionView[] }> {
  // The market stands still from here on: what rests at the exchange goes on resting while books are compared.
  await platform.call("/v1/paper/market", { ticksPerSecond: 0 });
  const deadline = performance.now() + SETTLE_MS_MAX;
  let restingFor = 0;
  let said = "";
  for (;;) {
    let unanswered = 0;
    for (const algo of algos) unanswered += await algo.askAgain();
    await platform.cron();
    const orders = await platform.all<OrderView>("/v1/orders");
    const { outbox } = await platform.call<RiskStatusView>("/v1/risk");
    const moving = orders.filter((order) => !isAtRest(order)).length;
    // A poll finds what no stream has told: what rests must rest for longer than one.
    restingFor = moving === 0 && outbox === 0 && unanswered === 0 ? restingFor + 1 : 0;
    if (restingFor * SETTLE_POLL_MS >= 14_000 || performance.now() > deadline)
      return { orders, positions: await platform.all<PositionView>("/v1/positions") };
    const line = `settling: ${moving} orders on their way, ${outbox} rows to write, ${unanswered} unanswered`;
    if (line !== said) say(line);
    said = line;
    await pause(SETTLE_POLL_MS);
  }
}

function sayCounts(title: string, names: readonly string[]): void {
  const counts = Map.groupBy(names, (name) => name);
  const parts = [...counts]
    .toSorted(([a], [b]) => a.localeCompare(b))
    .map(([name, all]) => `${all.length} ${name}`);
  say(`${title.padEnd(12)}${parts.join(", ") || "none"}`);
}

function report(books: Books, restarts: { killed: number; stopped: number }): void {
  say(`intents     ${books.asked.length}`);
  say(`restarts    ${restarts.killed} killed, ${restarts.stopped} stopped`);
  say(`executions  ${books.brokerExecutions.length}`);
  sayCounts(
    "orders",
    books.ledger.map(({ state }) => state),
  );
  sayCounts(
    "refusals",
    books.asked.flatMap(({ code }) => code ?? []),
  );
}

async function chaos(options: ChaosOptions): Promise<number> {
  say(`seed ${options.seed}, ${options.seconds} s, ${options.algos} algos, ${options.rate}/s`);
  const home = homeAt(mkdtempSync(join(tmpdir(), "trunkline-chaos-")));
  const platform = await ChaosPlatform.at(home);
  let isClean = false;
  try {
    await platform.start();
    await platform.awake();
    await platform.call("/v1/paper/market", { ticksPerSecond: 200, seed: options.seed });
    await platform.call("/v1/brokers/paper/subscriptions", { instruments: INSTRUMENTS });
    const market = prices();
    while (INSTRUMENTS.some((instrument) => market.of(instrument) === null)) {
      await market.refresh(platform).catch(() => {});
      await pause(200);
    }
    const algos = await Promise.all(
      Array.from({ length: options.algos }, async (_, index) => {
        const algoId = `chaos-${index + 1}`;
        const random = stirred(options.seed, 3 + index);
        const key = await platform.key(algoId);
        const { url } = platform;
        return new ChaosAlgo({
          url,
          key,
          algoId,
          random,
          instruments: INSTRUMENTS,
          price: market.of,
        });
      }),
    );
    const restarts = await trouble(platform, algos, market, options);
    say("quiet: no more faults; waiting until every order has come to rest");
    await calm(platform);
    const { orders, positions } = await settle(platform, algos);
    await platform.stop();
    const books: Books = {
      asked: algos.flatMap(({ asked }) => asked),
      ledger: orders,
      positions,
      ...tradebookBooks(home),
      ...brokerBooks(home),
    };
    report(books, restarts);
    const found = violations(books);
    for (const violation of found) say(`VIOLATION  ${violation}`);
    say(`violations: ${found.length}`);
    isClean = found.length === 0;
    if (!isClean) say(`Everything was left in ${home.directory}; again: --seed ${options.seed}`);
    return isClean ? 0 : 1;
  } finally {
    await platform.kill();
    if (isClean && !options.keep) rmSync(home.directory, { recursive: true, force: true });
  }
}

await main(async () => {
  const options = chaosOptions(process.argv.slice(2), () => Math.floor(Math.random() * 1_000_000));
  if (options === null) {
    say(HELP);
    return 0;
  }
  return chaos(options);
});
