/** Whether this page hears the stream right now. */
import { useConnection } from "../api/live.ts";
import type { ConnectionPhase } from "../api/stream-state.ts";
import type { Tone } from "../format/words.ts";
import { Dot } from "./badge.tsx";
import styles from "./line-state.module.css";

const TONES: Record<ConnectionPhase, Tone> = {
  live: "good",
  connecting: "busy",
  reconnecting: "warn",
  stopped: "calm",
};

const WORDS: Record<ConnectionPhase, string> = {
  live: "Live",
  connecting: "Connecting",
  reconnecting: "Reconnecting",
  stopped: "Offline",
};

export function LineState() {
  const { phase, lagging } = useConnection();
  const waiting = phase === "connecting" || phase === "reconnecting";
  return (
    <span className={styles.line} role="status" data-testid="line-state">
      <span className={waiting ? styles.pulse : undefined} style={{ display: "flex" }}>
        <Dot tone={lagging ? "warn" : TONES[phase]} />
      </span>
      {lagging ? "Live, latest only" : WORDS[phase]}
    </span>
  );
}
