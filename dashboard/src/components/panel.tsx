/** A titled part of a page, and the four things it can say instead of its content. */
import { Button, Skeleton } from "@mantine/core";
import { IconAlertTriangle, IconClockPause, IconInbox } from "@tabler/icons-react";
import type { UseQueryResult } from "@tanstack/react-query";
import { useId, type ReactNode } from "react";
import type { ApiFailure } from "../api/client.ts";
import { formatClock } from "../format/time.ts";
import styles from "./panel.module.css";

interface PanelProps {
  title: string;
  note?: ReactNode;
  actions?: ReactNode;
  /** Lets content reach the edges: tables do. */
  flush?: boolean;
  children: ReactNode;
}

export function Panel({ title, note, actions, flush = false, children }: PanelProps) {
  const titleId = useId();
  return (
    <section className={styles.panel} aria-labelledby={titleId}>
      <header className={styles.head}>
        <h2 className={styles.title} id={titleId}>
          {title}
        </h2>
        {note !== undefined && <span className={styles.note}>{note}</span>}
        {actions !== undefined && <div className={styles.actions}>{actions}</div>}
      </header>
      <div className={flush ? styles.flush : styles.body}>{children}</div>
    </section>
  );
}

export function Empty(props: {
  title: string;
  text: string;
  icon?: ReactNode;
  action?: ReactNode;
}) {
  return (
    <div className={styles.state}>
      <span className={styles.stateIcon}>{props.icon ?? <IconInbox size={20} stroke={1.6} />}</span>
      <span className={styles.stateTitle}>{props.title}</span>
      <span className={styles.stateText}>{props.text}</span>
      {props.action !== undefined && <div className={styles.stateAction}>{props.action}</div>}
    </div>
  );
}

export function Failed({ failure, retry }: { failure: ApiFailure; retry: () => void }) {
  return (
    <div className={styles.state} role="alert">
      <span className={styles.stateIcon} data-tone="bad">
        <IconAlertTriangle size={20} stroke={1.6} />
      </span>
      <span className={styles.stateTitle}>This could not be read</span>
      <span className={styles.stateText}>
        {failure.message} <span className="tl-quiet">({failure.code})</span>
      </span>
      <div className={styles.stateAction}>
        <Button variant="default" size="xs" onClick={retry}>
          Try again
        </Button>
      </div>
    </div>
  );
}

export function Loading({ rows = 4 }: { rows?: number }) {
  return (
    <div className={styles.loading} aria-busy="true" aria-label="Loading">
      {Array.from({ length: rows }, (_, row) => (
        <Skeleton key={row} height={14} width={`${92 - ((row * 17) % 40)}%`} radius="sm" />
      ))}
    </div>
  );
}

/** Says that what is shown is old, since when, and that it is being read again. */
export function StaleNote({
  query,
}: {
  query: Pick<UseQueryResult, "isError" | "data" | "dataUpdatedAt">;
}) {
  if (!query.isError || query.data === undefined) return null;
  return (
    <span className={styles.stale} role="status">
      <IconClockPause size={14} stroke={1.8} />
      As of {formatClock(query.dataUpdatedAt)}, not refreshed since
    </span>
  );
}

/** The part of a query that showing its answer needs. */
export interface Readable<T> {
  data: T | undefined;
  error: ApiFailure | null;
  isError: boolean;
  refetch: () => Promise<unknown>;
}

interface AnswerProps<T> {
  query: Readable<T>;
  rows?: number;
  /** Shown for an empty list. Never for a failed read: a failed query is not "nothing there". */
  empty?: ReactNode;
  children: (data: T) => ReactNode;
}

/** Shows an answer, or that it loads, failed or is empty. */
export function Answer<T>({ query, rows, empty, children }: AnswerProps<T>) {
  if (query.data === undefined) {
    if (query.isError && query.error) {
      return <Failed failure={query.error} retry={() => void query.refetch()} />;
    }
    return rows === undefined ? <Loading /> : <Loading rows={rows} />;
  }
  if (empty !== undefined && Array.isArray(query.data) && query.data.length === 0) return empty;
  return children(query.data);
}
