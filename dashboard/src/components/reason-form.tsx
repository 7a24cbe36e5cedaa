/** A question that needs a reason before it is done: what it does in a sentence, fields of its own, the reason, two buttons. */
import { Button, TextInput, type ButtonProps } from "@mantine/core";
import { useState, type FormEvent, type ReactNode } from "react";
import { reason as reasonSchema } from "../../../src/contract/primitives.ts";
import type { ApiFailure } from "../api/client.ts";
import styles from "./form.module.css";
import { FailureNote } from "./refusal.tsx";

interface ReasonFormProps {
  /** What pressing the button does. */
  lead?: ReactNode;
  /** The fields that come before the reason. */
  children?: ReactNode;
  press: string;
  color?: ButtonProps["color"];
  /** False while the other fields are not filled. */
  isReady?: boolean;
  busy: boolean;
  failure: ApiFailure | null;
  /** Null when it failed: the form stays open with the refusal. */
  send: (reason: string) => Promise<unknown>;
  close: () => void;
}

export function ReasonForm(props: ReasonFormProps) {
  const { lead, children, press, color, isReady = true, busy, failure, send, close } = props;
  const [reason, setReason] = useState("");
  const explained = reasonSchema.safeParse(reason).success;
  const submit = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    if (explained && isReady && (await send(reason.trim())) !== null) close();
  };
  return (
    <form className={styles.form} onSubmit={(event) => void submit(event)}>
      {lead !== undefined && <p className={styles.lead}>{lead}</p>}
      {children}
      <TextInput
        label="Reason"
        description="Goes into the audit log."
        autoComplete="off"
        value={reason}
        onChange={(event) => setReason(event.currentTarget.value)}
        data-autofocus={children === undefined ? true : undefined}
      />
      <FailureNote failure={failure} />
      <div className={styles.buttons}>
        <Button variant="default" onClick={close}>
          Cancel
        </Button>
        <Button
          type="submit"
          loading={busy}
          disabled={!explained || !isReady}
          {...(color !== undefined && { color })}
        >
          {press}
        </Button>
      </div>
    </form>
  );
}
