/** What the processes of the fan-out case say to each other. */

/** From the case to its load clients. */
export interface LoadRequest {
  url: string;
  /** Sent as a bearer key; null for the hub, which asks for none. */
  key: string | null;
  format: "compact" | "plain" | "hub";
  sockets: number;
  instruments: string[];
  warmUpMs: number;
  measureMs: number;
}

/** From a load client, when it has measured. */
export interface LoadReport {
  /** Ticks received by all sockets in the measured time. */
  deliveries: number;
  /** WebSocket messages that brought them. */
  frames: number;
  /** Ticks that were skipped between two received ones of the same instrument and epoch. */
  lost: number;
  /** Sockets that ended before the measuring did. */
  dropped: number;
  measuredMs: number;
  /** Latencies in ms by bin, from the tick's own time to its arrival. */
  latencies: number[];
}

/** The hub's one message for one tick: the facts of a Trunkline tick, named as in the plain format. */
export interface HubTick {
  instrument: string;
  last: number;
  lastQuantity: number;
  bid: number;
  bidQuantity: number;
  ask: number;
  askQuantity: number;
  volume: number;
  exchangeTime: number;
  receivedTime: number;
  epoch: number;
  seq: number;
  late: boolean;
  provider: string;
}
