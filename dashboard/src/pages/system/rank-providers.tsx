/** Gives one instrument an order of its own for its providers, or the default one back. */
import { ActionIcon, Button, Modal } from "@mantine/core";
import { IconArrowDown, IconArrowUp } from "@tabler/icons-react";
import { useState } from "react";
import { rankProviders } from "../../api/feeds.ts";
import formStyles from "../../components/form.module.css";
import { FailureNote } from "../../components/refusal.tsx";
import { useAction } from "../../components/use-action.ts";
import type { ProvidersView } from "../../../../src/contract/providers.ts";
import styles from "./system.module.css";

/** The list with the one at `index` a place nearer to the best. */
const movedUp = (ranked: readonly string[], index: number): string[] => [
  ...ranked.slice(0, index - 1),
  ...ranked.slice(index, index + 1),
  ...ranked.slice(index - 1, index),
  ...ranked.slice(index + 1),
];

export function RankProviders({ view, close }: { view: ProvidersView | null; close: () => void }) {
  return (
    <Modal
      opened={view !== null}
      onClose={close}
      title={`Providers of ${view?.instrument ?? ""}, best first`}
    >
      {view && <RankForm view={view} close={close} />}
    </Modal>
  );
}

function RankForm({ view, close }: { view: ProvidersView; close: () => void }) {
  const stored = view.providers.map(({ provider }) => provider);
  const [ranked, setRanked] = useState<readonly string[]>(stored);
  const rank = useAction(rankProviders);
  const save = async (wanted: string[] | null): Promise<void> => {
    if ((await rank.run(view.instrument, wanted)) !== null) close();
  };
  return (
    <form
      className={formStyles.form}
      onSubmit={(event) => {
        event.preventDefault();
        void save([...ranked]);
      }}
    >
      <ol className={styles.rankList}>
        {ranked.map((provider, index) => (
          <li key={provider}>
            <span className="tl-quiet">{index + 1}</span>
            <strong>{provider}</strong>
            <span className={styles.rankMoves}>
              <ActionIcon
                aria-label={`Move ${provider} up`}
                disabled={index === 0}
                onClick={() => setRanked(movedUp(ranked, index))}
              >
                <IconArrowUp size={16} stroke={1.8} />
              </ActionIcon>
              <ActionIcon
                aria-label={`Move ${provider} down`}
                disabled={index === ranked.length - 1}
                onClick={() => setRanked(movedUp(ranked, index + 1))}
              >
                <IconArrowDown size={16} stroke={1.8} />
              </ActionIcon>
            </span>
          </li>
        ))}
      </ol>
      <FailureNote failure={rank.failure} />
      <div className={formStyles.buttons}>
        <Button
          variant="subtle"
          mr="auto"
          disabled={rank.busy || view.order === "default"}
          onClick={() => void save(null)}
        >
          Back to default
        </Button>
        <Button variant="default" onClick={close}>
          Cancel
        </Button>
        <Button type="submit" loading={rank.busy} disabled={ranked.join() === stored.join()}>
          Save order
        </Button>
      </div>
    </form>
  );
}
