/** Mantine's theme. Our own colours stand as CSS variables in `styles/tokens.css`; both schemes are made there. */
import {
  ActionIcon,
  Button,
  Checkbox,
  createTheme,
  localStorageColorSchemeManager,
  Modal,
  NumberInput,
  SegmentedControl,
  Select,
  Tabs,
  TextInput,
  PasswordInput,
  Tooltip,
  type MantineColorsTuple,
} from "@mantine/core";

const signal: MantineColorsTuple = [
  "#eaf2ff",
  "#d3e2fb",
  "#a6c4f6",
  "#7fb0ff",
  "#5b95f0",
  "#3f7fe4",
  "#2a6bd6",
  "#1d5bc0",
  "#174ca3",
  "#123d84",
];

/** Cool greys: [0] is text, [4] lines, [6] inputs, [7] surfaces, [9] the ground. */
const dark: MantineColorsTuple = [
  "#e4eaf0",
  "#c2ccd6",
  "#94a2b0",
  "#6b7886",
  "#2b3541",
  "#212a34",
  "#19212a",
  "#121820",
  "#0e131a",
  "#0a0e13",
];

/** No `system-ui`: on many Linux desktops it is a wide face that breaks dense tables. */
export const FONT =
  '-apple-system, BlinkMacSystemFont, "Segoe UI Variable Text", "Segoe UI", Roboto, "Inter", "Noto Sans", "Liberation Sans", "Helvetica Neue", Arial, sans-serif';

export const theme = createTheme({
  primaryColor: "signal",
  primaryShade: { light: 7, dark: 5 },
  colors: { signal, dark },
  fontFamily: FONT,
  headings: { fontFamily: FONT, fontWeight: "600" },
  defaultRadius: "sm",
  radius: { xs: "3px", sm: "6px", md: "8px", lg: "12px", xl: "20px" },
  cursorType: "pointer",
  respectReducedMotion: true,
  components: {
    ActionIcon: ActionIcon.extend({ defaultProps: { variant: "subtle", color: "gray" } }),
    Button: Button.extend({ defaultProps: { size: "sm" } }),
    Checkbox: Checkbox.extend({ defaultProps: { size: "sm" } }),
    Modal: Modal.extend({
      defaultProps: {
        centered: true,
        overlayProps: { backgroundOpacity: 0.55, blur: 2 },
        transitionProps: { duration: 120 },
        closeButtonProps: { "aria-label": "Close" },
      },
    }),
    NumberInput: NumberInput.extend({ defaultProps: { size: "sm", hideControls: true } }),
    PasswordInput: PasswordInput.extend({ defaultProps: { size: "sm" } }),
    SegmentedControl: SegmentedControl.extend({
      defaultProps: { size: "xs", withItemsBorders: false },
    }),
    Select: Select.extend({ defaultProps: { size: "sm", allowDeselect: false } }),
    Tabs: Tabs.extend({ defaultProps: { keepMounted: false } }),
    TextInput: TextInput.extend({ defaultProps: { size: "sm" } }),
    Tooltip: Tooltip.extend({ defaultProps: { openDelay: 300, withArrow: true } }),
  },
});

/** The name `public/boot.js` reads before the first paint. */
export const schemeManager = localStorageColorSchemeManager({ key: "trunkline.scheme" });
