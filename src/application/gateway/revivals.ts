/** Orders that the broker turns out to have although they had ended here: people hear of each. */
import type { GatewayPorts } from "./ports.ts";
import { raise } from "./reconcile-notes.ts";
import type { GatewayOrder } from "./record.ts";

/** Call it with the order as it was before the evidence that the broker has it. */
export function noteRevival(context: GatewayPorts, order: GatewayOrder, evidence: string): void {
  const { clientOrderId, record, ended } = order;
  if (record === "accepted" || (ended === null && record !== "not_sent")) return;
  context.log("error", "evidence_against_proof", { clientOrderId, record, ended, evidence });
  // One that waits for its retry has ended for nobody: the evidence only cancels the retry.
  if (ended === null) return;
  tellRevival(context, order, evidence);
}

/** Told once for each of its lives. */
export function tellRevival(context: GatewayPorts, order: GatewayOrder, evidence: string): void {
  const { clientOrderId, ended, unwanted, revivals = 0, reason } = order;
  raise(context, {
    id: `revived-${clientOrderId}-${revivals + 1}`,
    severity: unwanted ? "critical" : "serious",
    title: `${clientOrderId} is at the broker after all`,
    message: `It had ended here as ${ended} (${reason ?? "no reason"}), and the broker tells of it: ${evidence}. It is reserved again${unwanted ? ", and is canceled at the broker" : " and lives on; cancel it if it is not wanted"}. Compare it with the broker's own list.`,
  });
}
