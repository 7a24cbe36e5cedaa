/** What the processes of a measurement say to each other: each message to a child has one answer. */

export type ServerKind = "trunkline" | "nats" | "hub";

/** To the feed, which makes the ticks for every server. */
export type FeedMessage =
  /** Answered with a `FeedPort`. `port` is that of the server to publish to; Trunkline's shards dial the feed. */
  | { op: "start"; target: ServerKind; port: number; instruments: number }
  /** Answered with null. Only these instruments tick, one after the other; all when left out. */
  | { op: "tick"; ticksPerSecond: number; only?: number[] }
  /** No more ticks. Answered with `FeedCounts`. */
  | { op: "stop" };

export interface FeedPort {
  port: number;
}

export interface FeedCounts {
  /** Ticks made, of each instrument. */
  volumes: number[];
  /** Data connections opened to the feed. */
  connections: number;
  /** ms from the last data connection to its first subscription's answer; null without any. */
  connectMs: number | null;
}

/** To a process of clients. */
export type ClientsMessage =
  /** Opens the sockets and subscribes; answered with null once all are. */
  | { op: "open"; server: ServerKind; url: string; keys: string[]; lists: number[][] }
  /** From now on everything counts for the phase of this name; answered with null. */
  | { op: "phase"; name: string }
  /** Waits until what the feed has made is there, at most `boundMs`; answered with `ClientsReport`. */
  | { op: "finish"; volumes: number[]; boundMs: number };

export interface PhaseReport {
  /** Ticks received by all sockets. */
  deliveries: number;
  /** WebSocket messages that brought them. */
  frames: number;
  /** Ticks that were skipped between two of the same instrument on the same socket. */
  lost: number;
  /** Ticks that came again, or after a later one. */
  doubled: number;
  /** The longest time that one socket got no tick, ms. */
  silenceMs: number;
  durationMs: number;
  /** Latencies by ms, from the time that the feed stamped to the arrival. */
  latencies: number[];
}

export interface ClientsReport {
  phases: Record<string, PhaseReport>;
  /** Ticks made while the sockets were subscribed that never came. */
  missing: number;
  /** Gaps that were announced, over all sockets. */
  gaps: number;
  /** Times that a socket was told that its ticks are conflated. */
  lagging: number;
  /** Sockets that ended by themselves. */
  dropped: number;
}
