/**
 * The model-based test: several clients send random commands to one channel of the real `Project` while it is evicted and dies
 * under them, a scheduler says who goes on, and the history of what they were told is judged. What fails is made smaller.
 */
import fc from "fast-check";
import { measure, type Problem, type Row } from "./campaign.ts";
import type { FaultWorld } from "./fault-world.ts";
import { type History, judge, type Verdict } from "./history-judge.ts";
import { openPlaces, type Place } from "./history-place.ts";
import { runScript } from "./history-run.ts";
import { type Script, script } from "./history-script.ts";
import type { FaultSettings } from "./settings.ts";

/** Projects whose histories run side by side. */
const LANES = 10;
/** How long a failing history is made smaller. */
const SHRINK_MS = 45_000;
/** With a command less the clients take turns in another way, and a race may be missed: so a smaller history is tried this often. */
const SCHEDULES = 4;
/** The least share of all flips that clients hear of. It is about 0.7: some are cut off on purpose, some meet an object that dies. */
const MIN_ANSWERED = 0.4;

/** Flips that were asked for, and those of them that were answered. */
export type Flips = { asked: number; answered: number };

/** Where a property begins: with a path it is the one history that failed, as it was made smaller. */
export type Start = { readonly seed: number; readonly path?: string };

export type LaneResult = {
  readonly histories: number;
  readonly flips: Flips;
  /** The smallest history found that no order explains, and the flags that run it again. */
  readonly failure: (Verdict & { readonly script: Script; readonly again: Start; readonly told: string }) | null;
};

/** Points are histories; a problem names the flags by which it is run again. */
export function tryHistories(world: FaultWorld, { seed, scale, path }: FaultSettings, count: number): Promise<Row> {
  return measure("random histories", async () => {
    const starts: Start[] =
      path === null ? Array.from({ length: LANES }, (_, lane) => ({ seed: seed + lane })) : [{ seed, path }];
    const perLane = Math.max(1, Math.ceil((count * scale) / LANES));
    const results = await Promise.all(
      starts.map(async (start, lane) => checkHistories(await openPlaces(world, `histories-${lane}`), start, perLane)),
    );
    const points = results.reduce((sum, { histories }) => sum + histories, 0);
    return { points, problems: [...results.flatMap(toProblems), ...(path === null ? tooFewAnswers(results) : [])] };
  });
}

/** Up to `count` histories, one after the other. The first that is wrong is the last, but for smaller ones. */
export async function checkHistories(
  nextPlace: () => Promise<Place>,
  start: Start,
  count: number,
): Promise<LaneResult> {
  const flips: Flips = { asked: 0, answered: 0 };
  let runs = 0;
  let shrinkUntil = Number.POSITIVE_INFINITY;
  const { path } = start;
  const property = fc.asyncProperty(script, schedules, async (commands, [first, ...others]) => {
    // What could still be smaller stays as it is.
    if (Date.now() > shrinkUntil) return;
    const isSearch = shrinkUntil === Number.POSITIVE_INFINITY && path === undefined;
    for (const s of isSearch ? [first] : [first, ...others]) {
      runs += 1;
      const history = await runScript(await nextPlace(), s, commands, `history ${runs}`);
      countFlips(flips, history);
      const verdict = judge(history);
      if (verdict.violations.length + verdict.duplicates.length === 0) continue;
      shrinkUntil = Math.min(shrinkUntil, Date.now() + SHRINK_MS);
      throw new BrokenHistory(verdict, `${tell(history)}\n${s}`);
    }
  });
  const details = await fc.check(property, { seed: start.seed, numRuns: count, ...(path !== undefined && { path }) });
  if (!details.failed) return { histories: details.numRuns, flips, failure: null };
  const { errorInstance, counterexample, counterexamplePath } = details;
  if (!(errorInstance instanceof BrokenHistory)) throw errorInstance;
  const again = { seed: start.seed, path: counterexamplePath ?? "" };
  const { verdict, told } = errorInstance;
  return { histories: details.numRuns, flips, failure: { ...verdict, script: counterexample?.[0] ?? [], again, told } };
}

const schedules = fc.tuple(fc.scheduler(), ...Array.from({ length: SCHEDULES - 1 }, () => fc.scheduler()));

class BrokenHistory extends Error {
  readonly verdict: Verdict;
  readonly told: string;

  constructor(verdict: Verdict, told: string) {
    super([...verdict.violations, ...verdict.duplicates].join("; "));
    this.verdict = verdict;
    this.told = told;
  }
}

function toProblems({ failure }: LaneResult): Problem[] {
  if (failure === null) return [];
  const where = `--seed ${failure.again.seed} --path ${failure.again.path}`;
  const problem = (kind: "order" | "double") => (text: string) => ({ kind, where, text: `${text}\n${failure.told}` });
  return [...failure.violations.map(problem("order")), ...failure.duplicates.map(problem("double"))];
}

/** What nobody answered may have been anything: a project that answers nothing would be explained by every order. */
function tooFewAnswers(results: readonly LaneResult[]): Problem[] {
  const asked = results.reduce((sum, { flips }) => sum + flips.asked, 0);
  const answered = results.reduce((sum, { flips }) => sum + flips.answered, 0);
  if (answered >= asked * MIN_ANSWERED) return [];
  return [{ kind: "order", where: "all histories", text: `only ${answered} of ${asked} flips were answered` }];
}

function countFlips(flips: Flips, { operations }: History): void {
  for (const { input, output } of operations) {
    if (input.kind !== "promote" && input.kind !== "rollback") continue;
    flips.asked += 1;
    if (output !== null) flips.answered += 1;
  }
}

function tell({ initial, operations, releases, deployments }: History): string {
  const lines = [...operations]
    .sort((a, b) => a.invoked - b.invoked)
    .map(
      ({ label, input, output, invoked, returned }) =>
        `${invoked.toFixed(1)}-${returned.toFixed(1)} ${label}: ${JSON.stringify(input)} -> ${JSON.stringify(output)}`,
    );
  const end = { releases: releases.map(({ rev, kind, deployment, reason }) => [rev, kind, deployment, reason]) };
  const states = deployments.map(({ id, status, failure, message }) => [id, status, failure?.reason, message]);
  return [JSON.stringify(initial), ...lines, JSON.stringify(end), JSON.stringify(states)].join("\n");
}
