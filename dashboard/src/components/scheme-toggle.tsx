/** Light, dark, or as the system says. */
import { ActionIcon, Tooltip, useMantineColorScheme } from "@mantine/core";
import { IconDeviceDesktop, IconMoon, IconSun } from "@tabler/icons-react";

const NEXT = { auto: "light", light: "dark", dark: "auto" } as const;
const ICONS = { auto: IconDeviceDesktop, light: IconSun, dark: IconMoon } as const;
const WORDS = { auto: "as the system", light: "light", dark: "dark" } as const;

export function SchemeToggle() {
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  const Icon = ICONS[colorScheme];
  const label = `Colours: ${WORDS[colorScheme]}`;
  return (
    <Tooltip label={`${label}. Switch to ${WORDS[NEXT[colorScheme]]}.`}>
      <ActionIcon aria-label={label} onClick={() => setColorScheme(NEXT[colorScheme])}>
        <Icon size={17} stroke={1.7} />
      </ActionIcon>
    </Tooltip>
  );
}
