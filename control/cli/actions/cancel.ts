import { withAdvice } from "../advice.ts";
import type { CommandContext } from "../command-context.ts";
import { findDeployment } from "../find-deployment.ts";

export type CancelOptions = {
  readonly deployment: string;
  readonly project?: string;
  readonly reason?: string;
  readonly json?: boolean;
};

/** Ends a deployment that is not live yet. What is live stays. */
export async function cancel(context: CommandContext, options: CancelOptions): Promise<void> {
  const { api, progress, print, signal, invocation } = context;
  const { reason } = options;
  const found = await findDeployment(context, options.deployment, options.project);
  const advice = `Whether it was cancelled: ${invocation} inspect ${found.id}`;
  const deployment = await withAdvice(signal, advice, () =>
    api.cancelDeployment(found, { ...(reason !== undefined && { reason }) }),
  );
  const done = deployment.changed ? `Cancelled ${deployment.id}` : `${deployment.id} was cancelled before`;
  progress.done(`${done}. What was live on ${deployment.channel} before stays live.`);
  if (options.json) print(JSON.stringify(deployment));
}
