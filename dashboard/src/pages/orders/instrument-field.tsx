/** An instrument by id, with suggestions from part of its id or name. */
import { Autocomplete } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { useInstrumentSearch } from "../../api/market-queries.ts";

const TYPING_MS = 180;

interface InstrumentFieldProps {
  value: string;
  error: string | undefined;
  onChange: (instrument: string) => void;
}

export function InstrumentField({ value, error, onChange }: InstrumentFieldProps) {
  const [search] = useDebouncedValue(value.trim(), TYPING_MS);
  const found = useInstrumentSearch(search).data ?? [];
  return (
    <Autocomplete
      label="Instrument"
      placeholder="NSE:INFY"
      spellCheck={false}
      autoComplete="off"
      data={found.map((one) => one.id)}
      filter={({ options }) => options}
      value={value}
      error={error}
      onChange={(text) => onChange(text.toUpperCase())}
    />
  );
}
