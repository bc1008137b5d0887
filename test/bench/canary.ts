/**
 * The canary judge against other systems' methods, on the same simulated visitors and ramp: 5, 25 and 50 % for ten
 * minutes each. What a method is, is in its file under canary/; what kinds of traffic there are, in canary/traffic.ts.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DEFAULT_ROLLOUT } from "../../control/rollout/settings.ts";
import { runCampaign, shareRolledBack } from "./canary/campaign.ts";
import { type Comparison, compareMethods, detection, RISES, type Rise, worstKind } from "./canary/comparison.ts";
import { FLAGGER } from "./canary/flagger.ts";
import type { RampPlan } from "./canary/method.ts";
import { OURS } from "./canary/ours.ts";
import { drawComparisons } from "./canary/plot.ts";
import { describeComparison } from "./canary/tables.ts";
import { BUSY, INDEPENDENT, STICKY, type Traffic } from "./canary/traffic.ts";
import type { Bench, Figure } from "./main.ts";
import { figure } from "./statistics.ts";

const SEED = 20_261_123;
const TARGETS: readonly { readonly rps: number; readonly x4: string; readonly x10: string }[] = [
  { rps: 20, x4: ">= 1.25", x10: ">= 5" },
  { rps: 200, x4: ">= 10", x10: ">= 30" },
];
const DEFAULT_RPS = [1, 5, 20, 200] as const;
const DEFAULT_RAMPS = 2_000;

export const benchCanary: Bench = {
  about:
    "Simulated visitors, ramps of 5, 25 and 50 % for ten minutes each, counts every 5 s, errors rising from 0.5 %. Figures are of\nvisitors that come back; `independent` and `busy` are of visitors that ask once, and 60 times. `falseRollback` is the\nshare of good builds rolled back on the worst kind of traffic, of 10 000 ramps each; `harmedRequests` are what the canary\nanswered until the rollback (median); `defaults` is the power of the default stages of 60 s.",
  async run(say, out) {
    const comparisons = TARGETS.map(({ rps }) => compareMethods(rps, SEED + rps, say));
    for (const comparison of comparisons) say(describeComparison(comparison));
    mkdirSync(out, { recursive: true });
    const plot = join(out, "canary.svg");
    writeFileSync(plot, drawComparisons(comparisons));
    say(`\nplot: ${plot}\n\ndefault stages ...`);
    return [...comparisons.flatMap(figuresOf), ...DEFAULT_RPS.flatMap(defaultFigures)];
  },
};

function figuresOf(comparison: Comparison): Figure[] {
  const { requestsPerSecond: rps } = comparison;
  const target = TARGETS.find((target) => target.rps === rps);
  const at = `rps${rps}`;
  return [
    { name: `${at}.falseRollback`, value: worstKind(comparison, OURS.key).share, unit: "", target: "<= 0.01" },
    ...detectionFigures(at, comparison, STICKY),
    ...speedups(at, comparison, STICKY, target),
    ...detectionFigures(`${at}.independent`, comparison, INDEPENDENT),
    ...speedups(`${at}.independent`, comparison, INDEPENDENT),
    ...speedups(`${at}.busy`, comparison, BUSY),
  ];
}

function detectionFigures(at: string, comparison: Comparison, traffic: Traffic): Figure[] {
  const found = RISES.map((rise) => ({ rise, ...detection(comparison, traffic, OURS.key, rise) }));
  return [
    ...found.map(({ rise, power }) => ({ name: `${at}.power.x${rise}`, value: figure(power), unit: "" })),
    ...found.map(({ rise, medianSeconds }) => ({
      name: `${at}.medianSeconds.x${rise}`,
      value: medianSeconds,
      unit: "s",
    })),
    ...found.map(({ rise, medianRequests }) => ({
      name: `${at}.harmedRequests.x${rise}`,
      value: medianRequests,
      unit: "",
    })),
  ];
}

function speedups(
  at: string,
  comparison: Comparison,
  traffic: Traffic,
  target?: { readonly x4: string; readonly x10: string },
): Figure[] {
  const ratio = (rise: Rise, of: "medianSeconds" | "medianRequests") =>
    detection(comparison, traffic, FLAGGER.key, rise)[of] / detection(comparison, traffic, OURS.key, rise)[of];
  return [
    {
      name: `${at}.speedupVsFlagger.x4`,
      value: figure(ratio(4, "medianSeconds")),
      unit: "x",
      ...(target && { target: target.x4 }),
    },
    {
      name: `${at}.speedupVsFlagger.x10`,
      value: figure(ratio(10, "medianSeconds")),
      unit: "x",
      ...(target && { target: target.x10 }),
    },
    {
      name: `${at}.harmedVsFlagger.x10`,
      value: figure(1 / ratio(10, "medianRequests")),
      unit: "x",
      ...(target && { target: "<= 0.2" }),
    },
  ];
}

/** How often a bad build is rolled back before everybody has it, when nobody sets anything. */
function defaultFigures(requestsPerSecond: number): Figure[] {
  const ramp: RampPlan = {
    stagesBps: DEFAULT_ROLLOUT.stagesBps.slice(0, -1),
    stageSeconds: DEFAULT_ROLLOUT.windowMs / 1_000,
  };
  const campaign = { requestsPerSecond, ramp, traffic: STICKY, methods: [OURS], ramps: DEFAULT_RAMPS };
  return RISES.map((rise) => {
    const outcomes = runCampaign({ ...campaign, rise, seed: SEED + 1_000 * requestsPerSecond + rise }).get(OURS.key);
    if (!outcomes) throw new Error("no outcomes");
    return { name: `defaults.rps${requestsPerSecond}.x${rise}`, value: figure(shareRolledBack(outcomes)), unit: "" };
  });
}
