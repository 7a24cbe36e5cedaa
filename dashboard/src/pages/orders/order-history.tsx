/** One order's whole life in a drawer: each event, when, from where and why, and the state after it. */
import { Button, Drawer } from "@mantine/core";
import { rowsOf, useOrderHistory } from "../../api/queries.ts";
import { Dot, OrderStateBadge } from "../../components/badge.tsx";
import { readable } from "../../components/data-table.tsx";
import { Moment } from "../../components/figures.tsx";
import { Answer, Empty } from "../../components/panel.tsx";
import { RefusalNote } from "../../components/refusal.tsx";
import type { OrderEventView } from "../../../../src/contract/explorer.ts";
import type { OrderView } from "../../../../src/contract/orders.ts";
import { formatPrice, formatQuantity } from "../../format/number.ts";
import { ORDER_STATE_TONES, plain } from "../../format/words.ts";
import styles from "./explorer.module.css";

interface OrderHistoryProps {
  /** Null keeps the drawer shut. */
  order: OrderView | null;
  close: () => void;
}

export function OrderHistory({ order, close }: OrderHistoryProps) {
  return (
    <Drawer
      opened={order !== null}
      onClose={close}
      title={order ? `History of ${order.instrument}` : ""}
      position="right"
      size={460}
    >
      {order && <History order={order} />}
    </Drawer>
  );
}

/** Reads on while it is open: an order that lives goes on. */
function History({ order }: { order: OrderView }) {
  const history = useOrderHistory(order.clientOrderId);
  return (
    <div className={styles.history}>
      <p className={styles.lead}>
        {order.side} {formatQuantity(order.quantity)} for {order.algoId}
        <br />
        <span className="tl-quiet">{order.clientOrderId}</span>
      </p>
      <Answer
        query={readable(history, rowsOf(history.data))}
        empty={<Empty title="No events" text="The ledger knows nothing of this order." />}
      >
        {(events) => (
          <ol className={styles.timeline} aria-label={`History of ${order.clientOrderId}`}>
            {events.map((event) => (
              <Step key={event.version} event={event} />
            ))}
          </ol>
        )}
      </Answer>
      {history.hasNextPage && (
        <Button
          variant="default"
          size="xs"
          loading={history.isFetchingNextPage}
          onClick={() => void history.fetchNextPage()}
        >
          Show more
        </Button>
      )}
    </div>
  );
}

function Step({ event }: { event: OrderEventView }) {
  return (
    <li className={styles.step}>
      <span className={styles.dot}>
        <Dot tone={ORDER_STATE_TONES[event.state]} />
      </span>
      <div className={styles.stepBody}>
        <span className={styles.stepTop}>
          <strong>{plain(event.kind)}</strong>
          <OrderStateBadge state={event.state} />
        </span>
        <span className="tl-quiet">
          <Moment at={event.at} /> · {event.source}
          {event.by !== null && ` (${event.by})`} · version {event.version}
        </span>
        <Detail event={event} />
        {event.flag !== null && <span className="tl-down">{event.flag}</span>}
      </div>
    </li>
  );
}

function Detail({ event }: { event: OrderEventView }) {
  const { execution, changes, refusal, reason, attempt } = event;
  if (refusal) return <RefusalNote refusal={refusal} />;
  return (
    <>
      {execution && (
        <span>
          {formatQuantity(execution.quantity)} at {formatPrice(execution.price)},{" "}
          {formatQuantity(event.filledQuantity)} filled in all
        </span>
      )}
      {changes && <span>{changed(changes)}</span>}
      {reason !== null && (
        <span>
          {reason}
          {attempt !== null && ` (attempt ${attempt})`}
        </span>
      )}
    </>
  );
}

const changed = ({
  quantity,
  limitPrice,
  stopPrice,
}: NonNullable<OrderEventView["changes"]>): string =>
  [
    quantity === null ? "" : `quantity ${formatQuantity(quantity)}`,
    limitPrice === null ? "" : `limit ${formatQuantity(limitPrice)}`,
    stopPrice === null ? "" : `stop ${formatQuantity(stopPrice)}`,
  ]
    .filter(Boolean)
    .join(", ");
