/** The way in: with the development key, or by Access once its cookie has run out. */
import { Button, PasswordInput } from "@mantine/core";
import { useState, type FormEvent, type ReactNode } from "react";
import { tryKey } from "../api/actions.ts";
import { queryClient } from "../api/query-client.ts";
import { signIn } from "../api/session.ts";
import { Logo } from "./logo.tsx";
import styles from "./sign-in.module.css";
import { useAction } from "./use-action.ts";

function Frame({ children }: { children: ReactNode }) {
  return (
    <main className={styles.page}>
      <div className={styles.card}>
        <div className={styles.brand}>
          <Logo size={30} />
          <h1 className={styles.title}>Trunkline</h1>
        </div>
        {children}
      </div>
    </main>
  );
}

export function SignIn() {
  const [key, setKey] = useState("");
  const attempt = useAction(tryKey);
  const submit = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    if ((await attempt.run(key.trim())) === null) return;
    queryClient.clear();
    signIn(key.trim());
  };
  const refused = attempt.failure?.status === 401 || attempt.failure?.status === 403;
  const why = refused ? "Trunkline does not take this key." : attempt.failure?.message;
  return (
    <Frame>
      <p className={styles.text}>
        Sign in with the development key. It stands in <code>.trunkline/dev-key</code>, where{" "}
        <code>npm start</code> wrote it.
      </p>
      <form onSubmit={(event) => void submit(event)} style={{ display: "grid", gap: 14 }}>
        <PasswordInput
          label="Development key"
          name="key"
          autoComplete="off"
          autoFocus
          value={key}
          onChange={(event) => setKey(event.currentTarget.value)}
          error={why}
          visibilityToggleButtonProps={{ "aria-label": "Show what is typed" }}
        />
        <Button type="submit" loading={attempt.busy} disabled={key.trim() === ""}>
          Sign in
        </Button>
      </form>
      <p className={styles.text}>
        In production people come in through Cloudflare Access. If you see this page there, Access
        did not let this browser through: reload, or ask whoever runs this deployment.
      </p>
    </Frame>
  );
}

export function SessionExpired() {
  return (
    <Frame>
      <p className={styles.text}>
        Your sign-in has expired. What you had on screen is gone with it; nothing was sent
        meanwhile.
      </p>
      <Button onClick={() => window.location.reload()}>Reload to sign in</Button>
    </Frame>
  );
}
