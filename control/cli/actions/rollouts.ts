import type { Rollout, RolloutCommand } from "../../../schema/contracts/rollouts.ts";
import { withAdvice } from "../advice.ts";
import { readList } from "../api/pages.ts";
import type { CommandContext } from "../command-context.ts";
import { formatFacts } from "../facts.ts";
import { formatAge, formatTime } from "../figures.ts";
import { findRollout, type RolloutChoice } from "../find-rollout.ts";
import { printList } from "../print-list.ts";
import { findProject } from "../project-link.ts";
import { describeProgress, describeStage } from "../rollout-text.ts";

export type ListRolloutsOptions = {
  readonly project?: string;
  readonly limit: number;
  readonly all?: boolean;
  readonly json?: boolean;
};
export type ShowRolloutOptions = RolloutChoice & { readonly json?: boolean };
export type ChangeRolloutOptions = ShowRolloutOptions & { readonly reason?: string; readonly expectedStage?: number };
export type PreviewOptions = ShowRolloutOptions & { readonly variant: "canary" | "live"; readonly expires: number };

export async function listRollouts(context: CommandContext, options: ListRolloutsOptions): Promise<void> {
  const { api, now, paint } = context;
  const { id, slug } = await findProject(context, options.project);
  const page = await readList((limit) => api.listRollouts(id, { limit }), options);
  const view = {
    name: "rollouts",
    head: ["ROLLOUT", "DEPLOYMENT", "AGE", "STATE"],
    row: (rollout: Rollout) => [
      { text: rollout.id },
      { text: rollout.deployment },
      { text: formatAge(rollout.startedAt, now()), paint: paint.dim },
      { text: describeProgress(rollout) },
    ],
    none: `There has been no rollout of ${slug} yet.`,
  };
  printList(context, page, view, options);
}

/** Where a rollout stands, and what its visitors have met so far. */
export async function showRollout(context: CommandContext, options: ShowRolloutOptions): Promise<void> {
  const { api, print, paint, invocation } = context;
  const { project, id } = await findRollout(context, options);
  const rollout = await api.readRollout(project.id, id);
  if (options.json) return print(JSON.stringify(rollout));
  const { evidence, findings, stageEndsAt } = rollout;
  const broken = evidence?.integrityFailures.map(({ path, problem }) => `${path} is ${problem}`).join(", ");
  const facts = formatFacts(
    [
      ["rollout", rollout.id, paint.bold],
      ["state", describeProgress(rollout), rollout.outcome === "rolled_back" ? paint.red : paint.green],
      ["deployment", rollout.deployment],
      ["beside", rollout.control],
      ["stages", rollout.stages.map((stage) => `${stage} %`).join(", ")],
      ["window ends", stageEndsAt && formatTime(stageEndsAt)],
      ["visitors", evidence && `${evidence.canaryVisitors} have seen it`],
      ...findings.map(({ metric, sentence }) => [metric.replace("_", " "), sentence] as const),
      ["bundle", broken, paint.red],
      ["started", formatTime(rollout.startedAt)],
      ["ended", rollout.endedAt && formatTime(rollout.endedAt)],
    ],
    paint,
  );
  for (const line of facts) print(line);
  if (rollout.outcome === "rolled_back") context.progress.say(`Why: ${invocation} rollout explain ${rollout.id}`);
}

const DONE: Record<RolloutCommand, string> = {
  pause: "Paused",
  resume: "Resumed",
  advance: "Advanced",
  abort: "Aborted: the version before serves everybody again",
  complete: "Complete: everybody has it",
};

/** Moves a rollout by hand. Unless told which stage to expect, it is the one that was just read: of two people one wins. */
export async function changeRollout(
  context: CommandContext,
  command: RolloutCommand,
  options: ChangeRolloutOptions,
): Promise<void> {
  const { api, print, progress, signal, invocation } = context;
  const { project, id } = await findRollout(context, options);
  const { reason } = options;
  const stageNow = async () => (await api.readRollout(project.id, id)).stage;
  const expectedStage = options.expectedStage ?? (command === "advance" ? await stageNow() : undefined);
  const advice = `Where it stands: ${invocation} rollout -p ${project.slug}`;
  const { changed, rollout } = await withAdvice(signal, advice, () =>
    api.changeRollout(project.id, id, command, {
      ...(reason !== undefined && { reason }),
      ...(expectedStage !== undefined && { expectedStage }),
    }),
  );
  const state = rollout.phase === "ramping" ? `, at ${describeStage(rollout)}` : "";
  progress.done(changed ? `${DONE[command]}${state}` : `It was so before: ${describeProgress(rollout)}`);
  if (options.json) print(JSON.stringify({ changed, rollout }));
}

/** Prints a link by which a tester sees one side, whatever the hash says of him. */
export async function previewRollout(context: CommandContext, options: PreviewOptions): Promise<void> {
  const { api, print, progress } = context;
  const { project, id } = await findRollout(context, options);
  const { variant, expires: expiresInSeconds } = options;
  const preview = await api.previewRollout(project.id, id, { variant, expiresInSeconds });
  if (options.json) return print(JSON.stringify(preview));
  progress.say(`Shows the ${variant} side until ${formatTime(preview.expiresAt)} to whoever opens it:`);
  print(preview.link);
}
