/** Empties a market: it takes no new socket, and those it has are told to come back elsewhere. */
import { Modal, SegmentedControl } from "@mantine/core";
import { useState } from "react";
import { drainMarket } from "../../api/feeds.ts";
import { ReasonForm } from "../../components/reason-form.tsx";
import { useAction } from "../../components/use-action.ts";
import type { DrainClose } from "../../../../src/contract/markets.ts";

const CLOSES: { value: DrainClose; label: string }[] = [
  { value: "after_hours", label: "Close sockets after hours" },
  { value: "now", label: "Close them now" },
];

export function DrainMarket({ market, close }: { market: string | null; close: () => void }) {
  return (
    <Modal opened={market !== null} onClose={close} title={`Drain ${market ?? ""}`}>
      {market !== null && <DrainForm market={market} close={close} />}
    </Modal>
  );
}

function DrainForm({ market, close }: { market: string; close: () => void }) {
  const [when, setWhen] = useState<DrainClose>("after_hours");
  const drain = useAction(drainMarket);
  return (
    <ReasonForm
      lead="It takes no new socket. Those it has are told, closed, and come back on another market."
      press="Drain"
      busy={drain.busy}
      failure={drain.failure}
      send={(reason) => drain.run(market, { close: when, reason })}
      close={close}
    >
      <SegmentedControl
        aria-label="Its sockets are closed"
        data={CLOSES}
        value={when}
        onChange={(value) => setWhen(value === "now" ? "now" : "after_hours")}
        fullWidth
      />
    </ReasonForm>
  );
}
