import { withAdvice } from "../advice.ts";
import type { CommandContext } from "../command-context.ts";
import { findDeployment } from "../find-deployment.ts";

export type PinOptions = { readonly deployment: string; readonly project?: string; readonly json?: boolean };

/** Whether retention may ever remove a deployment's bundle. */
export async function pin(context: CommandContext, pinned: boolean, options: PinOptions): Promise<void> {
  const { api, progress, print, signal, invocation } = context;
  const found = await findDeployment(context, options.deployment, options.project);
  const advice = `Whether it is pinned: ${invocation} inspect ${found.id}`;
  const deployment = await withAdvice(signal, advice, () => api.updateDeployment(found, { pinned }));
  progress.done(
    pinned
      ? `Pinned ${deployment.id}: its bundle stays until it is unpinned.`
      : `Unpinned ${deployment.id}: its bundle stays as long as others do.`,
  );
  if (options.json) print(JSON.stringify(deployment));
}
