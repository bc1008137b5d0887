/** A canary's way to everybody on the terminal, stage by stage, until it has come there or to an end. */
import { setTimeout as pause } from "node:timers/promises";
import type { Deployment } from "../../schema/contracts/deployments.ts";
import type { Rollout } from "../../schema/contracts/rollouts.ts";
import { withAdvice } from "./advice.ts";
import { firstPage, LARGEST_PAGE } from "./api/pages.ts";
import type { CommandContext } from "./command-context.ts";
import { describeHold } from "./rollout-text.ts";

const LOOK_MS = 1_000;

/** @returns the deployment as it is then, and its rollout */
export async function watchRollout(
  context: CommandContext,
  canary: Deployment,
): Promise<{ deployment: Deployment; rollout: Rollout | null }> {
  const { api, signal, invocation } = context;
  const advice = `The rollout goes on without this command. Look at it with: ${invocation} rollout`;
  return await withAdvice(signal, advice, async () => {
    const { items } = await firstPage(api.listRollouts(canary.project, { limit: LARGEST_PAGE }));
    const started = items.find(({ deployment }) => deployment === canary.id) ?? null;
    const rollout = started && (await follow(context, canary, started));
    return { deployment: await api.readDeployment(canary.id), rollout };
  });
}

async function follow(
  { api, progress, signal }: CommandContext,
  canary: Deployment,
  started: Rollout,
): Promise<Rollout> {
  let said: string | null = null;
  let shown = begin(started);
  for (;;) {
    const rollout = await api.readRollout(canary.project, started.id);
    if (rollout.outcome !== null) {
      if (rollout.outcome === "completed") progress.end();
      else progress.close("failed");
      return rollout;
    }
    if (rollout.stage !== shown) {
      progress.end();
      shown = begin(rollout);
      said = null;
    }
    const waits = waitsFor(rollout);
    if (waits !== null && waits !== said) progress.hold(waits);
    if (waits === null) progress.update(describeVisitors(rollout.evidence?.canaryVisitors));
    said = waits;
    await pause(LOOK_MS, undefined, { signal });
  }

  function begin({ stage, weight }: Rollout): number {
    progress.begin(`Canary at ${weight} %`);
    return stage;
  }
}

function waitsFor({ pausedAt, hold }: Rollout): string | null {
  if (pausedAt !== null) return "Paused by hand";
  return hold && `Held: ${describeHold(hold.reason)}`;
}

function describeVisitors(count: number | undefined): string {
  if (count === undefined) return "";
  return count === 1 ? "1 visitor" : `${count} visitors`;
}
