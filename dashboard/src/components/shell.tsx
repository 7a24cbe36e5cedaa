/** The room round every page: the rail of pages, the figures that are always in sight, and the kill switch. */
import { useEffect, useRef, type ReactNode } from "react";
import { useLocation } from "wouter";
import { useStreamLine } from "../api/live.ts";
import { useStatus } from "../api/queries.ts";
import { KillSwitchProvider } from "./kill-switch.tsx";
import { Notices } from "./notices.tsx";
import { Rail } from "./rail.tsx";
import styles from "./shell.module.css";
import { TopBar } from "./top-bar.tsx";

export function Shell({ children }: { children: ReactNode }) {
  const taken = useStatus().data !== undefined;
  useStreamLine(taken);
  const main = useRef<HTMLElement>(null);
  const [path] = useLocation();
  const page = path.split("/")[1] ?? "";
  const shown = useRef(page);
  useEffect(() => {
    // A new page starts at its top, and a screen reader at its content.
    if (shown.current === page) return;
    shown.current = page;
    window.scrollTo(0, 0);
    main.current?.focus({ preventScroll: true });
  }, [page]);
  return (
    <KillSwitchProvider>
      <a className={styles.skip} href="#main">
        Skip to content
      </a>
      <div className={styles.shell}>
        <Rail />
        <div className={styles.top}>
          <TopBar />
          <Notices />
        </div>
        <main className={styles.main} id="main" ref={main} tabIndex={-1}>
          {children}
        </main>
      </div>
    </KillSwitchProvider>
  );
}
