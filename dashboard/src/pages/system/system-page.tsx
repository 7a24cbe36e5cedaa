/** The machinery: brokers and their shards, the paper market, keys, and who changed what. */
import { Tabs } from "@mantine/core";
import { useLocation, useParams } from "wouter";
import { useBrokers } from "../../api/queries.ts";
import { Alerts } from "./alerts.tsx";
import { Audit } from "./audit.tsx";
import { Brokers } from "./brokers.tsx";
import { DataQuality } from "./data-quality.tsx";
import { Keys } from "./keys.tsx";
import { PaperMarket } from "./paper-market.tsx";
import { Reconciliation } from "./reconciliation.tsx";

const TABS = ["brokers", "quality", "paper", "reconciliation", "alerts", "keys", "audit"] as const;

export default function SystemPage() {
  const { tab = "brokers" } = useParams<{ tab?: string }>();
  const [, navigate] = useLocation();
  const paper = useBrokers().data?.some((broker) => broker.broker === "paper") ?? false;
  return (
    <>
      <h1 className="tl-hidden">System</h1>
      <Tabs
        value={TABS.find((one) => one === tab) ?? "brokers"}
        onChange={(value) => navigate(value === "brokers" ? "/system" : `/system/${value}`)}
      >
        <Tabs.List mb="md">
          <Tabs.Tab value="brokers">Brokers</Tabs.Tab>
          <Tabs.Tab value="quality">Data quality</Tabs.Tab>
          {paper && <Tabs.Tab value="paper">Paper market</Tabs.Tab>}
          <Tabs.Tab value="reconciliation">Reconciliation</Tabs.Tab>
          <Tabs.Tab value="alerts">Alerts</Tabs.Tab>
          <Tabs.Tab value="keys">API keys</Tabs.Tab>
          <Tabs.Tab value="audit">Audit</Tabs.Tab>
        </Tabs.List>
        <Tabs.Panel value="brokers">
          <Brokers />
        </Tabs.Panel>
        <Tabs.Panel value="quality">{tab === "quality" && <DataQuality />}</Tabs.Panel>
        <Tabs.Panel value="paper">
          <PaperMarket />
        </Tabs.Panel>
        <Tabs.Panel value="reconciliation">
          <Reconciliation />
        </Tabs.Panel>
        <Tabs.Panel value="alerts">
          <Alerts />
        </Tabs.Panel>
        <Tabs.Panel value="keys">
          <Keys />
        </Tabs.Panel>
        <Tabs.Panel value="audit">
          <Audit />
        </Tabs.Panel>
      </Tabs>
    </>
  );
}
