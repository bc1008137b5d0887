import type { FlipPlan } from "../../schema/contracts/channels.ts";
import { shortSha } from "../../schema/digest.ts";
import type { CommandContext } from "./command-context.ts";
import { formatFacts } from "./facts.ts";

/** What a promote or a rollback would change, for people or as JSON. */
export function reportPlan(
  { print, progress, paint }: CommandContext,
  plan: FlipPlan,
  options: { json?: boolean },
): void {
  if (options.json) {
    print(JSON.stringify(plan));
    return;
  }
  const { channel, rev, from, to, sameBuild, env } = plan;
  const names = (list: readonly string[]) => list.join(", ");
  const differs = env.added.length + env.removed.length + env.changed.length > 0;
  const facts = formatFacts(
    [
      ["channel", `${channel}, at revision ${rev}`],
      ["live now", from ? `${from.deployment}, build ${shortSha(from.build)}` : "nothing"],
      ["then", `${to.deployment}, build ${shortSha(to.build)}${sameBuild ? ", the same as now" : ""}`],
      ["variables", differs ? null : "the same"],
      ["  added", names(env.added), paint.green],
      ["  removed", names(env.removed), paint.red],
      ["  changed", names(env.changed), paint.yellow],
    ],
    paint,
  );
  for (const line of facts) print(line);
  progress.say("Nothing was changed. Without --plan it is done.");
}
