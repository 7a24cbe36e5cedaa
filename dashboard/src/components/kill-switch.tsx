/** One kill switch for every page: whoever needs it opens it, the dialog itself stands here once. */
import { Modal } from "@mantine/core";
import { createContext, useCallback, useContext, useState, type ReactNode } from "react";
import { HaltForm } from "./halt-form.tsx";
import { ResumeForm } from "./resume-form.tsx";

export type KillSwitchRequest = { mode: "halt" } | { mode: "resume"; scope: string };

const KillSwitch = createContext<(request: KillSwitchRequest) => void>(() => undefined);

/** Opens the kill switch, or the dialog that lifts it. */
export const useKillSwitch = (): ((request: KillSwitchRequest) => void) => useContext(KillSwitch);

export function KillSwitchProvider({ children }: { children: ReactNode }) {
  const [request, setRequest] = useState<KillSwitchRequest | null>(null);
  const close = useCallback(() => setRequest(null), []);
  return (
    <KillSwitch value={setRequest}>
      {children}
      <Modal
        opened={request !== null}
        onClose={close}
        title={request?.mode === "resume" ? "Resume trading" : "Halt trading"}
      >
        {request?.mode === "halt" && <HaltForm close={close} />}
        {request?.mode === "resume" && <ResumeForm scope={request.scope} close={close} />}
      </Modal>
    </KillSwitch>
  );
}
