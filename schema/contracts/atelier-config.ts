/** `atelier.config.ts`: what a project may say about its own build and publish. Evaluated in the sandbox, validated outside. */
import * as z from "zod";
import { HtmlHandling } from "../html-handling.ts";
import { RelativePath } from "../relative-path.ts";

const CanaryStages = z
  .array(z.number().gt(0).max(100))
  .min(1)
  .max(20)
  .refine((stages) => stages.every((stage, index) => index === 0 || stage > (stages[index - 1] ?? 0)), "must rise")
  .refine((stages) => stages.at(-1) === 100, "must end at 100")
  .refine((stages) => stages.every(isBasisPoints), "must have at most two decimals");

/** Weights are kept in basis points. Floating point makes 0.07 * 100 a little more than 7. */
function isBasisPoints(percent: number): boolean {
  const bps = Math.round(percent * 100);
  return bps > 0 && bps / 100 === percent;
}

/** What a stage does that too few visitors have seen: go on all the same, wait for them, or end the rollout. */
export const ON_INCONCLUSIVE = ["pass", "hold", "abort"] as const;

export const CanaryConfig = z.strictObject({
  /** Percent of visitors, rising, ending at 100. */
  stages: CanaryStages.optional(),
  observationWindowSec: z.int().min(10).max(86_400).optional(),
  /** Visitors of the canary from which on a stage says something. */
  minVisitors: z.int().min(0).max(1_000_000).optional(),
  onInconclusive: z.enum(ON_INCONCLUSIVE).optional(),
  /** How long `hold` waits before it aborts. */
  maxHoldSec: z.int().min(60).max(604_800).optional(),
  autoRollback: z
    .strictObject({
      /** The share of the canary's visitors that may meet errors, whatever those of the previous deployment meet. */
      errorRateThreshold: z.number().gt(0).lt(1).optional(),
      /** A factor on the previous deployment's P95. */
      latencyP95Threshold: z.number().gt(1).max(100).optional(),
    })
    .optional(),
});

export type CanaryConfig = z.infer<typeof CanaryConfig>;

export const AtelierConfig = z.strictObject({
  build: z
    .strictObject({
      /** A shell command run in the project's folder. Default: the package's `build` script, else `vite build`. */
      command: z
        .string()
        .min(1)
        .max(1_000)
        // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is refused here
        .refine((command) => !/[\u0000-\u0008\u000b-\u001f\u007f]/.test(command), "must not contain control characters")
        .optional(),
      /** Default: the first of dist, build, out, public/build that the build wrote. */
      output: RelativePath.optional(),
    })
    .optional(),
  serving: z
    .strictObject({
      /** How pages' addresses are written. Default: auto-trailing-slash. */
      htmlHandling: HtmlHandling.optional(),
      /** Source maps of scripts and styles may be read by anybody. Default: they are not published. */
      sourceMaps: z.boolean().optional(),
    })
    .optional(),
  deployments: z.strictObject({ canary: z.union([z.literal("skip"), CanaryConfig]).optional() }).optional(),
});
export type AtelierConfig = z.infer<typeof AtelierConfig>;
