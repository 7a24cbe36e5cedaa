/** The rules one instrument's data is cleaned by, to be switched one by one. */
import { Button, NumberInput, Switch } from "@mantine/core";
import { useState } from "react";
import { setCleaning, useCleaning } from "../../api/quality.ts";
import formStyles from "../../components/form.module.css";
import { Answer } from "../../components/panel.tsx";
import { FailureNote } from "../../components/refusal.tsx";
import { useAction } from "../../components/use-action.ts";
import { CLEANING_RULES, type CleaningView } from "../../../../src/contract/quality.ts";

type Rule = (typeof CLEANING_RULES)[number];

const RULE_WORDS: Record<Rule, string> = {
  bad_number: "Prices and quantities that are none",
  clock_skew: "Exchange times ahead of our clock",
  crossed_book: "A bid above the ask",
  out_of_order: "Older than what came before",
  duplicate: "The same update again",
  spike: "A price far off, until the next one confirms it",
};

export function CleaningRules({ instrument, close }: { instrument: string; close: () => void }) {
  const rules = useCleaning(instrument);
  return (
    <Answer query={rules}>
      {([settings]) => settings && <RulesForm key={instrument} settings={settings} close={close} />}
    </Answer>
  );
}

function RulesForm({ settings, close }: { settings: CleaningView; close: () => void }) {
  const [off, setOff] = useState<readonly Rule[]>(settings.off);
  const [band, setBand] = useState<number | string>(settings.spikeBand * 100);
  const [skew, setSkew] = useState<number | string>(settings.clockSkewMs);
  const { run, busy, failure } = useAction(setCleaning);
  const { instrument } = settings;
  const toggle = (rule: Rule) =>
    setOff(off.includes(rule) ? off.filter((one) => one !== rule) : [...off, rule]);
  const save = async (back: boolean) => {
    const body = { off: [...off], spikeBand: Number(band) / 100, clockSkewMs: Number(skew) };
    if (await run(instrument, back ? null : body)) close();
  };
  return (
    <form
      className={formStyles.form}
      onSubmit={(event) => {
        event.preventDefault();
        void save(false);
      }}
    >
      {CLEANING_RULES.map((rule) => (
        <Switch
          key={rule}
          label={RULE_WORDS[rule]}
          checked={!off.includes(rule)}
          onChange={() => toggle(rule)}
        />
      ))}
      <div className={formStyles.row}>
        <NumberInput
          label="Far off is beyond, %"
          min={0.1}
          max={10_000}
          value={band}
          onChange={setBand}
        />
        <NumberInput
          label="Ahead is beyond, ms"
          min={0}
          max={3_600_000}
          allowDecimal={false}
          value={skew}
          onChange={setSkew}
        />
      </div>
      {failure && <FailureNote failure={failure} />}
      <div className={formStyles.buttons}>
        <Button
          variant="default"
          disabled={busy || settings.isDefault}
          onClick={() => void save(true)}
        >
          Back to default
        </Button>
        <Button type="submit" loading={busy}>
          Save rules
        </Button>
      </div>
    </form>
  );
}
