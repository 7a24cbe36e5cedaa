/** Restrictions, registrations, trading states, trips and the lease, as a person lays them down. Never an algo. */
import type { ApiError } from "../contract/errors.ts";
import type { ControlCommand, RiskControlsView } from "../contract/risk-controls.ts";
import { err, type Result } from "../domain/result.ts";
import { may, type Caller } from "./caller.ts";
import { unknownAccountOf } from "./known-account.ts";
import { callerName } from "./order-access.ts";
import { apiError, badField } from "./order-errors.ts";
import type { OrderPorts } from "./order-ports.ts";

export async function controlRisk(
  ports: OrderPorts,
  caller: Caller,
  command: ControlCommand,
): Promise<Result<RiskControlsView, ApiError>> {
  if (!may(caller, "admin") || caller.algoId !== null)
    return err(apiError("FORBIDDEN", "only an admin's key that is bound to no algo may do this"));
  const unknown = await unknownIndex(ports, command);
  if (unknown !== null)
    return err(badField("changes", `no broker knows ${unknown}; see /v1/instruments`));
  if (command.kind === "trading_state" && command.state === "reducing") {
    const noAccount = await unknownAccountOf(ports, command.scope);
    if (noAccount) return err(noAccount);
  }
  return ports.ledger.control(command, callerName(caller));
}

/** An index that no feed can give would leave its trip blind. */
async function unknownIndex(ports: OrderPorts, command: ControlCommand): Promise<string | null> {
  if (command.kind !== "trips") return null;
  for (const { bounds } of command.request.changes) {
    if (!bounds?.instrument) continue;
    const known = await ports.market(ports.defaultAccount)?.instrument(bounds.instrument);
    if (!known) return bounds.instrument;
  }
  return null;
}
