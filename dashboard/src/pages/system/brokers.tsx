/** Each broker: its session, its limits, its shards with their figures, and how many shards it has. */
import { Button, NumberInput } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useState, type FormEvent, type ReactNode } from "react";
import { setShards } from "../../api/actions.ts";
import { useBrokers } from "../../api/queries.ts";
import { Badge } from "../../components/badge.tsx";
import { TwoLines } from "../../components/data-table.tsx";
import { Facts } from "../../components/facts.tsx";
import { Moment } from "../../components/figures.tsx";
import pageStyles from "../../components/page.module.css";
import { Answer, Empty, Loading, Panel, StaleNote } from "../../components/panel.tsx";
import { FailureNote } from "../../components/refusal.tsx";
import { RenewSession } from "../../components/renew-session.tsx";
import { useAction } from "../../components/use-action.ts";
import { SHARDS_MAX, type BrokerView } from "../../../../src/contract/brokers.ts";
import { formatQuantity } from "../../format/number.ts";
import { plain } from "../../format/words.ts";
import { DrainButton } from "./drain-button.tsx";
import { ForgetLimits } from "./forget-limits.tsx";
import { Shards } from "./shards.tsx";
import styles from "./system.module.css";
import { Weights } from "./weights.tsx";

export function Brokers() {
  const brokers = useBrokers();
  if (brokers.data === undefined || brokers.data.length === 0) {
    return (
      <Panel title="Brokers" flush>
        <Answer
          query={brokers}
          empty={
            <Empty title="No brokers" text="This deployment has no broker with market data." />
          }
        >
          {() => <Loading />}
        </Answer>
      </Panel>
    );
  }
  return (
    <div className={pageStyles.stack}>
      {brokers.data.map((broker) => (
        <Broker key={broker.broker} broker={broker} note={<StaleNote query={brokers} />} />
      ))}
    </div>
  );
}

const SESSION_TONES = {
  valid: "good",
  proving: "busy",
  expiring: "warn",
  silent: "bad",
  expired: "bad",
  missing: "bad",
} as const;
const ORDER_STREAM_TONES = {
  ready: "good",
  connecting: "busy",
  down: "bad",
  none: "calm",
} as const;

function Broker({ broker, note }: { broker: BrokerView; note: ReactNode }) {
  const { limits, session } = broker;
  const perSecond = broker.shards.reduce((total, shard) => total + shard.ticksPerSecond, 0);
  return (
    <div className={styles.broker}>
      <Panel
        title={`Broker ${broker.broker}`}
        note={note}
        actions={
          <>
            <ForgetLimits broker={broker} />
            <DrainButton broker={broker.broker} shard={null} draining={broker.draining} />
          </>
        }
      >
        <Facts
          facts={[
            {
              name: "Takes",
              value: (
                <Badge tone={broker.draining === null ? "good" : "warn"}>
                  {broker.draining === null ? "everything" : drainWords(broker.draining)}
                </Badge>
              ),
            },
            {
              name: "Session",
              value: (
                <>
                  <Badge tone={SESSION_TONES[session.state]}>{session.state}</Badge>{" "}
                  <RenewSession broker={broker.broker} session={session} />
                </>
              ),
            },
            {
              name: "Order stream",
              value: (
                <Badge tone={ORDER_STREAM_TONES[broker.orderStream]}>{broker.orderStream}</Badge>
              ),
            },
            { name: "Instruments wanted", value: formatQuantity(broker.wanted) },
            { name: "Ticks per second", value: formatQuantity(Math.round(perSecond)) },
            {
              name: "Per connection",
              value: `${formatQuantity(limits.instrumentsPerConnection)} instruments`,
            },
            { name: "Connections", value: `up to ${formatQuantity(limits.connections)}` },
            {
              name: "Subscribe messages",
              value: `${formatQuantity(limits.subscribeMessagesPerSecond)} a second`,
            },
            ...broker.learnedLimits.map((learned) => ({
              name: `Learned: ${plain(learned.limit)}`,
              value: <TwoLines first={formatQuantity(learned.value)} second={learned.reason} />,
            })),
            ...(broker.overCapacity === 0
              ? []
              : [
                  {
                    name: "Over capacity",
                    value: (
                      <span className="tl-down tl-strong">
                        {formatQuantity(broker.overCapacity)}
                      </span>
                    ),
                  },
                ]),
            ...broker.orderMeters.map((meter) => ({
              name: `Calls: ${meter.name}, by ${meter.scope}`,
              value: meterText(meter),
            })),
            ...(session.expiresAt === null || session.state === "expired"
              ? []
              : [{ name: "Session ends", value: <Moment at={session.expiresAt} /> }]),
          ]}
        />
      </Panel>
      <Shards
        broker={broker}
        actions={
          <>
            <Weights broker={broker} />
            <ShardCount key={broker.shardCount} broker={broker} />
          </>
        }
      />
    </div>
  );
}

const drainWords = ({ isClosed, when }: NonNullable<BrokerView["draining"]>): string =>
  isClosed ? "nothing: closed" : `nothing new: closes ${plain(when)}`;

/** How much of a metered scope is in use now, and what of it polling leaves to orders. */
function meterText({ used, capacity, reserve }: BrokerView["orderMeters"][number]): ReactNode {
  const use = `${formatQuantity(Math.ceil(used))} of ${formatQuantity(capacity)}`;
  if (reserve === 0) return use;
  return <TwoLines first={use} second={`${formatQuantity(reserve)} kept for orders`} />;
}

function ShardCount({ broker }: { broker: BrokerView }) {
  const [count, setCount] = useState<number | string>(broker.shardCount);
  const change = useAction(setShards);
  const submit = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    const answer = await change.run(broker.broker, Number(count));
    if (answer !== null)
      notifications.show({ message: `${broker.broker} now has ${count} shards.` });
  };
  const valid = Number.isInteger(count) && Number(count) >= 1 && Number(count) <= SHARDS_MAX;
  return (
    <form className={styles.controls} onSubmit={(event) => void submit(event)}>
      <FailureNote failure={change.failure} />
      <NumberInput
        aria-label={`Shards of ${broker.broker}`}
        size="xs"
        w={110}
        suffix=" shards"
        hideControls={false}
        min={1}
        max={SHARDS_MAX}
        value={count}
        onChange={setCount}
      />
      <Button
        type="submit"
        size="xs"
        variant="default"
        loading={change.busy}
        disabled={!valid || count === broker.shardCount}
      >
        Apply
      </Button>
    </form>
  );
}
