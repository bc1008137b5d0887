import type { Flip } from "../../schema/contracts/channels.ts";
import { shortSha } from "../../schema/digest.ts";
import type { CommandContext } from "./command-context.ts";

export type FlipReport = {
  readonly json?: boolean;
  /** What was live before had the same build. */
  readonly sameBuild?: boolean;
};

/** What a promote or a rollback did: a sentence for people, the URL (or the whole answer as JSON) for pipes. */
export function reportFlip({ progress, print }: CommandContext, flip: Flip, options: FlipReport): void {
  const { channel, live, rev } = flip.route;
  const build = `build ${shortSha(live.build)} of ${live.deployment}${flip.changed && options.sameBuild ? ", the same build as before" : ""}`;
  const sentence = flip.changed ? `${channel} now serves ${build}` : `${channel} served ${build} already`;
  progress.done(`${sentence}, revision ${rev}`);
  print(options.json ? JSON.stringify(flip) : flip.url);
}
