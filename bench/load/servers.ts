/** The three servers that are measured side by side, each started anew with a feed of its own. */
import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort } from "../../scripts/lib/port.ts";
import { Child } from "../lib/child.ts";
import { followOneProvider } from "../lib/one-provider.ts";
import { type Runtime, startRuntime } from "../lib/runtime.ts";
import type { HubPorts } from "./hub.ts";
import type { ClientsMessage, FeedMessage, FeedPort, ServerKind } from "./protocol.ts";

export interface Server {
  kind: ServerKind;
  /** Where clients connect. */
  url: string;
  /** Sockets take these in turns, because each key may open only so many a second; none is asked for by others. */
  keys: string[];
  /** Process of the server itself. */
  pid: number;
  feed: Child<FeedMessage>;
  /** Trunkline's only. */
  runtime: Runtime | null;
  stop(): Promise<void>;
}

export const LABELS: Record<ServerKind, string> = {
  trunkline: "Trunkline",
  nats: "nats-server",
  hub: "plain ws hub",
};

/** Five thousand sockets in some seconds, against the burst that one caller is allowed. */
const KEYS = 50;

const NATS_READY_MS = 5_000;
const NATS_POLL_MS = 20;

const script = (name: string): string => join(import.meta.dirname, name);

const startFeed = (): Child<FeedMessage> => new Child("the feed", script("feed.ts"));

export const startClients = (): Child<ClientsMessage> =>
  new Child("a process of clients", script("clients.ts"));

/** The program, or null where it is not installed. `NATS_SERVER` names another one. */
export function natsProgram(): { path: string; version: string } | null {
  const path = process.env["NATS_SERVER"] ?? "nats-server";
  const { status, stdout, stderr } = spawnSync(path, ["--version"], { encoding: "utf8" });
  if (status !== 0) return null;
  return { path, version: `${stdout}${stderr}`.trim().replace(/^nats-server: /, "") };
}

export const NATS_HELP =
  "nats-server is not installed: measured without it. On Debian and Ubuntu: apt-get install nats-server; " +
  "elsewhere put the program in the PATH or name it in NATS_SERVER.";

async function startTrunkline(instruments: number, isCounting: boolean): Promise<Server> {
  const feed = startFeed();
  const { port } = await feed.ask<FeedPort>({
    op: "start",
    target: "trunkline",
    port: 0,
    instruments,
  });
  const exchange = {
    script: readFileSync(script("exchange.mjs"), "utf8"),
    bindings: { FEED_URL: `http://127.0.0.1:${port}` },
  };
  const runtime = await startRuntime({ exchange, isCounting });
  // What is billed is counted as the platform comes; what is timed has one feed, as the others have.
  if (!isCounting) await followOneProvider(runtime.platform);
  const keys: string[] = [];
  for (let number = 1; number <= KEYS; number += 1)
    keys.push(await runtime.platform.key(`bench ${number}`, ["read"]));
  const stop = async (): Promise<void> => {
    await runtime.platform.stop();
    feed.stop();
  };
  const url = `${runtime.platform.streamUrl}?format=compact`;
  return { kind: "trunkline", url, keys, pid: runtime.pid, feed, runtime, stop };
}

async function startHub(instruments: number): Promise<Server> {
  const hub = new Child<{ op: "ports" }>("the hub", script("hub.ts"));
  const ports = await hub.ask<HubPorts>({ op: "ports" });
  const feed = startFeed();
  await feed.ask<FeedPort>({ op: "start", target: "hub", port: ports.feed, instruments });
  const stop = async (): Promise<void> => {
    feed.stop();
    hub.stop();
  };
  const url = `ws://127.0.0.1:${ports.sockets}`;
  return { kind: "hub", url, keys: [], pid: hub.pid, feed, runtime: null, stop };
}

const listens = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect({ host: "127.0.0.1", port }, () => {
      socket.destroy();
      resolve(true);
    });
    socket.on("error", () => resolve(false));
  });

async function startNats(instruments: number, program: string): Promise<Server> {
  const directory = mkdtempSync(join(tmpdir(), "trunkline-nats-"));
  const [port, webSocketPort] = [await freePort(), await freePort()];
  const config = join(directory, "nats.conf");
  writeFileSync(
    config,
    `listen: "127.0.0.1:${port}"\nwebsocket { listen: "127.0.0.1:${webSocketPort}", no_tls: true, compression: false }\n`,
  );
  const nats = spawn(program, ["-c", config], { stdio: "ignore" });
  const deadline = performance.now() + NATS_READY_MS;
  while (!(await listens(webSocketPort))) {
    if (performance.now() > deadline) throw new Error("nats-server does not listen");
    await new Promise((resolve) => setTimeout(resolve, NATS_POLL_MS));
  }
  const feed = startFeed();
  await feed.ask<FeedPort>({ op: "start", target: "nats", port, instruments });
  const stop = async (): Promise<void> => {
    feed.stop();
    nats.kill("SIGKILL");
    rmSync(directory, { recursive: true, force: true });
  };
  const url = `ws://127.0.0.1:${webSocketPort}`;
  return { kind: "nats", url, keys: [], pid: nats.pid ?? 0, feed, runtime: null, stop };
}

export interface ServerOptions {
  instruments: number;
  /** Trunkline's only: counts what is billed. */
  isCounting?: boolean;
}

/** Null for a nats-server that is not installed. */
export async function startServer(
  kind: ServerKind,
  { instruments, isCounting = false }: ServerOptions,
): Promise<Server | null> {
  if (kind === "hub") return startHub(instruments);
  if (kind === "trunkline") return startTrunkline(instruments, isCounting);
  const nats = natsProgram();
  return nats && startNats(instruments, nats.path);
}
