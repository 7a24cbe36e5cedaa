/** Which region may trade, under which epoch, and the door to take that over. */
import { Button, Modal, TextInput } from "@mantine/core";
import { useState } from "react";
import { takeLease } from "../../api/controls.ts";
import { useRiskControls } from "../../api/queries.ts";
import { Badge } from "../../components/badge.tsx";
import { Facts } from "../../components/facts.tsx";
import { Moment } from "../../components/figures.tsx";
import { Answer, Panel, StaleNote } from "../../components/panel.tsx";
import { ReasonForm } from "../../components/reason-form.tsx";
import { useAction } from "../../components/use-action.ts";
import type { LeaseView } from "../../../../src/contract/risk-controls.ts";

export function Lease() {
  const controls = useRiskControls();
  const [opened, setOpened] = useState(false);
  const close = (): void => setOpened(false);
  const lease = controls.data?.lease;
  return (
    <Panel
      title="Lease"
      note={controls.isError ? <StaleNote query={controls} /> : "the region that may trade"}
      actions={
        <Button variant="default" size="xs" disabled={!lease} onClick={() => setOpened(true)}>
          Take the lease
        </Button>
      }
    >
      <Answer query={controls} rows={2}>
        {(view) => <Facts facts={factsOf(view.lease)} />}
      </Answer>
      <Modal opened={opened} onClose={close} title="Take the lease">
        {opened && lease && <LeaseForm held={lease} close={close} />}
      </Modal>
    </Panel>
  );
}

const factsOf = ({ region, epoch, by, since, reason, unconfirmed }: LeaseView) => [
  { name: "Region", value: region },
  { name: "Epoch", value: epoch },
  { name: "Since", value: since === 0 ? "the start" : <Moment at={since} /> },
  { name: "Taken by", value: by },
  { name: "Reason", value: reason },
  {
    name: "Gateways",
    value:
      unconfirmed.length === 0 ? (
        "all confirmed"
      ) : (
        <Badge tone="bad">not confirmed by {unconfirmed.join(", ")}</Badge>
      ),
  },
];

function LeaseForm({ held, close }: { held: LeaseView; close: () => void }) {
  const [region, setRegion] = useState("");
  const take = useAction(takeLease);
  return (
    <ReasonForm
      lead={
        <>
          <strong>{held.region}</strong> holds it under epoch {held.epoch}. Every gateway is told
          first; what was approved under an older epoch never leaves.
        </>
      }
      press="Take the lease"
      color="red"
      isReady={region.trim() !== ""}
      busy={take.busy}
      failure={take.failure}
      send={(reason) => take.run(region.trim(), reason)}
      close={close}
    >
      <TextInput
        label="Region"
        placeholder={held.region}
        autoComplete="off"
        spellCheck={false}
        value={region}
        onChange={(event) => setRegion(event.currentTarget.value)}
        data-autofocus
      />
    </ReasonForm>
  );
}
