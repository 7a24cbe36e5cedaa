/** Every order there was, newest first, with why it ended as it did. */
import { Select } from "@mantine/core";
import { useState } from "react";
import { useAllOrders } from "../../api/queries.ts";
import { PagedTable } from "../../components/data-table.tsx";
import { Empty, Panel, StaleNote } from "../../components/panel.tsx";
import { ORDER_STATES, type OrderView } from "../../../../src/contract/orders.ts";
import { plain } from "../../format/words.ts";
import { allOrderColumns } from "./columns.tsx";
import { OrderHistory } from "./order-history.tsx";

const STATES = ORDER_STATES.map((value) => ({ value, label: plain(value) }));

export function AllOrders() {
  const [state, setState] = useState<string | null>(null);
  const [opened, setOpened] = useState<OrderView | null>(null);
  const orders = useAllOrders(state === null ? {} : { state });
  return (
    <Panel
      title="All orders"
      flush
      note={<StaleNote query={orders} />}
      actions={
        <Select
          aria-label="State"
          placeholder="Any state"
          size="xs"
          w={150}
          clearable
          allowDeselect
          data={STATES}
          value={state}
          onChange={setState}
        />
      }
    >
      <PagedTable
        query={orders}
        columns={allOrderColumns}
        rowName={(order) => order.clientOrderId}
        openRow={setOpened}
        label="All orders"
        empty={
          state === null ? (
            <Empty title="No orders yet" text="The first order of any algo appears here." />
          ) : (
            <Empty title="None in this state" text={`No order is ${plain(state)}.`} />
          )
        }
      />
      <OrderHistory order={opened} close={() => setOpened(null)} />
    </Panel>
  );
}
