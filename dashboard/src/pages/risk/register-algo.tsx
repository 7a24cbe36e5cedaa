/** Makes an algo known that has no key of its own, e.g. one for orders by hand. */
import { Button, Modal, TextInput } from "@mantine/core";
import { useState } from "react";
import { registerAlgo } from "../../api/controls.ts";
import { ReasonForm } from "../../components/reason-form.tsx";
import { useAction } from "../../components/use-action.ts";

export function RegisterAlgo() {
  const [opened, setOpened] = useState(false);
  const close = (): void => setOpened(false);
  return (
    <>
      <Button variant="default" size="xs" onClick={() => setOpened(true)}>
        Register an algo
      </Button>
      <Modal opened={opened} onClose={close} title="Register an algo">
        {opened && <RegisterForm close={close} />}
      </Modal>
    </>
  );
}

function RegisterForm({ close }: { close: () => void }) {
  const [algoId, setAlgoId] = useState("");
  const register = useAction(registerAlgo);
  return (
    <ReasonForm
      lead="Orders of an algo that nobody registered and no key is bound to are refused."
      press="Register"
      isReady={algoId.trim() !== ""}
      busy={register.busy}
      failure={register.failure}
      send={(reason) => register.run(algoId.trim(), reason)}
      close={close}
    >
      <TextInput
        label="Algo"
        placeholder="by-hand"
        autoComplete="off"
        spellCheck={false}
        value={algoId}
        onChange={(event) => setAlgoId(event.currentTarget.value)}
        data-autofocus
      />
    </ReasonForm>
  );
}
