/** Changes one trip: its switch, what it latches, whether it flattens, and its bounds. */
import { Modal, SegmentedControl, Switch, TextInput } from "@mantine/core";
import { useState } from "react";
import { changeTrips } from "../../api/controls.ts";
import formStyles from "../../components/form.module.css";
import { ReasonForm } from "../../components/reason-form.tsx";
import { useAction } from "../../components/use-action.ts";
import type { TripView } from "../../../../src/contract/risk-controls.ts";
import { TRIP_WORDS } from "../../format/words.ts";
import { BOUND_WORDS, readBounds, typedBounds, type BoundName } from "./trip-bounds.ts";

const LATCHES = [
  { value: "reducing", label: "Latches reducing" },
  { value: "halted", label: "Latches halted" },
];

export function TripEditor({ trip, close }: { trip: TripView | null; close: () => void }) {
  return (
    <Modal
      opened={trip !== null}
      onClose={close}
      title={trip === null ? "" : `Trip: ${TRIP_WORDS[trip.trip]}`}
    >
      {trip && <TripForm trip={trip} close={close} />}
    </Modal>
  );
}

function TripForm({ trip, close }: { trip: TripView; close: () => void }) {
  const [on, setOn] = useState(trip.on);
  const [state, setState] = useState(trip.state);
  const [flatten, setFlatten] = useState(trip.flatten);
  const [typed, setTyped] = useState(() => typedBounds(trip));
  const change = useAction(changeTrips);
  const read = readBounds(typed);
  const type = (name: BoundName, text: string): void =>
    setTyped(typed.map(([one, value]) => [one, one === name ? text : value]));
  const send = async (reason: string): Promise<unknown> => {
    if (!read.ok) return null;
    const bounds = typed.length > 0 ? { bounds: read.value } : {};
    return change.run({ changes: [{ trip: trip.trip, on, state, flatten, ...bounds }], reason });
  };
  return (
    <ReasonForm
      press="Set trip"
      isReady={read.ok}
      busy={change.busy}
      failure={change.failure}
      send={send}
      close={close}
    >
      <Switch
        label="Switched on"
        checked={on}
        onChange={(event) => setOn(event.currentTarget.checked)}
      />
      <SegmentedControl
        aria-label="Latches"
        data={LATCHES}
        value={state}
        onChange={(value) => setState(value === "halted" ? "halted" : "reducing")}
        fullWidth
      />
      <Switch
        label="Flatten: close the positions of its scope when it halts"
        checked={flatten}
        disabled={state !== "halted"}
        onChange={(event) => setFlatten(event.currentTarget.checked)}
      />
      {typed.length > 0 && (
        <div className={formStyles.row}>
          {typed.map(([name, value]) => (
            <TextInput
              key={name}
              label={BOUND_WORDS[name]}
              inputMode={name === "instrument" ? "text" : "decimal"}
              autoComplete="off"
              spellCheck={false}
              value={value}
              onChange={(event) => type(name, event.currentTarget.value)}
            />
          ))}
        </div>
      )}
      {!read.ok && (
        <span className={formStyles.wrong} role="alert">
          {read.error}
        </span>
      )}
    </ReasonForm>
  );
}
