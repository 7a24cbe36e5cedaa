/** API keys: listed without their text, made once, revoked for good. */
import { Button, Modal } from "@mantine/core";
import { IconKey } from "@tabler/icons-react";
import { useState } from "react";
import { revokeKey } from "../../api/actions.ts";
import { useKeys } from "../../api/queries.ts";
import { Badge } from "../../components/badge.tsx";
import { DataTable, type Column } from "../../components/data-table.tsx";
import { Moment } from "../../components/figures.tsx";
import formStyles from "../../components/form.module.css";
import { Answer, Empty, Panel, StaleNote } from "../../components/panel.tsx";
import { FailureNote } from "../../components/refusal.tsx";
import { useAction } from "../../components/use-action.ts";
import type { KeyView } from "../../../../src/contract/operations.ts";
import { NewKey } from "./new-key.tsx";

const COLUMNS: Column<KeyView>[] = [
  { name: "name", header: "Name", phone: "title", cell: (key) => <strong>{key.name}</strong> },
  { name: "id", header: "Id", cell: (key) => <code>{key.id}</code> },
  { name: "scopes", header: "Scopes", cell: (key) => key.scopes.join(", ") },
  {
    name: "algo",
    header: "Algo",
    cell: (key) => key.algoId ?? <span className="tl-quiet">any</span>,
  },
  { name: "made", header: "Made", cell: (key) => <Moment at={key.createdAt} /> },
  {
    name: "state",
    header: "State",
    phone: "end",
    cell: (key) =>
      key.revokedAt === null ? <Badge tone="good">valid</Badge> : <Badge>revoked</Badge>,
  },
];

export function Keys() {
  const keys = useKeys();
  const [making, setMaking] = useState(false);
  const [revoking, setRevoking] = useState<KeyView | null>(null);
  return (
    <Panel
      title="API keys"
      flush
      note={<StaleNote query={keys} />}
      actions={
        <Button size="xs" variant="default" onClick={() => setMaking(true)}>
          New key
        </Button>
      }
    >
      <Answer
        query={keys}
        empty={
          <Empty
            icon={<IconKey size={20} stroke={1.6} />}
            title="No keys yet"
            text="An algo signs in with a key of its own, bound to its name."
          />
        }
      >
        {(rows) => (
          <DataTable
            rows={rows}
            columns={COLUMNS}
            renderActions={(key) =>
              key.revokedAt === null && (
                <Button
                  variant="default"
                  size="compact-xs"
                  aria-label={`Revoke ${key.name}`}
                  onClick={() => setRevoking(key)}
                >
                  Revoke
                </Button>
              )
            }
            rowName={(key) => key.id}
            label="API keys"
          />
        )}
      </Answer>
      <NewKey opened={making} close={() => setMaking(false)} />
      <Modal opened={revoking !== null} onClose={() => setRevoking(null)} title="Revoke key">
        {revoking && <RevokeForm apiKey={revoking} close={() => setRevoking(null)} />}
      </Modal>
    </Panel>
  );
}

function RevokeForm({ apiKey, close }: { apiKey: KeyView; close: () => void }) {
  const revoke = useAction(async (id: string) => {
    await revokeKey(id);
    return true;
  });
  const press = async (): Promise<void> => {
    if (await revoke.run(apiKey.id)) close();
  };
  return (
    <div className={formStyles.form}>
      <p className={formStyles.lead}>
        Whatever uses <strong>{apiKey.name}</strong> is refused within seconds. A revoked key cannot
        be brought back.
      </p>
      <FailureNote failure={revoke.failure} />
      <div className={formStyles.buttons}>
        <Button variant="default" onClick={close}>
          Keep key
        </Button>
        <Button color="red" loading={revoke.busy} onClick={() => void press()}>
          Revoke key
        </Button>
      </div>
    </div>
  );
}
