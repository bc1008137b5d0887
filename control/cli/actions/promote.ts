import { withAdvice } from "../advice.ts";
import type { CommandContext } from "../command-context.ts";
import { findDeployment } from "../find-deployment.ts";
import { reportFlip } from "../flip-report.ts";
import { parseChoice } from "../parse-argument.ts";
import { reportPlan } from "../plan-report.ts";

export type PromoteOptions = {
  readonly deployment: string;
  readonly project?: string;
  readonly reason?: string;
  readonly expectedRev?: number;
  readonly abortRollout?: boolean;
  readonly force?: boolean;
  readonly env?: string;
  readonly plan?: boolean;
  readonly json?: boolean;
};

/** Makes a deployment live on its channel, without a rebuild. Prints the URL, or the flip as JSON. */
export async function promote(context: CommandContext, options: PromoteOptions): Promise<void> {
  const { api, signal } = context;
  const env = parseChoice(["snapshot", "current"], options.env ?? "snapshot", "choice of variables");
  const deployment = await findDeployment(context, options.deployment, options.project);
  if (options.plan) {
    const plan = await api.planFlip(deployment.project, deployment.channel, { deployment: deployment.id, env });
    return reportPlan(context, plan, options);
  }
  const advice = `Whether it is live: ${context.invocation} inspect ${deployment.id}`;
  const flip = await withAdvice(signal, advice, () =>
    api.promote(deployment.project, deployment.channel, {
      deployment: deployment.id,
      force: options.force === true,
      env,
      ...(options.reason !== undefined && { reason: options.reason }),
      ...(options.expectedRev !== undefined && { expectedRev: options.expectedRev }),
      ...(options.abortRollout && { abortRollout: true }),
    }),
  );
  reportFlip(context, flip, { json: options.json === true });
}
