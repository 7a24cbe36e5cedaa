/** Plays the cron trigger, which `wrangler dev` never fires by itself: without it no watchdog runs locally. */

const CRON = "* * * * *";
const PERIOD_MS = 60_000;

/** Calls the Worker's `scheduled` now and each minute, until the answer is called. */
export function playCron(url: string, onFailure: (reason: string) => void): () => void {
  const fire = async (): Promise<void> => {
    try {
      const response = await fetch(
        `${url}/cdn-cgi/local/scheduled?cron=${encodeURIComponent(CRON)}`,
      );
      await response.body?.cancel();
      if (!response.ok) onFailure(`cron answered ${response.status}`);
    } catch (error) {
      onFailure(`cron: ${(error as Error).message}`);
    }
  };
  void fire();
  const timer = setInterval(() => void fire(), PERIOD_MS);
  return () => clearInterval(timer);
}
