/** A path that no page has. */
import { Button } from "@mantine/core";
import { IconMapOff } from "@tabler/icons-react";
import { Link } from "wouter";
import { Empty, Panel } from "../components/panel.tsx";

export function NotFoundPage() {
  return (
    <Panel title="Not found">
      <Empty
        icon={<IconMapOff size={20} stroke={1.6} />}
        title="There is no such page"
        text="The address may be mistyped, or the page has moved."
        action={
          <Button component={Link} href="/" variant="default" size="xs">
            Go to Home
          </Button>
        }
      />
    </Panel>
  );
}
