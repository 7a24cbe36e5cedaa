/** The figures that matter on every page, and the kill switch. */
import { Button } from "@mantine/core";
import { IconHandStop } from "@tabler/icons-react";
import type { ReactNode } from "react";
import { useRisk, useStatus } from "../api/queries.ts";
import { useLocation } from "wouter";
import { formatQuantity } from "../format/number.ts";
import { formatClock, formatDay } from "../format/time.ts";
import { Money, Profit, Unknown, useNow } from "./figures.tsx";
import { useKillSwitch } from "./kill-switch.tsx";
import { LineState } from "./line-state.tsx";
import { Logo } from "./logo.tsx";
import { SchemeToggle } from "./scheme-toggle.tsx";
import styles from "./shell.module.css";
import { TradingStateBadge } from "./trading-state.tsx";

function Figure(props: { name: string; optional?: boolean; children: ReactNode }) {
  return (
    <div className={props.optional ? `${styles.figure} ${styles.optional}` : styles.figure}>
      <span className={styles.figureName}>{props.name}</span>
      <span className={styles.figureValue}>{props.children}</span>
    </div>
  );
}

export function TopBar() {
  const [location] = useLocation();
  const openKillSwitch = useKillSwitch();
  return (
    <header className={styles.bar}>
      <span className={styles.phoneOnly}>
        <Logo className={styles.mark} size={24} />
      </span>
      <TradingStateBadge />
      {location !== "/" && <Figures />}
      <div className={styles.right}>
        <span className={styles.phoneOnly}>
          <LineState />
          <SchemeToggle />
        </span>
        <Clock />
        <Button
          variant="outline"
          color="red"
          size="xs"
          leftSection={<IconHandStop size={16} stroke={1.8} />}
          onClick={() => openKillSwitch({ mode: "halt" })}
        >
          Kill switch
        </Button>
      </div>
    </header>
  );
}

/** Home shows these large; every other page keeps them in sight here. */
function Figures() {
  const { data: risk, isError } = useRisk();
  const status = useStatus().data;
  return (
    <div className={styles.figures} data-stale={isError}>
      <Figure name="Day profit">
        <Profit value={risk?.dayProfit} />
      </Figure>
      <Figure name="Money at risk">
        <Money value={risk?.moneyAtRisk} />
      </Figure>
      <Figure name="Open orders">{risk ? formatQuantity(risk.openOrders) : <Unknown />}</Figure>
      <Figure name="Ticks/s" optional>
        {status ? formatQuantity(Math.round(status.feed.ticksPerSecond)) : <Unknown />}
      </Figure>
    </div>
  );
}

function Clock() {
  const now = useNow();
  return (
    <time className={styles.clock} dateTime={new Date(now).toISOString()}>
      {formatDay(now)} <span className={styles.clockTime}>{formatClock(now)}</span>
    </time>
  );
}
