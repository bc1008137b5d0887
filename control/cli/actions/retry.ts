import { withAdvice } from "../advice.ts";
import { awaitOutcome, type OutcomeOptions } from "../await-outcome.ts";
import type { CommandContext } from "../command-context.ts";
import { Failure } from "../failure.ts";
import { findDeployment } from "../find-deployment.ts";

export type RetryOptions = OutcomeOptions & {
  readonly deployment: string;
  readonly project?: string;
  readonly fresh?: boolean;
};

/** Deploys once more what a failed deployment was made of, and unless told otherwise, waits until that is live. */
export async function retry(context: CommandContext, options: RetryOptions): Promise<void> {
  const { api, progress, signal, invocation, now } = context;
  const startedAt = now();
  const failed = await findDeployment(context, options.deployment, options.project);
  const project = await api.readProject(failed.project);
  if (!project) throw new Failure("failed", `The project of ${failed.id} is gone.`);
  progress.say(`\n  Deploying ${project.slug} to ${failed.channel} again, from the source of ${failed.id}\n`);
  const advice = `The deployment may have been started: "${invocation} list --project ${project.slug}" shows whether it was.`;
  const started = await withAdvice(signal, advice, () =>
    api.retryDeployment(failed, { fresh: options.fresh === true }),
  );
  await awaitOutcome(context, { started, slug: project.slug, startedAt }, options);
}
