/** Sets or takes off one limit, with a reason. What already stands above it is said at once. */
import { Button, Modal, Select, TextInput } from "@mantine/core";
import { useState, type FormEvent } from "react";
import { changeLimits } from "../../api/actions.ts";
import formStyles from "../../components/form.module.css";
import { FailureNote } from "../../components/refusal.tsx";
import { useAction } from "../../components/use-action.ts";
import { LIMIT_NAMES, type LimitName } from "../../../../src/contract/risk.ts";
import { formatQuantity } from "../../format/number.ts";
import { LIMIT_WORDS } from "../../format/words.ts";

export interface LimitDraft {
  scope: string;
  name: LimitName;
  value: string;
  isNew: boolean;
}

const NAMES = LIMIT_NAMES.map((value) => ({ value, label: LIMIT_WORDS[value].label }));

export function LimitEditor({ draft, close }: { draft: LimitDraft | null; close: () => void }) {
  return (
    <Modal
      opened={draft !== null}
      onClose={close}
      title={draft?.isNew ? "Set a limit" : "Edit limit"}
    >
      {draft && <LimitForm draft={draft} close={close} />}
    </Modal>
  );
}

type Answer = Awaited<ReturnType<typeof changeLimits>>;

function LimitForm({ draft, close }: { draft: LimitDraft; close: () => void }) {
  const [scope, setScope] = useState(draft.scope);
  const [name, setName] = useState<LimitName>(draft.name);
  const [value, setValue] = useState(draft.value);
  const [reason, setReason] = useState("");
  const [above, setAbove] = useState<Answer["above"]>([]);
  const change = useAction(changeLimits);
  const explained = reason.trim().length >= 3;
  const send = async (wanted: string | null): Promise<void> => {
    const answer = await change.run([{ scope: scope.trim(), name, value: wanted }], reason.trim());
    if (answer === null) return;
    if (answer.above.length === 0) close();
    else setAbove(answer.above);
  };
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    if (explained && value.trim() !== "") void send(value.trim());
  };
  if (above.length > 0) return <Above above={above} close={close} />;
  return (
    <form className={formStyles.form} onSubmit={submit}>
      <div className={formStyles.row}>
        <TextInput
          label="Scope"
          value={scope}
          disabled={!draft.isNew}
          placeholder="portfolio"
          autoComplete="off"
          spellCheck={false}
          onChange={(event) => setScope(event.currentTarget.value)}
        />
        <Select
          label="Limit"
          data={NAMES}
          value={name}
          disabled={!draft.isNew}
          onChange={(next) => setName(next ?? draft.name)}
        />
      </div>
      {draft.isNew && (
        <span className={formStyles.hint}>
          A scope is portfolio, algo:momentum, instrument:NSE:INFY, or
          algo:momentum|instrument:NSE:INFY.
        </span>
      )}
      <TextInput
        label={`Value, ${LIMIT_WORDS[name].unit}`}
        inputMode="decimal"
        autoComplete="off"
        value={value}
        onChange={(event) => setValue(event.currentTarget.value)}
        data-autofocus
      />
      <TextInput
        label="Reason"
        description="Goes into the audit log with the old and the new value."
        autoComplete="off"
        value={reason}
        onChange={(event) => setReason(event.currentTarget.value)}
      />
      <FailureNote failure={change.failure} />
      <div className={formStyles.buttons}>
        {!draft.isNew && (
          <Button
            variant="subtle"
            color="red"
            mr="auto"
            disabled={!explained || change.busy}
            onClick={() => void send(null)}
          >
            Take off
          </Button>
        )}
        <Button variant="default" onClick={close}>
          Cancel
        </Button>
        <Button type="submit" loading={change.busy} disabled={!explained || value.trim() === ""}>
          Set limit
        </Button>
      </div>
    </form>
  );
}

function Above({ above, close }: { above: Answer["above"]; close: () => void }) {
  return (
    <div className={formStyles.form} role="status">
      <p className={formStyles.lead}>
        The limit holds for new risk from now on. <strong>Already above it:</strong>
      </p>
      {above.map((one) => (
        <p className={formStyles.lead} key={`${one.scope} ${one.name}`}>
          {one.scope}, {LIMIT_WORDS[one.name].label}: {formatQuantity(one.have)} of{" "}
          {formatQuantity(one.limit)}
        </p>
      ))}
      <div className={formStyles.buttons}>
        <Button onClick={close}>Understood</Button>
      </div>
    </div>
  );
}
