/** The watchlist. Each row subscribes itself while it is on screen and renders by itself. */
import { IconListSearch } from "@tabler/icons-react";
import { saveWatchlist } from "../../api/actions.ts";
import { useWatchlist } from "../../api/queries.ts";
import { Answer, Empty, Panel, StaleNote } from "../../components/panel.tsx";
import { FailureNote } from "../../components/refusal.tsx";
import { useAction } from "../../components/use-action.ts";
import { AddInstrument } from "./add-instrument.tsx";
import styles from "./market.module.css";
import { WatchRow } from "./watch-row.tsx";

export function Watchlist({ selected }: { selected: string | undefined }) {
  const watchlist = useWatchlist();
  const save = useAction(saveWatchlist);
  const items = watchlist.data?.items ?? [];
  const add = (instrument: string): void => {
    if (items.some((item) => item.instrument === instrument)) return;
    void save.run([...items, { instrument, weight: 1 }]);
  };
  const remove = (instrument: string): void =>
    void save.run(items.filter((item) => item.instrument !== instrument));
  return (
    <Panel
      title="Watchlist"
      flush
      note={<StaleNote query={watchlist} />}
      actions={<AddInstrument disabled={watchlist.data === undefined || save.busy} onAdd={add} />}
    >
      {save.failure && (
        <div style={{ padding: 12 }}>
          <FailureNote failure={save.failure} />
        </div>
      )}
      <Answer query={watchlist} rows={10}>
        {(list) =>
          list.items.length === 0 ? (
            <Empty
              icon={<IconListSearch size={20} stroke={1.6} />}
              title="Nothing watched yet"
              text="Search for an instrument above to add it. Prices come live from then on."
            />
          ) : (
            <table className={styles.table} aria-label="Watchlist">
              <thead>
                <tr>
                  <th scope="col">Instrument</th>
                  <th scope="col">Last day</th>
                  <th scope="col">Last</th>
                  <th scope="col" className={styles.optional}>
                    Bid / ask
                  </th>
                  <th scope="col" className={styles.optional}>
                    Volume
                  </th>
                  <th>
                    <span className="tl-hidden">Actions</span>
                  </th>
                </tr>
              </thead>
              <tbody>
                {list.items.map(({ instrument }) => (
                  <WatchRow
                    key={instrument}
                    instrument={instrument}
                    selected={instrument === selected}
                    onRemove={remove}
                  />
                ))}
              </tbody>
            </table>
          )
        }
      </Answer>
    </Panel>
  );
}
