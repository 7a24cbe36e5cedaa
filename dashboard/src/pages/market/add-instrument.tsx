/** Finds an instrument by part of its id or name. */
import { Select } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { IconPlus } from "@tabler/icons-react";
import { useState } from "react";
import { useInstrumentSearch } from "../../api/market-queries.ts";
import styles from "./market.module.css";

const TYPING_MS = 180;

interface AddInstrumentProps {
  disabled?: boolean;
  onAdd: (instrument: string) => void;
}

export function AddInstrument({ disabled = false, onAdd }: AddInstrumentProps) {
  const [text, setText] = useState("");
  const [search] = useDebouncedValue(text.trim(), TYPING_MS);
  const found = useInstrumentSearch(search);
  const options = (found.data ?? []).map((one) => ({
    value: one.id,
    label: one.name === one.symbol ? one.id : `${one.id}  ${one.name}`,
  }));
  return (
    <Select
      className={styles.search}
      aria-label="Add instrument"
      placeholder="Add instrument"
      leftSection={<IconPlus size={15} stroke={1.8} />}
      rightSection={<span />}
      size="xs"
      searchable
      disabled={disabled}
      data={options}
      value={null}
      searchValue={text}
      onSearchChange={setText}
      // The platform has searched already, also in names that are not shown.
      filter={({ options: all }) => all}
      nothingFoundMessage={
        found.isError ? "The search did not answer" : found.isFetching ? "Searching" : "None found"
      }
      comboboxProps={{ width: 300, position: "bottom-end" }}
      onChange={(id) => {
        if (id !== null) onAdd(id);
        setText("");
      }}
    />
  );
}
