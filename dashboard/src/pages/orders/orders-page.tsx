/** Orders: what is open, what was, what traded, what got stuck, and the ticket for a new one. */
import { Button, Drawer, Tabs } from "@mantine/core";
import { useMediaQuery } from "@mantine/hooks";
import { IconPlus } from "@tabler/icons-react";
import { useState } from "react";
import { useLocation, useParams, useSearch } from "wouter";
import { useDeadLetters } from "../../api/queries.ts";
import { Badge } from "../../components/badge.tsx";
import { Panel } from "../../components/panel.tsx";
import { AllOrders } from "./all-orders.tsx";
import { DeadLetters } from "./dead-letters.tsx";
import { OpenOrders } from "./open-orders.tsx";
import { OrderTicket } from "./order-ticket.tsx";
import styles from "./orders.module.css";
import { Tradebook } from "./tradebook.tsx";

const TABS = [
  { value: "open", label: "Open" },
  { value: "all", label: "All orders" },
  { value: "tradebook", label: "Tradebook" },
  { value: "dead-letters", label: "Dead letters" },
] as const;

const OPEN_LETTERS = { status: "open" } as const;

/** Room for table and ticket side by side. */
const WIDE = "(min-width: 1241px)";

export default function OrdersPage() {
  const { tab = "open" } = useParams<{ tab?: string }>();
  const [, navigate] = useLocation();
  const search = new URLSearchParams(useSearch());
  const asked = search.get("instrument") ?? "";
  const side = search.get("side") === "sell" ? "sell" : "buy";
  const wide = useMediaQuery(WIDE, true, { getInitialValueInEffect: false });
  const [drawer, setDrawer] = useState(asked !== "");
  const letters = useDeadLetters(OPEN_LETTERS).data?.pages[0]?.items.length ?? 0;
  const ticket = <OrderTicket key={`${asked} ${side}`} instrument={asked} side={side} />;
  return (
    <div className={styles.split}>
      <h1 className="tl-hidden">Orders</h1>
      <Tabs
        className={styles.tabs}
        value={TABS.some((one) => one.value === tab) ? tab : "open"}
        onChange={(value) => navigate(value === "open" ? "/orders" : `/orders/${value}`)}
      >
        <div className={styles.bar}>
          <Tabs.List>
            {TABS.map(({ value, label }) => (
              <Tabs.Tab key={value} value={value} className={styles.tab}>
                {label}{" "}
                {value === "dead-letters" && letters > 0 && <Badge tone="bad">{letters}</Badge>}
              </Tabs.Tab>
            ))}
          </Tabs.List>
          <Button
            className={styles.newOrder}
            leftSection={<IconPlus size={16} />}
            size="xs"
            onClick={() => setDrawer(true)}
          >
            New order
          </Button>
        </div>
        <Tabs.Panel value="open">
          <OpenOrders />
        </Tabs.Panel>
        <Tabs.Panel value="all">
          <AllOrders />
        </Tabs.Panel>
        <Tabs.Panel value="tradebook">
          <Tradebook />
        </Tabs.Panel>
        <Tabs.Panel value="dead-letters">
          <DeadLetters />
        </Tabs.Panel>
      </Tabs>
      {wide ? (
        <div className={styles.aside}>
          <Panel title="Order ticket">{ticket}</Panel>
        </div>
      ) : (
        <Drawer
          opened={drawer}
          onClose={() => setDrawer(false)}
          title="Order ticket"
          position="right"
        >
          {ticket}
        </Drawer>
      )}
    </div>
  );
}
