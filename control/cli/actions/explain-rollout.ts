import { isDeepStrictEqual } from "node:util";
import type { RolloutVerdict } from "../../../schema/contracts/rollouts.ts";
import { FULL_WEIGHT_BPS } from "../../../schema/route-record.ts";
import { replay } from "../../rollout/verdict.ts";
import type { CommandContext } from "../command-context.ts";
import { formatTime } from "../figures.ts";
import { findRollout } from "../find-rollout.ts";
import { toPrintable } from "../printable.ts";
import { type Cell, formatTable } from "../table.ts";
import type { ShowRolloutOptions } from "./rollouts.ts";

const ACTIONS = { rolled_back: "Rolled back", warned: "Warned" } as const;

/** Why a rollout was rolled back: the sentence, what it was decided by, and whether this judge decides the same of it. */
export async function explainRollout(context: CommandContext, options: ShowRolloutOptions): Promise<void> {
  const { api, print, progress } = context;
  const { project, id } = await findRollout(context, options);
  const verdicts = await api.readVerdicts(project.id, id);
  const explained = verdicts.map((each) => ({
    ...each,
    replayed: isDeepStrictEqual(replay(each.verdict), each.verdict),
  }));
  if (options.json) return print(JSON.stringify({ rollout: id, verdicts: explained }));
  if (explained.length === 0) progress.say(`There is no verdict on ${id}: nothing spoke against its deployment.`);
  for (const each of explained) for (const line of describeVerdict(context, each)) print(line);
}

function describeVerdict(
  { paint }: CommandContext,
  { action, verdict, replayed }: RolloutVerdict & { readonly replayed: boolean },
): string[] {
  const { inputs, findings } = verdict;
  const { evidence, rollout } = inputs;
  const at = `${formatTime(new Date(verdict.at).toISOString())}, at ${verdict.weightBps / 100} % of visitors`;
  const rows: Cell[][] = findings.flatMap(({ metric, strata, logEvidence, logBound }) =>
    strata.map(({ weightBps, canary, control }) => [
      { text: `  ${metric.replace("_", " ")}` },
      { text: `${(100 * weightBps) / FULL_WEIGHT_BPS} %` },
      { text: String(canary) },
      { text: String(control) },
      { text: `${oddsOf(logEvidence)} to 1` },
      { text: `${oddsOf(logBound)} to 1` },
    ]),
  );
  const head = ["  VISITORS WITH", "WEIGHT", "CANARY", "BESIDE", "ODDS", "NEEDED"].map((text) => ({
    text,
    paint: paint.dim,
  }));
  const again = replayed
    ? paint.green("The stored inputs give the same verdict again, to the last bit.")
    : paint.yellow("The stored inputs give another verdict today: the judge of this version is another one.");
  return [
    `${ACTIONS[action]} ${at} (${verdict.reason})`,
    `  ${paint.bold(toPrintable(verdict.sentence))}`,
    ...(rows.length > 0 ? formatTable([head, ...rows], undefined) : []),
    ...evidence.integrityFailures.map(({ path, problem }) => `  ${toPrintable(path)} was ${problem} in storage`),
    `  ${evidence.canaryVisitors} visitors had seen the canary; ${rollout.settings.minVisitors} are needed for a stage to be conclusive`,
    `  ${again}`,
  ];
}

/** Rounded down, but for what the logarithm has lost. */
function oddsOf(logEvidence: number): string {
  return logEvidence > Math.log(1e9) ? "over 1e9" : String(Math.floor(Math.exp(logEvidence) * 10 + 1e-6) / 10);
}
