/** The machinery, in rooms: the feed, the orders' books, and the platform itself. */
import { Select } from "@mantine/core";
import { lazy, Suspense } from "react";
import { Link, useLocation, useParams } from "wouter";
import { useBrokers } from "../../api/queries.ts";
import { Loading, Panel } from "../../components/panel.tsx";
import { usePhone } from "../../components/use-phone.ts";
import { Brokers } from "./brokers.tsx";
import styles from "./system-page.module.css";

const DataQuality = lazy(async () => ({
  default: (await import("./data-quality.tsx")).DataQuality,
}));
const Markets = lazy(async () => ({ default: (await import("./markets.tsx")).Markets }));
const Providers = lazy(async () => ({ default: (await import("./providers.tsx")).Providers }));
const Signals = lazy(async () => ({ default: (await import("./signals.tsx")).Signals }));
const Reconciliation = lazy(async () => ({
  default: (await import("./reconciliation.tsx")).Reconciliation,
}));
const Alerts = lazy(async () => ({ default: (await import("./alerts.tsx")).Alerts }));
const Keys = lazy(async () => ({ default: (await import("./keys.tsx")).Keys }));
const Audit = lazy(async () => ({ default: (await import("./audit.tsx")).Audit }));
const PaperMarket = lazy(async () => ({
  default: (await import("./paper-market.tsx")).PaperMarket,
}));

const ROOMS = [
  { value: "brokers", label: "Brokers", group: "Feed", Room: Brokers },
  { value: "providers", label: "Providers", group: "Feed", Room: Providers },
  { value: "quality", label: "Data quality", group: "Feed", Room: DataQuality },
  { value: "markets", label: "Markets", group: "Feed", Room: Markets },
  { value: "signals", label: "Signals", group: "Feed", Room: Signals },
  { value: "reconciliation", label: "Reconciliation", group: "Orders", Room: Reconciliation },
  { value: "alerts", label: "Alerts", group: "Orders", Room: Alerts },
  { value: "keys", label: "API keys", group: "Platform", Room: Keys },
  { value: "audit", label: "Audit", group: "Platform", Room: Audit },
  { value: "paper", label: "Paper market", group: "Platform", Room: PaperMarket },
] as const;

type Room = (typeof ROOMS)[number];

const FIRST = ROOMS[0];

const pathOf = (value: string): string => (value === FIRST.value ? "/system" : `/system/${value}`);

function grouped(rooms: readonly Room[]): { group: string; items: Room[] }[] {
  const groups = new Map<string, Room[]>();
  for (const room of rooms) groups.set(room.group, [...(groups.get(room.group) ?? []), room]);
  return [...groups].map(([group, items]) => ({ group, items }));
}

export default function SystemPage() {
  const { tab = FIRST.value } = useParams<{ tab?: string }>();
  const hasPaper = useBrokers().data?.some(({ broker }) => broker === "paper") ?? false;
  const rooms = ROOMS.filter(({ value }) => value !== "paper" || hasPaper || tab === "paper");
  const { Room, value } = rooms.find((one) => one.value === tab) ?? FIRST;
  const phone = usePhone();
  return (
    <>
      <h1 className="tl-hidden">System</h1>
      {phone ? <RoomSelect rooms={rooms} at={value} /> : <RoomLinks rooms={rooms} at={value} />}
      <Suspense
        key={value}
        fallback={
          <Panel title="Loading">
            <Loading rows={6} />
          </Panel>
        }
      >
        <Room />
      </Suspense>
    </>
  );
}

interface Rooms {
  rooms: readonly Room[];
  at: string;
}

function RoomLinks({ rooms, at }: Rooms) {
  return (
    <nav className={styles.rooms} aria-label="System">
      {grouped(rooms).map(({ group, items }) => (
        <div key={group} className={styles.group} role="group" aria-label={group}>
          <span className={styles.groupName} aria-hidden="true">
            {group}
          </span>
          <div className={styles.links}>
            {items.map(({ value, label }) => (
              <Link
                key={value}
                href={pathOf(value)}
                className={styles.link}
                aria-current={value === at ? "page" : undefined}
              >
                {label}
              </Link>
            ))}
          </div>
        </div>
      ))}
    </nav>
  );
}

/** A phone has no room for ten links: one field that opens them, in the same groups. */
function RoomSelect({ rooms, at }: Rooms) {
  const [, navigate] = useLocation();
  return (
    <Select
      className={styles.select}
      aria-label="Room"
      size="md"
      data={grouped(rooms).map(({ group, items }) => ({
        group,
        items: items.map(({ value, label }) => ({ value, label })),
      }))}
      value={at}
      onChange={(value) => value !== null && navigate(pathOf(value))}
      maxDropdownHeight={460}
    />
  );
}
