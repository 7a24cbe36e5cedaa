/** Rows as a table on a wide screen and as cards on a phone, from one description of the columns. */
import { Button } from "@mantine/core";
import { Fragment, type MouseEvent, type ReactNode } from "react";
import type { PagedResult } from "../api/queries.ts";
import { rowsOf } from "../api/queries.ts";
import styles from "./data-table.module.css";
import { Answer, Loading, type Readable } from "./panel.tsx";
import { usePhone } from "./use-phone.ts";

export interface Column<T> {
  name: string;
  header: string;
  cell: (row: T) => ReactNode;
  align?: "left" | "right";
  /** Long text: may break over lines. */
  wrap?: boolean;
  /** False leaves it out of the table: another column says it there. `below`: over the row's whole width, under it, where there is something to say. */
  wide?: boolean | "below";
  /** Where it goes on a phone: in the card's first line, or among its facts, or nowhere. */
  phone?: "title" | "end" | "fact" | "wide" | "none";
}

interface DataTableProps<T> {
  rows: readonly T[];
  columns: readonly Column<T>[];
  rowName: (row: T) => string;
  label: string;
  /** Rows stand under the heading this gives, in the order in which the headings come. */
  groupOf?: (row: T) => string;
  renderGroup?: (group: string, rows: readonly T[]) => ReactNode;
  /** Opens more about a row: by a press anywhere on it, or by its button. */
  openRow?: (row: T) => void;
  /** What can be done to a row; stands at its end. */
  renderActions?: (row: T) => ReactNode;
}

export function DataTable<T>(props: DataTableProps<T>) {
  return usePhone() ? <Cards {...props} /> : <Table {...props} />;
}

function grouped<T>({ rows, groupOf }: DataTableProps<T>): [string, T[]][] {
  const groups = new Map<string, T[]>();
  for (const row of rows) {
    const name = groupOf?.(row) ?? "";
    const group = groups.get(name);
    if (group) group.push(row);
    else groups.set(name, [row]);
  }
  return [...groups];
}

/** A press on what acts by itself is not one on the row. */
const isOnRow = ({ target }: MouseEvent): boolean =>
  target instanceof Element && target.closest("a, button") === null;

/** The row's own button first: a press on the row is for pointers only. */
function actionsOf<T>(props: DataTableProps<T>): DataTableProps<T>["renderActions"] {
  const { openRow, renderActions, rowName } = props;
  if (openRow === undefined) return renderActions;
  return (row) => (
    <>
      <Button
        variant="default"
        size="compact-xs"
        aria-label={`History of ${rowName(row)}`}
        onClick={() => openRow(row)}
      >
        History
      </Button>
      {renderActions?.(row)}
    </>
  );
}

