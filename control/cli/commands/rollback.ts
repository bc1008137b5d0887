import type { Channel } from "../../../schema/hostname.ts";
import { withAdvice } from "../advice.ts";
import type { CommandContext } from "../command-context.ts";
import { reportFlip } from "../flip-report.ts";
import { findProject } from "../project-link.ts";

export type RollbackOptions = {
  readonly project?: string;
  readonly channel: Channel;
  readonly reason?: string;
  readonly expectedRev?: number;
  readonly json?: boolean;
};

/** Returns a channel to the release before the live one. Prints the URL, or the flip as JSON. */
export async function rollback(context: CommandContext, options: RollbackOptions): Promise<void> {
  const { api, signal } = context;
  const { id, slug } = await findProject(context, options.project);
  const advice = `What is live now: atelier list --project ${slug}`;
  const flip = await withAdvice(signal, advice, () =>
    api.rollBack(id, options.channel, {
      ...(options.reason !== undefined && { reason: options.reason }),
      ...(options.expectedRev !== undefined && { expectedRev: options.expectedRev }),
    }),
  );
  reportFlip(context, flip, options.json === true);
}
