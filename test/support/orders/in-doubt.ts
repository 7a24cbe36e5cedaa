/** What is asked of an order while nobody knows what came of it. */
import type { World } from "./world.ts";

const LOOK_MS = 5;
const WAIT_MS = 10_000;

/** Its gateway dies while it sends; the wish to cancel is recorded in the doubt, and nobody brings it: the ledger has to. */
export async function cancelInDoubt(world: World, clientOrderId: string): Promise<void> {
  const { gateways, ledger } = world;
  const isSending = () => gateways.store.order(clientOrderId)?.record === "recorded";
  if (!(await comesTrue(world, isSending))) return;
  gateways.crash();
  const isInDoubt = () => ledger.store.order(clientOrderId)?.order.state === "unknown";
  if (await comesTrue(world, isInDoubt))
    await world.ledgerPort().requestCancel(clientOrderId, "test");
}

async function comesTrue({ timeline }: World, holds: () => boolean): Promise<boolean> {
  const until = timeline.now() + WAIT_MS;
  while (!holds()) {
    if (timeline.now() > until) return false;
    await timeline.sleep(LOOK_MS);
  }
  return true;
}