function Table<T>(props: DataTableProps<T>) {
  const { rowName, label, renderGroup, openRow } = props;
  const renderActions = actionsOf(props);
  const columns = props.columns.filter(({ wide = true }) => wide === true);
  const below = props.columns.find(({ wide }) => wide === "below");
  const width = columns.length + (renderActions ? 1 : 0);
  return (
    <div className={styles.wrap}>
      <table className={styles.table} aria-label={label}>
        <thead>
          <tr>
            {columns.map((column) => (
              <th key={column.name} data-align={column.align} scope="col">
                {column.header}
              </th>
            ))}
            {renderActions && (
              <th scope="col">
                <span className="tl-hidden">Actions</span>
              </th>
            )}
          </tr>
        </thead>
        <tbody>
          {grouped(props).map(([group, rows]) => (
            <Fragment key={group}>
              {renderGroup && (
                <tr className={styles.group}>
                  <td colSpan={width}>{renderGroup(group, rows)}</td>
                </tr>
              )}
              {rows.map((row) => {
                const note = below?.cell(row) ?? "";
                const press = {
                  "data-opens": openRow !== undefined,
                  onClick: openRow && ((event: MouseEvent) => isOnRow(event) && openRow(row)),
                };
                return (
                  <Fragment key={rowName(row)}>
                    <tr {...press} data-noted={note !== ""}>
                      {columns.map((column) => (
                        <td key={column.name} data-align={column.align} data-wrap={column.wrap}>
                          {column.cell(row)}
                        </td>
                      ))}
                      {renderActions && (
                        <td>
                          <span className={styles.actions}>{renderActions(row)}</span>
                        </td>
                      )}
                    </tr>
                    {note !== "" && (
                      <tr {...press} className={styles.below}>
                        <td colSpan={width}>{note}</td>
                      </tr>
                    )}
                  </Fragment>
                );
              })}
            </Fragment>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Cards<T>(props: DataTableProps<T>) {
  const { columns, rowName, label, renderGroup } = props;
  const renderActions = actionsOf(props);
  const at = (place: Column<T>["phone"]): Column<T>[] =>
    columns.filter((column) => (column.phone ?? "fact") === place);
  return (
    <div className={styles.cards} role="list" aria-label={label}>
      {grouped(props).map(([group, rows]) => (
        <Fragment key={group}>
          {renderGroup && (
            <div className={`${styles.card} ${styles.cardGroup}`}>
              <div className="tl-strong">{renderGroup(group, rows)}</div>
            </div>
          )}
          {rows.map((row) => (
            <div className={styles.card} role="listitem" key={rowName(row)}>
              <div className={styles.cardTop}>
                <span className={styles.cardTitle}>
                  {at("title").map((column) => (
                    <span key={column.name}>{column.cell(row)}</span>
                  ))}
                </span>
                <span className={styles.cardEnd}>
                  {at("end").map((column) => (
                    <span key={column.name}>{column.cell(row)}</span>
                  ))}
                </span>
              </div>
              <dl className={styles.facts}>
                {[...at("fact"), ...at("wide")].map((column) => (
                  <div
                    className={styles.fact}
                    key={column.name}
                    data-wide={column.phone === "wide"}
                  >
                    <dt>{column.header}</dt>
                    <dd>{column.cell(row)}</dd>
                  </div>
                ))}
              </dl>
              {renderActions && <span className={styles.actions}>{renderActions(row)}</span>}
            </div>
          ))}
        </Fragment>
      ))}
    </div>
  );
}

interface PagedTableProps<T> extends Omit<DataTableProps<T>, "rows"> {
  query: PagedResult<T>;
  empty: ReactNode;
  /** False shows the first page only. */
  withMore?: boolean;
}

/** Two lines in one cell: what one looks for, and below it quietly what belongs to it. */
export function TwoLines({ first, second }: { first: ReactNode; second: ReactNode }) {
  return (
    <span className={styles.twoLines}>
      <span>{first}</span>
      <span className={styles.second}>{second}</span>
    </span>
  );
}

/** The rows of all pages read so far, as one answer. */
export function readable<T>(query: PagedResult<T>, rows: T[] | undefined): Readable<T[]> {
  const { error, isError, refetch } = query;
  return { data: rows, error, isError, refetch };
}

/** A table that reads on when asked: newest rows first. A page without rows is no end where there is another after it. */
export function PagedTable<T>({ query, empty, withMore = true, ...table }: PagedTableProps<T>) {
  const rows = rowsOf(query.data);
  const more = withMore && query.hasNextPage && <More query={query} shown={rows?.length ?? 0} />;
  return (
    <Answer query={readable(query, rows)} empty={more || empty} rows={8}>
      {(shown) => (
        <>
          <DataTable rows={shown} {...table} />
          {more}
        </>
      )}
    </Answer>
  );
}

function More<T>({ query, shown }: { query: PagedResult<T>; shown: number }) {
  if (query.isFetchingNextPage) return <Loading rows={2} />;
  return (
    <div className={styles.more}>
      {shown === 0 ? "None so far, and there are older ones" : `${shown} shown`}
      <Button variant="default" size="xs" onClick={() => void query.fetchNextPage()}>
        Show more
      </Button>
    </div>
  );
}
