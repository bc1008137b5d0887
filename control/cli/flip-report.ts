import type { Flip } from "../../schema/contracts/channels.ts";
import { shortSha } from "../../schema/digest.ts";
import type { CommandContext } from "./command-context.ts";

/** What a promote or a rollback did: a sentence for people, the URL (or the whole answer as JSON) for pipes. */
export function reportFlip({ progress, print, paint }: CommandContext, flip: Flip, json: boolean): void {
  const { channel, live, rev } = flip.route;
  const build = `build ${shortSha(live.build)} of ${live.deployment}`;
  const sentence = flip.changed ? `${channel} now serves ${build}` : `${channel} served ${build} already`;
  progress.say(`\n  ${paint.green("✔")} ${sentence}, revision ${rev}\n`);
  print(json ? JSON.stringify(flip) : flip.url);
}
