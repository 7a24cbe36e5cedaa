/** Tells which level's limit holds for one algo in one instrument. */
import { TextInput } from "@mantine/core";
import { useState } from "react";
import { useLimits } from "../../api/queries.ts";
import { DataTable, type Column } from "../../components/data-table.tsx";
import formStyles from "../../components/form.module.css";
import { Answer, Panel, StaleNote } from "../../components/panel.tsx";
import { formatQuantity } from "../../format/number.ts";
import { LIMIT_WORDS } from "../../format/words.ts";
import { bindingLimits, type BindingLimit } from "./binding-limits.ts";
import { LimitValue } from "./limit-value.tsx";

const COLUMNS: Column<BindingLimit>[] = [
  { name: "name", header: "Limit", phone: "title", cell: (row) => LIMIT_WORDS[row.name].label },
  {
    name: "value",
    header: "Holds",
    align: "right",
    phone: "end",
    cell: ({ name, value }) => <LimitValue name={name} value={value} />,
  },
  { name: "scope", header: "Level that binds", cell: (row) => <strong>{row.scope}</strong> },
  {
    name: "others",
    header: "Other levels",
    wrap: true,
    phone: "wide",
    cell: ({ others }) =>
      others.map(({ scope, value }) => `${scope} ${formatQuantity(value)}`).join(", "),
  },
];

export function Binding() {
  const limits = useLimits();
  const [algoId, setAlgoId] = useState("");
  const [instrument, setInstrument] = useState("");
  return (
    <Panel
      title="What binds"
      note={
        limits.isError ? <StaleNote query={limits} /> : "the tightest level, for an algo's order"
      }
    >
      <div className={formStyles.form}>
        <div className={formStyles.row}>
          <TextInput
            label="Algo"
            placeholder="momentum"
            autoComplete="off"
            spellCheck={false}
            value={algoId}
            onChange={(event) => setAlgoId(event.currentTarget.value)}
          />
          <TextInput
            label="Instrument"
            placeholder="NSE:INFY"
            autoComplete="off"
            spellCheck={false}
            value={instrument}
            onChange={(event) => setInstrument(event.currentTarget.value)}
          />
        </div>
        {algoId.trim() === "" && instrument.trim() === "" ? (
          <p className={formStyles.hint}>
            Name an algo, an instrument or both: each limit that holds for them is shown with the
            level that sets it.
          </p>
        ) : (
          <Answer query={limits} rows={6}>
            {(rows) => (
              <DataTable
                rows={bindingLimits(rows, algoId.trim(), instrument.trim())}
                columns={COLUMNS}
                rowName={(row) => row.name}
                label="What binds"
              />
            )}
          </Answer>
        )}
      </div>
    </Panel>
  );
}
