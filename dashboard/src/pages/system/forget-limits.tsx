/** Goes by a broker's configured limits again; nothing to see while none was learned. */
import { Button } from "@mantine/core";
import { forgetLimits } from "../../api/actions.ts";
import { FailureNote } from "../../components/refusal.tsx";
import { useAction } from "../../components/use-action.ts";
import type { BrokerView } from "../../../../src/contract/brokers.ts";

export function ForgetLimits({ broker }: { broker: BrokerView }) {
  const change = useAction(forgetLimits);
  if (broker.learnedLimits.length === 0) return null;
  return (
    <>
      <FailureNote failure={change.failure} />
      <Button
        size="xs"
        variant="default"
        loading={change.busy}
        onClick={() => void change.run(broker.broker)}
      >
        Forget learned limits
      </Button>
    </>
  );
}
