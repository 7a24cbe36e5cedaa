/** Lets a broker or a shard take nothing new, and lets it take again. */
import { Button, Menu } from "@mantine/core";
import { setDrain } from "../../api/actions.ts";
import { FailureNote } from "../../components/refusal.tsx";
import { useAction } from "../../components/use-action.ts";
import type { ShardView } from "../../../../src/contract/brokers.ts";

interface Props {
  broker: string;
  /** Its number; null for the whole broker. */
  shard: string | null;
  draining: ShardView["draining"];
}

export function DrainButton({ broker, shard, draining }: Props) {
  const change = useAction(setDrain);
  const name = shard === null ? broker : `shard ${shard} of ${broker}`;
  const drain = (when: "after_hours" | "now") =>
    void change.run(broker, shard, { draining: true, when });
  if (draining !== null)
    return (
      <>
        <FailureNote failure={change.failure} />
        <Button
          size="compact-xs"
          variant="default"
          loading={change.busy}
          aria-label={`Let ${name} take again`}
          onClick={() => void change.run(broker, shard, { draining: false })}
        >
          Take again
        </Button>
      </>
    );
  return (
    <>
      <FailureNote failure={change.failure} />
      <Menu position="bottom-end">
        <Menu.Target>
          <Button
            size="compact-xs"
            variant="default"
            loading={change.busy}
            aria-label={`Drain ${name}`}
          >
            Drain
          </Button>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item onClick={() => drain("after_hours")}>After hours</Menu.Item>
          <Menu.Item onClick={() => drain("now")}>Now</Menu.Item>
        </Menu.Dropdown>
      </Menu>
    </>
  );
}
