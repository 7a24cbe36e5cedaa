/** The simulated exchange: its pace, its hours, and the faults it can be told to have. */
import { Button, NumberInput, SegmentedControl, Select, TextInput } from "@mantine/core";
import { useState, type FormEvent } from "react";
import { setPaperFault, setPaperMarket } from "../../api/actions.ts";
import { useBrokers, usePaper } from "../../api/queries.ts";
import { DataTable, type Column } from "../../components/data-table.tsx";
import { Facts } from "../../components/facts.tsx";
import pageStyles from "../../components/page.module.css";
import { Answer, Empty, Panel, StaleNote } from "../../components/panel.tsx";
import { FailureNote } from "../../components/refusal.tsx";
import { useAction } from "../../components/use-action.ts";
import {
  PAPER_FAULTS,
  PAPER_TICKS_PER_SECOND_MAX,
  type PaperView,
} from "../../../../src/contract/paper.ts";
import { formatQuantity } from "../../format/number.ts";
import { plain } from "../../format/words.ts";
import styles from "./system.module.css";

/** The simulated exchanges: each has its own pace and faults. */
function usePaperAccounts(): string[] {
  const brokers = useBrokers().data ?? [];
  const named = brokers.map(({ broker }) => broker).filter((broker) => broker.startsWith("paper"));
  return named.length > 0 ? named : [FIRST_ACCOUNT];
}

const FIRST_ACCOUNT = "paper";

export function PaperMarket() {
  const accounts = usePaperAccounts();
  const [account, setAccount] = useState(FIRST_ACCOUNT);
  const paper = usePaper(account);
  return (
    <div className={pageStyles.stack}>
      <Panel
        title={`Paper market ${account}`}
        note={<StaleNote query={paper} />}
        actions={
          accounts.length > 1 && (
            <SegmentedControl
              aria-label="Paper account"
              data={accounts}
              value={account}
              onChange={setAccount}
            />
          )
        }
      >
        <Answer query={paper} rows={3}>
          {(view) => <Facts facts={figures(view)} />}
        </Answer>
      </Panel>
      {paper.data && (
        <div className={pageStyles.pair} key={account}>
          <Panel title="Pace and hours">
            <MarketForm account={account} view={paper.data} />
          </Panel>
          <Panel title="Faults" flush>
            <FaultForm account={account} />
            <Faults view={paper.data} />
          </Panel>
        </div>
      )}
    </div>
  );
}

function figures(view: PaperView) {
  const replay = view.replay;
  return [
    { name: "Mode", value: view.mode },
    { name: "Ticks per second", value: formatQuantity(view.ticksPerSecond) },
    { name: "Hours", value: view.hours },
    { name: "Subscriptions", value: formatQuantity(view.subscriptions) },
    { name: "Connections", value: formatQuantity(view.connections.length) },
    { name: "Ticks sent", value: formatQuantity(view.ticksSent) },
    { name: "Orders received", value: formatQuantity(view.ordersReceived) },
    ...(replay === null
      ? [{ name: "Seed", value: view.seed }]
      : [{ name: "Replayed", value: `${replay.played} of ${replay.ticks}` }]),
  ];
}

const HOURS = [
  { value: "always", label: "Open around the clock" },
  { value: "exchange", label: "Each exchange’s own hours" },
];

function MarketForm({ account, view }: { account: string; view: PaperView }) {
  const [ticksPerSecond, setTicksPerSecond] = useState<number | string>(view.ticksPerSecond);
  const [hours, setHours] = useState<string>(view.hours);
  const change = useAction(setPaperMarket);
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    void change.run(account, { ticksPerSecond: Number(ticksPerSecond), hours });
  };
  return (
    <form style={{ display: "grid", gap: 12 }} onSubmit={submit}>
      <div className={styles.controls}>
        <NumberInput
          label="Ticks per second"
          w={150}
          min={0}
          max={PAPER_TICKS_PER_SECOND_MAX}
          thousandSeparator=","
          value={ticksPerSecond}
          onChange={setTicksPerSecond}
        />
        <Select
          label="Hours"
          data={HOURS}
          value={hours}
          onChange={(value) => setHours(value ?? view.hours)}
        />
        <Button type="submit" variant="default" loading={change.busy}>
          Apply
        </Button>
      </div>
      <FailureNote failure={change.failure} />
    </form>
  );
}

const FAULTS = PAPER_FAULTS.map((value) => ({ value, label: plain(value) }));
const DEFAULT_DURATION_MS = 5_000;

function FaultForm({ account }: { account: string }) {
  const [instrument, setInstrument] = useState("");
  const [fault, setFault] = useState<string>("drop_feed_socket");
  const [count, setCount] = useState<number | string>(1);
  const [durationMs, setDurationMs] = useState<number | string>(DEFAULT_DURATION_MS);
  const set = useAction(setPaperFault);
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    const only = instrument.trim() === "" ? {} : { instrument: instrument.trim() };
    void set.run(account, { fault, count: Number(count), durationMs: Number(durationMs), ...only });
  };
  return (
    <form style={{ display: "grid", gap: 12, padding: 16 }} onSubmit={submit}>
      <div className={styles.controls}>
        <Select
          label="Fault"
          data={FAULTS}
          value={fault}
          searchable
          onChange={(value) => setFault(value ?? fault)}
        />
        <NumberInput label="Times" w={80} min={0} value={count} onChange={setCount} />
        <NumberInput
          label="For"
          w={110}
          min={1}
          suffix=" ms"
          value={durationMs}
          onChange={setDurationMs}
        />
        <TextInput
          label="Instrument"
          placeholder="every one"
          w={150}
          autoComplete="off"
          spellCheck={false}
          value={instrument}
          onChange={(event) => setInstrument(event.currentTarget.value)}
        />
        <Button type="submit" variant="default" loading={set.busy}>
          Set fault
        </Button>
      </div>
      <FailureNote failure={set.failure} />
    </form>
  );
}

type Fault = PaperView["faults"][number];

const FAULT_COLUMNS: Column<Fault>[] = [
  { name: "fault", header: "Fault", phone: "title", cell: (row) => plain(row.fault) },
  { name: "left", header: "Left", align: "right", cell: (row) => formatQuantity(row.left) },
  { name: "struck", header: "Struck", align: "right", cell: (row) => formatQuantity(row.struck) },
];

function Faults({ view }: { view: PaperView }) {
  if (view.faults.length === 0) {
    return <Empty title="No faults set" text="The paper broker behaves well." />;
  }
  return (
    <DataTable
      rows={view.faults}
      columns={FAULT_COLUMNS}
      rowName={(row) => row.fault}
      label="Faults"
    />
  );
}
