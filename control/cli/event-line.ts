/** How an event is written for people: a line each, in columns that stay where they are over pages. */
import { EVENT_TYPES, type EventData } from "../../schema/contracts/events.ts";
import { Digest } from "../../schema/digest.ts";
import type { CommandContext } from "./command-context.ts";
import { formatTime } from "./figures.ts";
import { toPrintable } from "./printable.ts";
import type { Cell } from "./table.ts";

const SEQ_WIDTH = 5;
const TYPE_WIDTH = Math.max(...EVENT_TYPES.map((type) => type.length));

type AnyEvent = {
  readonly seq: number;
  readonly at: string;
  readonly type: string;
  readonly actor: string;
  readonly actorToken: string | null;
  readonly reason: string | null;
  readonly data: EventData;
};

/** @param place what it happened on, and to which one there */
export function eventCells(
  event: AnyEvent,
  { place, subject }: { readonly place: string; readonly subject: string | null },
  { paint }: CommandContext,
): Cell[] {
  return [
    { text: String(event.seq).padStart(SEQ_WIDTH) },
    { text: formatTime(event.at), paint: paint.dim },
    { text: event.type.padEnd(TYPE_WIDTH) },
    { text: place },
    { text: describeEvent(event, subject) },
  ];
}

/** Names of tokens are not unique, so the acting token's id stands behind its name. */
function describeEvent({ actor, actorToken, reason, data }: AnyEvent, subject: string | null): string {
  const details = Object.entries(data).flatMap(([name, value]) =>
    value === null || value === reason ? [] : [`${name}=${shorten(value)}`],
  );
  const by = actorToken === null ? `by ${actor}` : `by ${actor} (${actorToken})`;
  return toPrintable([by, subject, ...details, reason && `"${reason}"`].filter(Boolean).join(" "));
}

/** Hashes as they are shown everywhere. */
function shorten(value: string | number | boolean): string {
  const digest = Digest.safeParse(value);
  return digest.success ? digest.data.slice(0, 12) : String(value);
}
