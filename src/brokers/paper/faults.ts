/** The fault switches: how often each still strikes and how often it has. Pure; whoever uses them stores them. */
import type { FaultRequest, PaperView } from "../../contract/paper.ts";

export type FaultName = FaultRequest["fault"];

/** One switch as it is stored. */
export interface FaultSwitch {
  fault: FaultName;
  left: number;
  struck: number;
  durationMs: number;
  /** Only this instrument; null for every one. */
  instrument: string | null;
}

/** One strike, and what it works with. */
export interface Strike {
  durationMs: number;
}

export class FaultSwitches {
  readonly #switches: Map<FaultName, FaultSwitch>;
  /** True since something changed that is not stored yet. */
  isDirty = false;

  constructor(stored: readonly FaultSwitch[]) {
    this.#switches = new Map(stored.map((entry) => [entry.fault, { ...entry }]));
  }

  /** Sets a switch anew; what it struck before stays counted. */
  set({ fault, count, durationMs, instrument }: FaultRequest): void {
    const struck = this.#switches.get(fault)?.struck ?? 0;
    const entry = { fault, left: count, struck, durationMs, instrument: instrument ?? null };
    this.#switches.set(fault, entry);
    this.isDirty = true;
  }

  /** True when the fault would strike something that concerns these instruments. */
  isArmed(fault: FaultName, concerns: (instrument: string) => boolean): boolean {
    const entry = this.#switches.get(fault);
    if (!entry || entry.left === 0) return false;
    return entry.instrument === null || concerns(entry.instrument);
  }

  /** Takes one strike if the fault is armed and concerns these instruments; null when it does not strike. */
  strike(fault: FaultName, concerns: (instrument: string) => boolean): Strike | null {
    const entry = this.#switches.get(fault);
    if (!entry || !this.isArmed(fault, concerns)) return null;
    entry.left -= 1;
    entry.struck += 1;
    this.isDirty = true;
    return { durationMs: entry.durationMs };
  }

  all(): FaultSwitch[] {
    return [...this.#switches.values()].map((entry) => ({ ...entry }));
  }

  view(): PaperView["faults"] {
    return this.all().map(({ fault, left, struck }) => ({ fault, left, struck }));
  }
}
