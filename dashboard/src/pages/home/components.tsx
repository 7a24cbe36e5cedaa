/** Every part of the platform with its state and one sentence. */
import { useStatus } from "../../api/queries.ts";
import { Badge, Dot } from "../../components/badge.tsx";
import { useNow } from "../../components/figures.tsx";
import { Answer, Empty, Panel, StaleNote } from "../../components/panel.tsx";
import { withLocalTimes } from "../../format/time.ts";
import { COMPONENT_TONES } from "../../format/words.ts";
import styles from "./home.module.css";

const SUMMARY = {
  ok: "All parts work",
  degraded: "Some parts need a look",
  down: "Something is down",
} as const;

export function Components() {
  const status = useStatus();
  const note = status.isError ? (
    <StaleNote query={status} />
  ) : (
    status.data && SUMMARY[status.data.state]
  );
  const today = new Date(useNow()).toDateString();
  return (
    <Panel title="System status" note={note} flush>
      <Answer query={status} rows={5}>
        {({ components }) =>
          components.length === 0 ? (
            <Empty title="No parts reported" text="Nothing has checked in yet." />
          ) : (
            <ul className={styles.components}>
              {components.map((component) => (
                <li key={component.name} className={styles.component}>
                  <Dot tone={COMPONENT_TONES[component.state]} />
                  <span className={styles.componentName}>{component.name}</span>
                  <span className={styles.componentText}>
                    {withLocalTimes(component.message, today)}
                  </span>
                  <Badge tone={COMPONENT_TONES[component.state]}>{component.state}</Badge>
                </li>
              ))}
            </ul>
          )
        }
      </Answer>
    </Panel>
  );
}
