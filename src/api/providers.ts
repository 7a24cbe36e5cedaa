/** Which broker gives an instrument's data; and by that, whether there is such an instrument. */
import type { InstrumentId } from "../domain/instrument.ts";
import { fail } from "./error-handler.ts";
import type { ApiPorts } from "./ports.ts";

/** The instruments of a call by the broker that gives their data; an unknown one refuses the call by name. */
export async function providers(
  ports: ApiPorts,
  instruments: InstrumentId[],
): Promise<Map<string, InstrumentId[]>> {
  const providerOf = await ports.marketManager.providerOf(instruments);
  const unknown = instruments.filter((id) => providerOf[id] === undefined);
  if (unknown.length > 0)
    throw fail("UNKNOWN_INSTRUMENT", `No broker gives ${unknown.slice(0, 10).join(", ")}.`, {
      instruments: unknown,
    });
  return Map.groupBy(instruments, (id) => providerOf[id] ?? "");
}
