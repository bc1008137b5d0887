import { setTimeout as pause } from "node:timers/promises";
import type { RetentionPlan, SweepState } from "../../../schema/contracts/retention.ts";
import { shortSha } from "../../../schema/digest.ts";
import { formatBytes, formatCount } from "../../../schema/figures.ts";
import type { ProjectId } from "../../../schema/ids.ts";
import { withAdvice } from "../advice.ts";
import type { CommandContext } from "../command-context.ts";
import { Failure } from "../failure.ts";
import { formatAge } from "../figures.ts";
import { toPrintable } from "../printable.ts";
import { findProject } from "../project-link.ts";
import { type Cell, formatTable } from "../table.ts";

export type GcOptions = { readonly project?: string; readonly json?: boolean };

const POLL_MS = 500;

/** What a sweep now would remove and keep, and why. Changes nothing. */
export async function planGc(context: CommandContext, options: GcOptions): Promise<void> {
  const { api, print, progress, paint } = context;
  const { id, slug } = await findProject(context, options.project);
  const plan = await api.readRetentionPlan(id);
  if (options.json) return print(JSON.stringify(plan));
  const { keep, collect, truncated } = plan;
  if (keep.length + collect.length === 0) return progress.say(`There are no deployments of ${slug} yet.`);
  const head = ["", "DEPLOYMENT", "CHANNEL", "BUILD", "AGE", "WHY"].map((text) => ({ text, paint: paint.dim }));
  const rows = [
    ...collect.map((subject) => planRow("remove", subject, subject.reason, context)),
    ...keep.map((subject) => planRow("keep", subject, subject.reasons.join(", "), context)),
  ];
  for (const line of formatTable([head, ...rows], undefined)) print(line);
  const counts = `${formatCount(collect.length, "deployment")} would go, ${keep.length} would stay`;
  progress.say(`\n  ${counts}${truncated ? "; there are more than are shown" : ""}.`);
}

/** Sweeps now, and waits for the end of it. Prints what was removed. */
export async function gc(context: CommandContext, options: GcOptions): Promise<void> {
  const { print, progress, signal, invocation } = context;
  const { id, slug } = await findProject(context, options.project);
  progress.begin("Sweep");
  const advice = `The sweep goes on without this command. Its end is an event: ${invocation} events -p ${slug} --type retention.swept`;
  const { last } = await withAdvice(signal, advice, () => sweep(context, id));
  if (!last) throw new Failure("unknown", "The sweep ended without saying what it did.");
  if (options.json) print(JSON.stringify(last));
  if (last.blocked) throw new Failure("failed", `Nothing was removed from storage: ${toPrintable(last.blocked)}`);
  progress.end();
  if (last.deployments > 0 && last.objects === 0) {
    progress.say(
      "  Files stay for a grace period, as a deploy may be about to use them again. A later sweep removes them.",
    );
  }
  if (!options.json) print(describeSweep(last));
}

function describeSweep({ deployments, objects, bytes }: NonNullable<SweepState["last"]>): string {
  return `${formatCount(deployments, "deployment")} let go, ${formatCount(objects, "object")} removed, ${formatBytes(bytes)} freed`;
}

async function sweep({ api, signal }: CommandContext, project: ProjectId): Promise<SweepState> {
  let state = await api.startSweep(project);
  while (state.running) {
    await pause(POLL_MS, undefined, { signal });
    state = await api.readSweep(project);
  }
  return state;
}

type Subject = Omit<RetentionPlan["keep"][number], "reasons">;

function planRow(
  what: "remove" | "keep",
  { deployment, channel, build, createdAt }: Subject,
  why: string,
  { paint, now }: CommandContext,
): Cell[] {
  return [
    { text: what, paint: what === "remove" ? paint.red : paint.green },
    { text: deployment },
    { text: channel },
    { text: build ? shortSha(build) : "-" },
    { text: formatAge(createdAt, now()), paint: paint.dim },
    { text: why.replaceAll("_", " ") },
  ];
}
