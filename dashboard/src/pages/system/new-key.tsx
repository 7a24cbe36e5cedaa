/** Makes a key and shows its text this once. */
import {
  ActionIcon,
  Button,
  Checkbox,
  CopyButton,
  Group,
  Modal,
  TextInput,
  Tooltip,
} from "@mantine/core";
import { IconCheck, IconCopy } from "@tabler/icons-react";
import { useState, type FormEvent } from "react";
import { createKey } from "../../api/actions.ts";
import formStyles from "../../components/form.module.css";
import { FailureNote } from "../../components/refusal.tsx";
import { useAction } from "../../components/use-action.ts";
import { SCOPES_OF_KEYS, type KeyScope } from "../../../../src/contract/operations.ts";
import styles from "./system.module.css";

export function NewKey({ opened, close }: { opened: boolean; close: () => void }) {
  return (
    <Modal opened={opened} onClose={close} title="New key" closeOnClickOutside={false}>
      {opened && <NewKeyForm close={close} />}
    </Modal>
  );
}

function NewKeyForm({ close }: { close: () => void }) {
  const [name, setName] = useState("");
  const [algoId, setAlgoId] = useState("");
  const [scopes, setScopes] = useState<KeyScope[]>(["read", "trade"]);
  const [key, setKey] = useState<string | null>(null);
  const create = useAction(createKey);
  const submit = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    const bound = algoId.trim() === "" ? {} : { algoId: algoId.trim() };
    const made = await create.run({ name: name.trim(), scopes, ...bound });
    if (made !== null) setKey(made.key);
  };
  if (key !== null) return <KeyText text={key} close={close} />;
  return (
    <form className={formStyles.form} onSubmit={(event) => void submit(event)}>
      <TextInput
        label="Name"
        description="Where the key is used, for whoever reads the list later."
        maxLength={60}
        value={name}
        onChange={(event) => setName(event.currentTarget.value)}
        data-autofocus
      />
      <TextInput
        label="Algo"
        description="The key acts as this algo and no other. Needed for trade."
        placeholder="momentum"
        spellCheck={false}
        value={algoId}
        onChange={(event) => setAlgoId(event.currentTarget.value)}
      />
      <Checkbox.Group label="Scopes" value={scopes} onChange={setScopes}>
        <Group mt={6}>
          {SCOPES_OF_KEYS.map((scope) => (
            <Checkbox key={scope} value={scope} label={scope} />
          ))}
        </Group>
      </Checkbox.Group>
      <FailureNote failure={create.failure} />
      <div className={formStyles.buttons}>
        <Button variant="default" onClick={close}>
          Cancel
        </Button>
        <Button
          type="submit"
          loading={create.busy}
          disabled={name.trim() === "" || scopes.length === 0}
        >
          Make key
        </Button>
      </div>
    </form>
  );
}

function KeyText({ text, close }: { text: string; close: () => void }) {
  return (
    <div className={formStyles.form}>
      <p className={formStyles.lead}>
        <strong>Copy the key now.</strong> It is stored hashed and cannot be shown again.
      </p>
      <div className={styles.keyText}>
        <code data-testid="new-key">{text}</code>
        <CopyButton value={text}>
          {({ copied, copy }) => (
            <Tooltip label={copied ? "Copied" : "Copy"}>
              <ActionIcon aria-label="Copy key" onClick={copy}>
                {copied ? <IconCheck size={17} /> : <IconCopy size={17} />}
              </ActionIcon>
            </Tooltip>
          )}
        </CopyButton>
      </div>
      <div className={formStyles.buttons}>
        <Button onClick={close}>I have copied it</Button>
      </div>
    </div>
  );
}
