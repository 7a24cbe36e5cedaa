/** The pages, and at its foot who is signed in and the colour scheme. On a phone it is the bar at the bottom. */
import { ActionIcon, Tooltip } from "@mantine/core";
import {
  IconBriefcase,
  IconChartCandle,
  IconHome,
  IconListDetails,
  IconLogout,
  IconShieldHalf,
  IconTopologyStar3,
} from "@tabler/icons-react";
import { Link, useLocation } from "wouter";
import { useOpenOrders, useProfile } from "../api/queries.ts";
import { signOut, useSession } from "../api/session.ts";
import { LineState } from "./line-state.tsx";
import { Logo } from "./logo.tsx";
import { SchemeToggle } from "./scheme-toggle.tsx";
import styles from "./shell.module.css";

const PAGES = [
  { path: "/", label: "Home", icon: IconHome },
  { path: "/market", label: "Market", icon: IconChartCandle },
  { path: "/orders", label: "Orders", icon: IconListDetails },
  { path: "/positions", label: "Positions", icon: IconBriefcase },
  { path: "/risk", label: "Risk", icon: IconShieldHalf },
  { path: "/system", label: "System", icon: IconTopologyStar3 },
] as const;

function isAt(location: string, path: string): boolean {
  return path === "/" ? location === "/" : location === path || location.startsWith(`${path}/`);
}

export function Rail() {
  const [location] = useLocation();
  const open = useOpenOrders().data?.length ?? 0;
  return (
    <aside className={styles.rail}>
      <Link className={styles.brand} href="/" aria-label="Trunkline">
        <Logo className={styles.mark} />
        Trunkline
      </Link>
      <nav className={styles.nav} aria-label="Pages">
        {PAGES.map(({ path, label, icon: Icon }) => (
          <Link
            key={path}
            href={path}
            className={styles.link}
            aria-label={label}
            aria-current={isAt(location, path) ? "page" : undefined}
          >
            <Icon size={19} stroke={1.7} aria-hidden="true" />
            {label}
            {path === "/orders" && open > 0 && <span className={styles.count}>{open}</span>}
          </Link>
        ))}
      </nav>
      <Foot />
    </aside>
  );
}

function Foot() {
  const profile = useProfile();
  const { key } = useSession();
  const name =
    profile.data?.displayName ||
    profile.data?.email ||
    (key === null ? "Signed in" : "Development key");
  return (
    <div className={styles.foot}>
      <LineState />
      <div className={styles.who}>
        <span className={styles.whoName} title={profile.data?.email}>
          {name}
        </span>
        <span style={{ display: "flex" }}>
          <SchemeToggle />
          {key !== null && (
            <Tooltip label="Sign out of this tab">
              <ActionIcon aria-label="Sign out" onClick={signOut}>
                <IconLogout size={17} stroke={1.7} />
              </ActionIcon>
            </Tooltip>
          )}
        </span>
      </div>
    </div>
  );
}
