/**
 * What the sticky choice promises, over a million visitors, and what it costs inside workerd. Ids count up: for a hash
 * those that differ in few characters are the hard case.
 */
import { createTestHarness } from "wrangler";
import { bucketOf, chooseVariant } from "../../router/variant.ts";
import { FULL_WEIGHT_BPS } from "../../schema/route-record.ts";
import type { Bench, Figure } from "./main.ts";
import { figure, median, spread } from "./statistics.ts";
import { workerdCpuMs } from "./workerd-cpu.ts";

const IDS = 1_000_000;
/** Rollouts that follow each other differ in few characters, too. */
const ROLLOUTS = [
  "rol_019ab3c4-7d1e-7f00-8000-000000000001",
  "rol_019ab3c4-7d1e-7f00-8000-000000000002",
  "rol_019ab3c4-7d1f-7f00-8000-000000000001",
  "rol_119ab3c4-7d1e-7f00-8000-000000000001",
] as const;
const RISING_BPS = [1, 100, 500, 1_000, 2_500, 5_000, 7_500, 9_999, FULL_WEIGHT_BPS];
const SPLITS_BPS = [100, 500, 2_500, 5_000];
const OVERLAP_BPS = 500;
const ROUNDS = 7;
const CHOICES = 400_000;
const DIGESTS = 40_000;

export const benchSticky: Bench = {
  about:
    "A million visitor ids. `crossRolloutOverlap`: the share of one rollout's 5 % that is again in another's, of the pair\nfarthest from 0.05. `splitErrorSigma`: how far 1, 5, 25 and 50 % are from their share, in standard deviations, the\nlargest. Times are processor time of workerd per choice (a Worker's own clock stands still while it computes).",
  async run(say) {
    say("a million visitors ...");
    const figures: Figure[] = [
      { name: "ids", value: IDS, unit: "" },
      { name: "monotonicityViolations", value: monotonicityViolations(), unit: "", target: "0" },
      { name: "crossRolloutOverlap", value: figure(farthestOverlap(), 4), unit: "", target: "0.05 +- 0.003" },
      { name: "splitErrorSigma", value: figure(largestSplitError()), unit: "", target: "< 3" },
    ];
    say("in workerd ...");
    return [...figures, ...(await timesInWorkerd())];
  },
};

/** Visitors that a higher weight took out of the canary. */
function monotonicityViolations(): number {
  let violations = 0;
  for (let n = 0; n < IDS; n++) {
    const id = visitor(n);
    let before = "live";
    for (const weightBps of RISING_BPS) {
      const now = chooseVariant({ salt: ROLLOUTS[0], weightBps }, id);
      if (before === "canary" && now !== "canary") violations++;
      before = now;
    }
    // Everybody is there in the end.
    if (before !== "canary") violations++;
  }
  return violations;
}

function farthestOverlap(): number {
  const canaries = ROLLOUTS.map((salt) => canariesOf(salt, OVERLAP_BPS));
  const expected = OVERLAP_BPS / FULL_WEIGHT_BPS;
  const overlaps = canaries.flatMap((one, at) => canaries.slice(at + 1).map((other) => overlap(one, other)));
  return overlaps.reduce((farthest, share) =>
    Math.abs(share - expected) > Math.abs(farthest - expected) ? share : farthest,
  );
}

function overlap(one: Uint8Array, other: Uint8Array): number {
  let [inOne, inBoth] = [0, 0];
  for (let n = 0; n < IDS; n++) {
    inOne += one[n] ?? 0;
    inBoth += (one[n] ?? 0) & (other[n] ?? 0);
  }
  return inBoth / inOne;
}

function largestSplitError(): number {
  const buckets = Uint16Array.from({ length: IDS }, (_, n) => bucketOf(ROLLOUTS[0], visitor(n)));
  const errors = SPLITS_BPS.map((weightBps) => {
    const share = weightBps / FULL_WEIGHT_BPS;
    const canaries = buckets.reduce((sum, bucket) => sum + (bucket < weightBps ? 1 : 0), 0);
    return Math.abs(canaries - IDS * share) / Math.sqrt(IDS * share * (1 - share));
  });
  return Math.max(...errors);
}

function canariesOf(salt: string, weightBps: number): Uint8Array {
  return Uint8Array.from({ length: IDS }, (_, n) =>
    chooseVariant({ salt, weightBps }, visitor(n)) === "canary" ? 1 : 0,
  );
}

function visitor(n: number): string {
  return n.toString(16).padStart(32, "0");
}

async function timesInWorkerd(): Promise<Figure[]> {
  // The simulator would ask the outside where this machine stands.
  process.env.CLOUDFLARE_CF_FETCH_ENABLED = "false";
  const server = createTestHarness({ workers: [{ configPath: "test/fixtures/workers/sticky-choice.wrangler.toml" }] });
  await server.listen();
  try {
    const ours: number[] = [];
    const subtle: number[] = [];
    // The first round warms both up. In turns, so that neither side has the quieter machine.
    for (let round = 0; round <= ROUNDS; round++) {
      const [choice, digest] = [await nsEach("choose", CHOICES), await nsEach("subtle", DIGESTS)];
      if (round === 0) continue;
      ours.push(choice);
      subtle.push(digest);
    }
    return [
      { name: "nsPerChoice", value: figure(median(ours)), unit: "ns" },
      { name: "nsPerChoiceSpread", value: figure(spread(ours)), unit: "ns" },
      { name: "nsPerSubtleSha256", value: figure(median(subtle)), unit: "ns" },
      { name: "vsSubtleSha256", value: figure(median(subtle) / median(ours)), unit: "x faster" },
    ];
  } finally {
    await server.close();
  }

  async function nsEach(how: string, count: number): Promise<number> {
    const before = workerdCpuMs();
    const response = await server.fetch(`/${how}?count=${count}`);
    const canaries = Number(await response.text());
    // Work that was not done would be fast.
    if (!response.ok || Math.abs(canaries / count - 0.05) > 0.01) throw new Error(`${how}: ${canaries} of ${count}`);
    return (workerdCpuMs() - before) * (1_000_000 / count);
  }
}
