/** The orders of the last days, or every order of one day, newest first, with why it ended as it did. */
import { Group, Select, TextInput } from "@mantine/core";
import { useState } from "react";
import { useAllOrders } from "../../api/queries.ts";
import { PagedTable } from "../../components/data-table.tsx";
import { Empty, Panel, StaleNote } from "../../components/panel.tsx";
import { ORDER_STATES, type OrderView } from "../../../../src/contract/orders.ts";
import { daySpan } from "../../format/time.ts";
import { plain } from "../../format/words.ts";
import { allOrderColumns } from "./columns.tsx";
import { OrderHistory } from "./order-history.tsx";

const STATES = ORDER_STATES.map((value) => ({ value, label: plain(value) }));

export function AllOrders() {
  const [state, setState] = useState<string | null>(null);
  const [opened, setOpened] = useState<OrderView | null>(null);
  const [day, setDay] = useState("");
  const orders = useAllOrders({ ...(state === null ? {} : { state }), ...daySpan(day) });
  return (
    <Panel
      title="All orders"
      flush
      note={<StaleNote query={orders} />}
      actions={
        <Group gap="xs" wrap="nowrap">
          <TextInput
            aria-label="Day"
            title="Every order of one day; without it those of the last days"
            type="date"
            size="xs"
            value={day}
            onChange={(event) => setDay(event.currentTarget.value)}
          />
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
        </Group>
      }
    >
      <PagedTable
        query={orders}
        columns={allOrderColumns}
        rowName={(order) => order.clientOrderId}
        openRow={setOpened}
        label="All orders"
        empty={
          state === null && day === "" ? (
            <Empty title="No orders yet" text="The first order of any algo appears here." />
          ) : (
            <Empty title="None like this" text="No order fits the day and the state chosen." />
          )
        }
      />
      <OrderHistory order={opened} close={() => setOpened(null)} />
    </Panel>
  );
}
