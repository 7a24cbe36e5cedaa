/** What people are told, and how: incidents, each channel with what is wrong with it, and the devices that are notified. */
import { Button, Modal, TextInput } from "@mantine/core";
import { IconBell } from "@tabler/icons-react";
import { useState, type FormEvent } from "react";
import { tellNoMore, tellThisDevice, useAlerts, useOwnDevice } from "../../api/alerts.ts";
import { canPush } from "../../api/push.ts";
import { Badge } from "../../components/badge.tsx";
import { DataTable, type Column } from "../../components/data-table.tsx";
import { Moment } from "../../components/figures.tsx";
import formStyles from "../../components/form.module.css";
import pageStyles from "../../components/page.module.css";
import { Answer, Empty, Panel, StaleNote } from "../../components/panel.tsx";
import { FailureNote } from "../../components/refusal.tsx";
import { useAction } from "../../components/use-action.ts";
import { Incidents } from "./incidents.tsx";
import type { AlertsView, PushDeviceView } from "../../../../src/contract/alerts.ts";

type ChannelRow = AlertsView["channels"][number];

const TITLES: Record<string, string> = {
  slack: "Slack",
  webhook: "Webhook",
  web_push: "Notifications on devices",
  email: "Email",
  sms: "Text message",
  voice: "Phone call",
};

const TONES = { on: "good", off: "calm", wrong: "bad" } as const;

const CHANNELS: Column<ChannelRow>[] = [
  {
    name: "channel",
    header: "Channel",
    phone: "title",
    cell: ({ name }) => <strong>{TITLES[name] ?? name}</strong>,
  },
  {
    name: "state",
    header: "State",
    phone: "end",
    cell: ({ state }) => <Badge tone={TONES[state]}>{state}</Badge>,
  },
  {
    name: "settings",
    header: "Settings to check",
    wrap: true,
    phone: "wide",
    cell: ({ settings }) => settings.map((setting) => <code key={setting}>{setting} </code>),
  },
];

export function Alerts() {
  const alerts = useAlerts();
  return (
    <div className={pageStyles.stack}>
      <Incidents />
      <Panel title="Channels" flush note={<StaleNote query={alerts} />}>
        <Answer query={alerts}>
          {({ channels }) => (
            <DataTable
              rows={channels}
              columns={CHANNELS}
              rowName={({ name }) => name}
              label="Channels"
            />
          )}
        </Answer>
      </Panel>
      <Answer query={alerts}>{({ push }) => <Devices push={push} />}</Answer>
    </div>
  );
}

interface DeviceRow extends PushDeviceView {
  isOwn: boolean;
}

const DEVICES: Column<DeviceRow>[] = [
  {
    name: "device",
    header: "Device",
    phone: "title",
    cell: ({ name, isOwn }) => (
      <>
        <strong>{name}</strong> {isOwn && <Badge tone="good">this device</Badge>}
      </>
    ),
  },
  { name: "person", header: "Signed up by", cell: ({ person }) => person },
  {
    name: "since",
    header: "Since",
    phone: "end",
    cell: ({ createdAt }) => <Moment at={createdAt} />,
  },
];

function Devices({ push }: { push: AlertsView["push"] }) {
  const own = useOwnDevice();
  const [naming, setNaming] = useState(false);
  const remove = useAction(tellNoMore);
  const isTold = push.devices.some(({ id }) => id === own.data);
  const signUp = (
    <Button size="xs" variant="default" onClick={() => setNaming(true)}>
      Tell me on this device
    </Button>
  );
  const mayOffer = push.publicKey !== null && canPush() && own.isSuccess && !isTold;
  return (
    <Panel title="Devices" flush actions={mayOffer ? signUp : undefined}>
      <FailureNote failure={remove.failure} />
      {push.devices.length === 0 ? (
        <Empty
          icon={<IconBell size={20} stroke={1.6} />}
          title="No device is notified"
          text={emptyText(push.publicKey)}
        />
      ) : (
        <DataTable
          rows={push.devices.map((device) => ({ ...device, isOwn: device.id === own.data }))}
          columns={DEVICES}
          rowName={({ id }) => id}
          label="Devices"
          renderActions={({ id, name, isOwn }) => (
            <Button
              variant="default"
              size="compact-xs"
              aria-label={`Remove ${name}`}
              loading={remove.busy}
              onClick={() => void remove.run(id, isOwn)}
            >
              Remove
            </Button>
          )}
        />
      )}
      <Modal opened={naming} onClose={() => setNaming(false)} title="Tell me on this device">
        {naming && push.publicKey !== null && (
          <SignUp publicKey={push.publicKey} close={() => setNaming(false)} />
        )}
      </Modal>
    </Panel>
  );
}

function emptyText(publicKey: string | null): string {
  if (publicKey === null) return "Notifications are off: npm run push:keys makes their settings.";
  return canPush()
    ? "Sign this browser up, and it is told of every dead letter and incident."
    : "This browser knows no push notifications.";
}

function SignUp({ publicKey, close }: { publicKey: string; close: () => void }) {
  const [name, setName] = useState("");
  const tell = useAction(tellThisDevice);
  const submit = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    if (await tell.run(publicKey, name.trim())) close();
  };
  return (
    <form className={formStyles.form} onSubmit={(event) => void submit(event)}>
      <p className={formStyles.lead}>
        The browser asks whether this page may notify you. A message is sealed for this device
        alone.
      </p>
      <TextInput
        label="Name of this device"
        placeholder="Ann's phone"
        maxLength={60}
        value={name}
        onChange={(event) => setName(event.currentTarget.value)}
        data-autofocus
      />
      <FailureNote failure={tell.failure} />
      <div className={formStyles.buttons}>
        <Button variant="default" onClick={close}>
          Cancel
        </Button>
        <Button type="submit" loading={tell.busy} disabled={name.trim() === ""}>
          Tell me here
        </Button>
      </div>
    </form>
  );
}
