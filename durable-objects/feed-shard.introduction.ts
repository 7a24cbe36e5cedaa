/** What a market is told of its instruments as its link opens, or as they are new to it. */
import {
  aliasLine,
  gapLine,
  type LinkGap,
  type LinkStatus,
  SNAPSHOT_LINE,
  statusLine,
} from "../src/contract/link.ts";
import { LINK_OWED_MS_MAX } from "../src/domain/feed-limits.ts";
import type { InstrumentId } from "../src/domain/instrument.ts";
import type { FeedMode } from "../src/domain/tick.ts";
import { alarmStatus, type Consumer, liveStatus } from "./feed-shard.consumer.ts";
import { type HeldInstrument, isDelivered, isToldLive } from "./feed-shard.held.ts";

/** Another shard brings the rest of what was let go; what a broken link lost of it before, nobody else knows. */
export function oweReleased(
  consumer: Consumer,
  held: ReadonlyMap<InstrumentId, HeldInstrument>,
  now: number,
): void {
  const { id, instruments, brokenAt, owed } = consumer;
  if (brokenAt === null || !id.startsWith("market:")) return;
  for (const instrument of instruments.keys())
    if (held.get(instrument)?.phase === "released" && !owed.has(instrument))
      owed.set(instrument, now);
}

/** What a market gets from here: what comes from another shard is no concern of this link. */
const broughtTo = (
  { id, instruments }: Consumer,
  held: ReadonlyMap<InstrumentId, HeldInstrument>,
): InstrumentId[] =>
  [...(id.startsWith("market:") ? instruments.keys() : [])].filter((instrument) => {
    const one = held.get(instrument);
    return one === undefined || isDelivered(one);
  });

/** What a market missed because its link was broken: the shard itself has it. */
const linkGap = (instruments: InstrumentId[], from: number, to: number): LinkGap => ({
  instruments,
  from,
  to,
  reason: "link broken",
  isLinkOnly: true,
});

/** What the link lost since it broke, of what is brought over it and of what was let go meanwhile. */
function lostOnLink(
  { brokenAt, owed }: Consumer,
  brought: readonly InstrumentId[],
  now: number,
): LinkGap[] {
  if (brokenAt === null) return [];
  const gone = Map.groupBy(
    [...owed].filter(([instrument]) => !brought.includes(instrument)),
    ([, until]) => until,
  );
  const gaps = [...gone].map(([until, members]) =>
    linkGap(
      members.map(([instrument]) => instrument),
      brokenAt,
      until,
    ),
  );
  return brought.length > 0 ? [...gaps, linkGap([...brought], brokenAt, now)] : gaps;
}

/** What a market is told when its link is open: what it lost while it was broken, and how the feed is now. */
export function resumption(
  consumer: Consumer,
  held: ReadonlyMap<InstrumentId, HeldInstrument>,
  state: Pick<LinkStatus, "state" | "message">,
  now: number,
): string[] {
  const instruments = broughtTo(consumer, held);
  const gaps = lostOnLink(consumer, instruments, now).map(gapLine);
  consumer.brokenAt = null;
  consumer.owed.clear();
  return instruments.length > 0
    ? [...gaps, statusLine({ ...state, subject: "feed", instruments })]
    : gaps;
}

/** A market that wants nothing more, and is not to be told of what it lost either. */
export const isDone = ({ instruments, owed, brokenAt }: Consumer, now: number): boolean =>
  instruments.size === 0 && (owed.size === 0 || now - (brokenAt ?? now) > LINK_OWED_MS_MAX);

/** What a socket has not heard of its instruments. */
interface News {
  /** Those whose names are new to it. */
  fresh: [HeldInstrument, FeedMode][];
  /** Those of which it has not been told how they stand. */
  standing: HeldInstrument[];
  /** Of these, the ones that another shard delivered when their names were told. */
  takenOver: HeldInstrument[];
}

/** What is told now, and so is no news the next time. */
export function newsFor(
  { instruments, known, unsaid }: Consumer,
  held: ReadonlyMap<InstrumentId, HeldInstrument>,
): News {
  const news: News = { fresh: [], standing: [], takenOver: [] };
  for (const [instrument, mode] of instruments) {
    const one = held.get(instrument);
    if (!one || (known.has(instrument) && !unsaid.has(instrument))) continue;
    if (!known.has(instrument)) news.fresh.push([one, mode]);
    known.add(instrument);
    if (!isDelivered(one)) unsaid.add(instrument);
    else {
      news.standing.push(one);
      if (unsaid.delete(instrument)) news.takenOver.push(one);
    }
  }
  return news;
}

/**
 * Frames that tell a market what is new to it: its names, last ticks, and how each instrument stands. An
 * alarm was told once, when it came: who was not there then hears it here. So does who was told by the shard
 * before how that stood: it says it no more.
 */
export function introduction(
  { fresh, standing, takenOver }: News,
  line: (held: HeldInstrument, mode: FeedMode) => string | null,
  feed: Pick<LinkStatus, "state" | "message">,
): string[] {
  const ticks = fresh.flatMap(([held, mode]) => line(held, mode) ?? []);
  const live = idsOf(standing.filter(isToldLive));
  const alarms = Map.groupBy(
    standing.filter(({ alarm }) => alarm !== null),
    ({ alarm }) => alarm ?? "",
  );
  const isDown = feed.state === "disconnected";
  const down = idsOf(takenOver.filter(({ isLive, alarm }) => isDown && !isLive && alarm === null));
  const names = fresh.map(([{ alias, instrument }]) => aliasLine(alias, instrument));
  return [
    ...(names.length > 0 ? [names.join("\n")] : []),
    ...(ticks.length > 0 ? [[SNAPSHOT_LINE, ...ticks].join("\n")] : []),
    ...(live.length > 0 ? [statusLine(liveStatus(live))] : []),
    ...[...alarms].map(([message, held]) => statusLine(alarmStatus(idsOf(held), message))),
    ...(down.length > 0 ? [statusLine({ ...feed, subject: "feed", instruments: down })] : []),
  ];
}

const idsOf = (held: readonly HeldInstrument[]): InstrumentId[] =>
  held.map(({ instrument }) => instrument);
