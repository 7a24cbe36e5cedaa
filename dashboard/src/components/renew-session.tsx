/** Signs in anew at a broker: with what a person brings or, where the platform does it by itself, once more by hand. */
import { Button, Modal, PasswordInput } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useState, type FormEvent } from "react";
import { fetchRequestToken, renewSession } from "../api/actions.ts";
import type { SessionView } from "../../../src/contract/brokers.ts";
import formStyles from "./form.module.css";
import { FailureNote } from "./refusal.tsx";
import { useAction } from "./use-action.ts";

interface Props {
  broker: string;
  session: SessionView;
}

export function RenewSession({ broker, session }: Props) {
  const [opened, setOpened] = useState(false);
  const isSettled = session.state === "valid" || session.state === "proving";
  return (
    <>
      <Button
        size="compact-xs"
        variant={isSettled ? "default" : "filled"}
        aria-label={`Sign in at ${broker}`}
        onClick={() => setOpened(true)}
      >
        Sign in
      </Button>
      <SignInDialog
        broker={broker}
        session={session}
        opened={opened}
        close={() => setOpened(false)}
      />
    </>
  );
}

interface DialogProps extends Props {
  opened: boolean;
  close: () => void;
}

/** Belongs where it stays while the session changes: a notice may go while somebody still types. */
export function SignInDialog({ broker, session, opened, close }: DialogProps) {
  return (
    <Modal opened={opened} onClose={close} title={`Sign in at ${broker}`}>
      {opened && <SignInForm broker={broker} session={session} close={close} />}
    </Modal>
  );
}

function SignInForm({ broker, session, close }: Props & { close: () => void }) {
  const [secret, setSecret] = useState("");
  const renew = useAction(renewSession);
  const fetching = useAction(fetchRequestToken);
  const needsPerson = session.signIn === "person";
  const isPaper = broker.startsWith("paper");
  const submit = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    const kind = needsPerson ? "requestToken" : "credential";
    const renewed = await renew.run(broker, secret === "" ? {} : { [kind]: secret });
    if (renewed === null) return;
    notifications.show({ message: `Signed in at ${broker}.` });
    close();
  };
  const fetchToken = async (): Promise<void> => {
    const fetched = await fetching.run(broker);
    if (fetched === null) return;
    renew.clear();
    setSecret(fetched.requestToken);
  };
  return (
    <form className={formStyles.form} onSubmit={(event) => void submit(event)}>
      {session.reason !== null && renew.failure === null && (
        <p className={formStyles.lead}>
          The session is {session.state}: {session.reason}.
        </p>
      )}
      <PasswordInput
        label={needsPerson ? "Request token" : "Another credential"}
        description={
          needsPerson
            ? `From ${isPaper ? "the paper exchange, which has no page of its own" : "the broker's own sign-in page"}. It works once.`
            : "Left empty, the stored one is tried again. It is kept encrypted, once the broker takes it, and never shown."
        }
        autoComplete="off"
        spellCheck={false}
        value={secret}
        onChange={(event) => setSecret(event.currentTarget.value)}
        data-autofocus
      />
      {needsPerson && isPaper && (
        <Button variant="default" loading={fetching.busy} onClick={() => void fetchToken()}>
          Fetch a request token
        </Button>
      )}
      <FailureNote failure={renew.failure ?? fetching.failure} />
      <Button type="submit" loading={renew.busy} disabled={needsPerson && secret === ""}>
        Sign in
      </Button>
    </form>
  );
}
