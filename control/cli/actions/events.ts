import { setTimeout as pause } from "node:timers/promises";
import { EVENT_TYPES, type ProjectEvent } from "../../../schema/contracts/events.ts";
import { Channel } from "../../../schema/hostname.ts";
import { DeploymentId, type ProjectId } from "../../../schema/ids.ts";
import { withAdvice } from "../advice.ts";
import type { EventFilters } from "../api/events.ts";
import type { CommandContext } from "../command-context.ts";
import { eventCells } from "../event-line.ts";
import { parseArgument, parseChoice } from "../parse-argument.ts";
import { findProject } from "../project-link.ts";
import { formatTable } from "../table.ts";

export type EventsOptions = {
  readonly project?: string;
  readonly type?: string;
  readonly channel?: string;
  readonly deployment?: string;
  /** Only those behind the one with this `seq`. */
  readonly after?: number;
  readonly follow?: boolean;
  readonly json?: boolean;
};

const POLL_MS = 1_000;
/** Pages are printed as they come. */
const CHANNEL_WIDTH = "production".length;

/** A project's events on stdout, oldest first, as text or as NDJSON. */
export async function events(context: CommandContext, options: EventsOptions): Promise<void> {
  const { print, progress, signal, invocation } = context;
  const filters = parseFilters(options);
  const { id, slug } = await findProject(context, options.project);
  let after = options.after ?? 0;
  const again = `Read on with: ${invocation} events -p ${slug}${options.follow ? " --follow" : ""}`;
  await withAdvice(
    signal,
    () => again + (after > 0 ? ` --after ${after}` : ""),
    async () => {
      for await (const page of readOn(context, id, { ...filters, after }, options.follow === true)) {
        for (const line of formatEvents(page, context, options.json === true)) print(line);
        after = page.at(-1)?.seq ?? after;
      }
    },
  );
  if (after === (options.after ?? 0) && !options.json) progress.say(`There are no such events of ${slug}.`);
}

/** To the end, or with `follow` also what comes after it. */
async function* readOn(
  { api, signal }: CommandContext,
  project: ProjectId,
  query: EventFilters & { readonly after: number },
  follow: boolean,
): AsyncGenerator<readonly ProjectEvent[], void> {
  for (let after = query.after; ; ) {
    for await (const page of api.readEvents(project, { ...query, after })) {
      yield page;
      after = page.at(-1)?.seq ?? after;
    }
    if (!follow) return;
    await pause(POLL_MS, undefined, { signal });
  }
}

function parseFilters({ type, channel, deployment }: EventsOptions): EventFilters {
  return {
    ...(type !== undefined && { type: parseChoice(EVENT_TYPES, type, "type of event") }),
    ...(channel !== undefined && { channel: parseArgument(Channel, channel, "--channel") }),
    ...(deployment !== undefined && { deployment: parseArgument(DeploymentId, deployment, "--deployment") }),
  };
}

function formatEvents(events: readonly ProjectEvent[], context: CommandContext, json: boolean): string[] {
  if (json) return events.map((event) => JSON.stringify(event));
  const rows = events.map((event) => {
    const place = (event.channel ?? "-").padEnd(CHANNEL_WIDTH);
    return eventCells(event, { place, subject: event.deployment }, context);
  });
  // Not cut to the width of the terminal: these lines are the record.
  return formatTable(rows, undefined);
}
