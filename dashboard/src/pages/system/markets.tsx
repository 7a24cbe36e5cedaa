/** Markets: the algos' end of the stream. How full each is, how many sockets one takes, and how one is emptied. */
import { Button, NumberInput } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useState, type FormEvent } from "react";
import { openMarket, setMarketSockets, useMarkets } from "../../api/feeds.ts";
import { Badge } from "../../components/badge.tsx";
import { DataTable, TwoLines, type Column } from "../../components/data-table.tsx";
import { Answer, Empty, Panel, StaleNote } from "../../components/panel.tsx";
import { FailureNote } from "../../components/refusal.tsx";
import { useAction } from "../../components/use-action.ts";
import type { MarketView } from "../../../../src/contract/markets.ts";
import { formatCompact, formatQuantity } from "../../format/number.ts";
import { formatClock } from "../../format/time.ts";
import { plain, type Tone } from "../../format/words.ts";
import { DrainMarket } from "./drain-market.tsx";
import styles from "./system.module.css";

/** What a market can be told to take is bounded by the platform; this only keeps slips out of the field. */
const SOCKETS_TYPED_MAX = 1_000_000;

const TONES: Record<MarketView["state"], Tone> = {
  open: "good",
  full: "warn",
  draining: "warn",
  drained: "calm",
  unreachable: "bad",
};

const COLUMNS: Column<MarketView>[] = [
  {
    name: "market",
    header: "Market",
    phone: "title",
    cell: (row) => <strong>{row.market}</strong>,
  },
  {
    name: "state",
    header: "State",
    phone: "end",
    cell: (row) => <Badge tone={TONES[row.state]}>{plain(row.state)}</Badge>,
  },
  {
    name: "sockets",
    header: "Sockets",
    align: "right",
    cell: (row) => (
      <>
        {formatQuantity(row.sockets)}{" "}
        <span className="tl-quiet">of {formatQuantity(row.socketsMax)}</span>
      </>
    ),
  },
  {
    name: "instruments",
    header: "Instruments",
    align: "right",
    cell: (row) => formatQuantity(row.instruments),
  },
  {
    name: "deliveries",
    header: "Deliveries/s",
    align: "right",
    cell: (row) => formatQuantity(Math.round(row.deliveriesPerSecond)),
  },
  {
    name: "buffered",
    header: "Buffered",
    align: "right",
    cell: (row) => `${formatCompact(row.bufferedBytes)} B`,
  },
  {
    name: "conflating",
    header: "Conflating",
    align: "right",
    cell: (row) => (
      <span className={row.laggingSockets > 0 ? "tl-strong" : "tl-quiet"}>
        {formatQuantity(row.laggingSockets)}
      </span>
    ),
  },
  {
    name: "drain",
    header: "Drain",
    wrap: true,
    phone: "wide",
    cell: ({ drain }) =>
      drain && (
        <TwoLines
          first={`closes ${plain(drain.close)}: ${drain.reason}`}
          second={`${drain.by}, ${formatClock(drain.since)}`}
        />
      ),
  },
];

export function Markets() {
  const markets = useMarkets();
  const [emptied, setEmptied] = useState<string | null>(null);
  const reopen = useAction(openMarket);
  const first = markets.data?.[0];
  return (
    <Panel
      title="Markets"
      flush
      note={<StaleNote query={markets} />}
      actions={first && <SocketsForm key={first.socketsMax} stored={first.socketsMax} />}
    >
      <FailureNote failure={reopen.failure} />
      <Answer
        query={markets}
        rows={3}
        empty={<Empty title="No markets" text="A market opens with the first stream." />}
      >
        {(rows) => (
          <DataTable
            rows={rows}
            columns={COLUMNS}
            rowName={(row) => row.market}
            label="Markets"
            renderActions={({ market, drain }) =>
              drain === null ? (
                <Button
                  variant="default"
                  size="compact-xs"
                  aria-label={`Drain ${market}`}
                  onClick={() => setEmptied(market)}
                >
                  Drain
                </Button>
              ) : (
                <Button
                  variant="default"
                  size="compact-xs"
                  aria-label={`Let ${market} take again`}
                  loading={reopen.busy}
                  onClick={() => void reopen.run(market)}
                >
                  Take again
                </Button>
              )
            }
          />
        )}
      </Answer>
      <DrainMarket market={emptied} close={() => setEmptied(null)} />
    </Panel>
  );
}

function SocketsForm({ stored }: { stored: number }) {
  const [sockets, setSockets] = useState<number | string>(stored);
  const change = useAction(setMarketSockets);
  const isValid = Number.isInteger(sockets) && Number(sockets) >= 1;
  const submit = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    if ((await change.run(Number(sockets))) === null) return;
    notifications.show({ message: `New sockets: ${formatQuantity(Number(sockets))} a market.` });
  };
  return (
    <form className={styles.controls} onSubmit={(event) => void submit(event)}>
      <FailureNote failure={change.failure} />
      <NumberInput
        aria-label="Sockets a market"
        size="xs"
        w={150}
        suffix=" sockets each"
        min={1}
        max={SOCKETS_TYPED_MAX}
        thousandSeparator=","
        allowDecimal={false}
        value={sockets}
        onChange={setSockets}
      />
      <Button
        type="submit"
        size="xs"
        variant="default"
        loading={change.busy}
        disabled={!isValid || sockets === stored}
      >
        Apply
      </Button>
    </form>
  );
}
