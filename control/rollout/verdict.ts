/** Why a rollout was rolled back or warned about, with all it was decided by: it can be explained, and replayed. */
import { assertNever } from "../../schema/result.ts";
import type { VerdictReason } from "../../schema/rollout.ts";
import type { Evidence } from "./evidence.ts";
import { type Finding, judge } from "./judge.ts";
import { type Rollout, weightBpsOf } from "./rollout.ts";
import { describeFinding, describeIntegrity, describeThreshold, describeTooFew } from "./sentence.ts";

export type Verdict = {
  readonly version: 1;
  readonly reason: VerdictReason;
  readonly at: number;
  readonly weightBps: number;
  readonly sentence: string;
  readonly findings: readonly Finding[];
  readonly inputs: VerdictInputs;
};

/** Plain data, whole: what `verdictOf` makes the same verdict from again. */
export type VerdictInputs = { readonly rollout: Rollout; readonly evidence: Evidence };

export function verdictOf(reason: VerdictReason, inputs: VerdictInputs, at: number): Verdict {
  const findings = findingsOf(inputs);
  return {
    version: 1,
    reason,
    at,
    weightBps: weightBpsOf(inputs.rollout),
    sentence: sentenceOf(reason, inputs, findings),
    findings,
    inputs,
  };
}

/** What the stored inputs give today: the same verdict to the last bit, unless the judge itself was changed. */
export function replay({ reason, inputs, at }: Verdict): Verdict {
  return verdictOf(reason, inputs, at);
}

export function findingsOf({ rollout, evidence }: VerdictInputs): Finding[] {
  const { errorRateThreshold } = rollout.settings;
  return judge({ metrics: evidence.metrics, canaryVisitors: evidence.canaryVisitors, errorRateThreshold });
}

function sentenceOf(reason: VerdictReason, { rollout, evidence }: VerdictInputs, findings: readonly Finding[]): string {
  switch (reason) {
    case "regression":
      return describeRegression(findings);
    case "integrity":
      return describeIntegrity(evidence.integrityFailures);
    case "inconclusive":
      return describeTooFew(evidence.canaryVisitors, rollout.settings.minVisitors);
    default:
      return assertNever(reason);
  }
}

/** Every metric that regressed; at full weight, where nothing is compared, the threshold that was exceeded. */
function describeRegression(findings: readonly Finding[]): string {
  const regressed = findings.filter(({ regressed }) => regressed).map(describeFinding);
  if (regressed.length > 0) return regressed.join(". ");
  return findings.flatMap(({ threshold }) => (threshold?.exceeded ? [describeThreshold(threshold)] : [])).join(". ");
}
