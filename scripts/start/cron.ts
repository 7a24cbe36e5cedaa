/** Plays the cron trigger, which `wrangler dev` never fires by itself: without it no watchdog runs locally. */
import { fireCron } from "../lib/wake.ts";

const PERIOD_MS = 60_000;

/** Calls the Worker's `scheduled` each minute until the answer is called. */
export function playCron(url: string, onFailure: (reason: string) => void): () => void {
  const fire = async (): Promise<void> => {
    try {
      await fireCron(url);
    } catch (error) {
      onFailure(`cron: ${(error as Error).message}`);
    }
  };
  const timer = setInterval(() => void fire(), PERIOD_MS);
  return () => clearInterval(timer);
}
