/** Every order that can still trade, live, with the two things one can do to it. */
import { Button, Tooltip } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useState } from "react";
import { cancelOrder } from "../../api/actions.ts";
import { useOpenOrders } from "../../api/queries.ts";
import { DataTable } from "../../components/data-table.tsx";
import { Answer, Empty, Panel, StaleNote } from "../../components/panel.tsx";
import { useAction } from "../../components/use-action.ts";
import type { OrderState, OrderView } from "../../../../src/contract/orders.ts";
import { CancelAll } from "./cancel-all.tsx";
import { ChangeOrder } from "./change-order.tsx";
import { openOrderColumns } from "./columns.tsx";
import { OrderHistory } from "./order-history.tsx";

/** States in which the broker holds the order and takes new terms for it. */
const CHANGEABLE = new Set<OrderState>(["new", "pending_trigger", "partially_filled", "replaced"]);

/** States in which a cancel would say nothing new. */
const ENDING = new Set<OrderState>(["pending_cancel", "dead_lettered"]);

function CancelButton({ order }: { order: OrderView }) {
  const cancel = useAction(cancelOrder);
  const press = async (): Promise<void> => {
    const answer = await cancel.run(order.clientOrderId);
    if (answer !== null) notifications.show({ message: `Cancel sent for ${order.instrument}.` });
  };
  return (
    <Tooltip
      label={cancel.failure?.message}
      disabled={cancel.failure === null}
      opened={cancel.failure ? true : undefined}
    >
      <Button
        variant="default"
        size="compact-xs"
        aria-label={`Cancel ${order.clientOrderId}`}
        disabled={ENDING.has(order.state)}
        loading={cancel.busy}
        onClick={() => void press()}
      >
        Cancel
      </Button>
    </Tooltip>
  );
}

export function OpenOrders() {
  const orders = useOpenOrders();
  const [changing, setChanging] = useState<OrderView | null>(null);
  const [opened, setOpened] = useState<OrderView | null>(null);
  return (
    <Panel
      title="Open orders"
      flush
      note={<StaleNote query={orders} />}
      actions={<CancelAll isOffered={(orders.data?.length ?? 0) > 0} />}
    >
      <Answer
        query={orders}
        empty={
          <Empty
            title="No open orders"
            text="Place one with the ticket, or let an algo do it. It appears here at once."
          />
        }
      >
        {(rows) => (
          <DataTable
            rows={rows}
            columns={openOrderColumns}
            renderActions={(order) => (
              <>
                {CHANGEABLE.has(order.state) && (
                  <Button
                    variant="default"
                    size="compact-xs"
                    aria-label={`Change ${order.clientOrderId}`}
                    onClick={() => setChanging(order)}
                  >
                    Change
                  </Button>
                )}
                <CancelButton order={order} />
              </>
            )}
            rowName={(order) => order.clientOrderId}
            openRow={setOpened}
            label="Open orders"
          />
        )}
      </Answer>
      <OrderHistory order={opened} close={() => setOpened(null)} />
      <ChangeOrder order={changing} close={() => setChanging(null)} />
    </Panel>
  );
}
