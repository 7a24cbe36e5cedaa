/** The operator's own ways into the dashboard, kept with their profile. */
import { ActionIcon, Button, Modal, TextInput } from "@mantine/core";
import { IconPlus, IconTrash } from "@tabler/icons-react";
import { useState, type FormEvent } from "react";
import { Link } from "wouter";
import { saveProfile } from "../../api/actions.ts";
import { useProfile } from "../../api/queries.ts";
import formStyles from "../../components/form.module.css";
import { Answer, Empty, Panel } from "../../components/panel.tsx";
import { FailureNote } from "../../components/refusal.tsx";
import { useAction } from "../../components/use-action.ts";
import type { ProfileView } from "../../../../src/contract/operations.ts";
import styles from "./home.module.css";

const SHORTCUTS_MAX = 12;

export function Shortcuts() {
  const profile = useProfile();
  const [editing, setEditing] = useState(false);
  return (
    <Panel
      title="Shortcuts"
      actions={
        <Button
          variant="default"
          size="xs"
          disabled={profile.data === undefined}
          onClick={() => setEditing(true)}
        >
          Edit shortcuts
        </Button>
      }
    >
      <Answer query={profile} rows={3}>
        {({ shortcuts }) =>
          shortcuts.length === 0 ? (
            <Empty
              title="No shortcuts yet"
              text="Keep the pages you open most, such as one instrument’s chart."
            />
          ) : (
            <nav className={styles.shortcuts} aria-label="Shortcuts">
              {shortcuts.map((one) => (
                <Link
                  key={`${one.label} ${one.path}`}
                  href={one.path}
                  className={styles.shortcut}
                  aria-label={one.label}
                >
                  <span className={styles.shortcutName}>{one.label}</span>
                  <span className={styles.shortcutPath}>{one.path}</span>
                </Link>
              ))}
            </nav>
          )
        }
      </Answer>
      <Modal opened={editing} onClose={() => setEditing(false)} title="Edit shortcuts">
        {profile.data && <ShortcutForm profile={profile.data} close={() => setEditing(false)} />}
      </Modal>
    </Panel>
  );
}

interface Row {
  id: number;
  label: string;
  path: string;
}

function ShortcutForm({ profile, close }: { profile: ProfileView; close: () => void }) {
  const [rows, setRows] = useState<Row[]>(() =>
    profile.shortcuts.map((one, id) => ({ id, ...one })),
  );
  const save = useAction(saveProfile);
  const change = (id: number, part: Partial<Row>): void =>
    setRows(rows.map((row) => (row.id === id ? { ...row, ...part } : row)));
  const add = (): void => {
    const id = 1 + Math.max(-1, ...rows.map((row) => row.id));
    setRows([...rows, { id, label: "", path: "/" }]);
  };
  const submit = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    const shortcuts = rows.map(({ label, path }) => ({ label: label.trim(), path: path.trim() }));
    const { theme } = profile;
    // A profile that was never saved has no name yet; the API wants one.
    const displayName = profile.displayName || (profile.email.split("@")[0] ?? "Operator");
    if ((await save.run({ displayName, theme, shortcuts })) !== null) close();
  };
  return (
    <form className={formStyles.form} onSubmit={(event) => void submit(event)}>
      {rows.map((row) => (
        <div className={styles.editRow} key={row.id}>
          <TextInput
            aria-label="Name"
            placeholder="Infosys chart"
            value={row.label}
            required
            maxLength={40}
            onChange={(event) => change(row.id, { label: event.currentTarget.value })}
          />
          <TextInput
            aria-label="Path"
            placeholder="/market/NSE:INFY"
            value={row.path}
            required
            maxLength={101}
            onChange={(event) => change(row.id, { path: event.currentTarget.value })}
          />
          <ActionIcon
            aria-label={`Remove ${row.label || "shortcut"}`}
            onClick={() => setRows(rows.filter((one) => one.id !== row.id))}
          >
            <IconTrash size={16} stroke={1.7} />
          </ActionIcon>
        </div>
      ))}
      <Button
        variant="default"
        size="xs"
        leftSection={<IconPlus size={15} />}
        disabled={rows.length >= SHORTCUTS_MAX}
        onClick={add}
      >
        Add shortcut
      </Button>
      <FailureNote failure={save.failure} />
      <div className={formStyles.buttons}>
        <Button variant="default" onClick={close}>
          Cancel
        </Button>
        <Button type="submit" loading={save.busy}>
          Save
        </Button>
      </div>
    </form>
  );
}
