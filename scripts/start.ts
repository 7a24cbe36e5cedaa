/** `npm start`: the whole platform on this machine, from set-up to Ctrl-C. It ends everything that it started. */
import { rmSync } from "node:fs";
import { EXIT_USAGE, Failure, main } from "./lib/failure.ts";
import { developmentKey } from "./lib/keys.ts";
import { defaultHome, type Home } from "./lib/paths.ts";
import { portIsFree } from "./lib/port.ts";
import type { Running } from "./lib/processes.ts";
import { dashboardStep, databaseStep, runStep, seconds, typesStep } from "./lib/steps.ts";
import { wake } from "./lib/wake.ts";
import { type LocalWorker, startWorker } from "./lib/worker.ts";
import { playCron } from "./start/cron.ts";
import { startExamples } from "./start/examples.ts";
import { leaveReplay, loadRecording, paperMarket, readRecording } from "./start/market.ts";
import { HELP, parseOptions, type StartOptions } from "./start/options.ts";
import { followRecording } from "./start/recorded-providers.ts";
import { firstWatchlist } from "./start/watchlist.ts";

type Recording = Awaited<ReturnType<typeof readRecording>>;

const say = (line: string): void => console.log(line);

/** Resolves on the first Ctrl-C or request to end; later ones find the stopping under way. */
function untilAsked(): Promise<"asked"> {
  return new Promise((resolve) => {
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
      process.on(signal, () => resolve("asked"));
    }
  });
}

function wipe(home: Home): void {
  for (const directory of [home.state, home.keys]) {
    say(`--fresh: deleting ${directory}`);
    rmSync(directory, { recursive: true, force: true });
  }
}

async function setUp(home: Home): Promise<void> {
  await runStep(typesStep, say);
  await runStep(databaseStep(home.state), say);
  await runStep(dashboardStep, say);
}

async function setUpMarket(
  worker: LocalWorker,
  key: string,
  options: StartOptions,
  recording: Recording | null,
): Promise<void> {
  const paper = paperMarket(worker.url, key);
  if (options.hours) await paper.market({ hours: options.hours });
  if (!recording) return leaveReplay(paper);
  await loadRecording(paper, recording);
  await paper.replay({ op: "start", speed: options.speed });
  say(`replay … ${recording.length} ticks of ${options.replay} at ${options.speed} × speed`);
}

function announce(url: string, home: Home): void {
  say(`
  dashboard        ${url}/
  API docs         ${url}/v1/docs
  stream           ${url.replace("http", "ws")}/v1/stream
  development key  ${home.developmentKey}
  logs             ${home.log}

  Ctrl-C ends everything.
`);
}

/** Says when an example algo ends before it was asked to. */
async function report(example: Running, stopping: () => boolean): Promise<void> {
  const code = await example.ended;
  if (!stopping()) say(`${example.name} ended with code ${code}. Its log: ${example.logFile}`);
}

/** Watches until the Worker dies or somebody asks to end. Answers the exit code. */
async function watch(
  worker: LocalWorker,
  examples: Running[],
  asked: Promise<"asked">,
): Promise<number> {
  let stopping = false;
  for (const example of examples) {
    void report(example, () => stopping);
  }
  const end = await Promise.race([asked, worker.process.ended]);
  stopping = true;
  if (end === "asked") return 0;
  say(
    `${worker.process.tail()}\nThe Worker ended with code ${end}. Its log: ${worker.process.logFile}`,
  );
  return 1;
}

async function start(options: StartOptions, began: number): Promise<number> {
  const recording = options.replay === null ? null : await readRecording(options.replay);
  if (!(await portIsFree(options.port))) {
    throw new Failure(
      `Port ${options.port} of 127.0.0.1 is in use (by another Trunkline, perhaps). ` +
        `End that, or give another: PORT=${options.port + 1} npm start`,
    );
  }
  const home = defaultHome(process.env);
  const asked = untilAsked();
  if (options.fresh) wipe(home);
  await setUp(home);
  const key = developmentKey(home);
  const worker = await startWorker({
    home,
    port: options.port,
    developmentKeyHash: key.sha256,
    vars: options.hours ? { PAPER_HOURS: options.hours } : {},
  });
  const examples: Running[] = [];
  const stopCron = playCron(worker.url, say);
  try {
    const asleep = await wake(worker.url, key.key);
    if (asleep !== null) say(`not everything is awake yet: ${asleep}`);
    await setUpMarket(worker, key.key, options, recording);
    const instruments = recording && [...new Set(recording.map((tick) => tick.instrument))];
    await followRecording(home, worker.url, key.key, instruments ?? []);
    await firstWatchlist(worker.url, key.key, instruments);
    if (options.examples) {
      await startExamples({
        home,
        url: worker.url,
        administrator: key.key,
        instruments,
        say,
        onStart: (example) => void examples.push(example),
      });
    }
    announce(worker.url, home);
    say(`started in ${seconds(performance.now() - began)}`);
    return await watch(worker, examples, asked);
  } finally {
    stopCron();
    const stopped = performance.now();
    // Algos first: with the platform gone they would only report its absence.
    await Promise.all(examples.map((example) => example.stop()));
    await worker.process.stop();
    say(`stopped in ${seconds(performance.now() - stopped)}`);
  }
}

await main(async () => {
  const began = performance.now();
  const options = parseOptions(process.argv.slice(2), process.env);
  if (!options.ok) throw new Failure(options.error, EXIT_USAGE);
  if (options.value.help) {
    say(HELP);
    return 0;
  }
  return await start(options.value, began);
});
