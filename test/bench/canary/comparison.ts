/** All methods at one rate of traffic: what they do to good builds, and how soon they see bad ones. */
import { LONG_RAMP, medianOf, type Outcomes, runCampaign, shareRolledBack } from "./campaign.ts";
import { METHODS } from "./methods.ts";
import { OURS } from "./ours.ts";
import { BUSY, INDEPENDENT, STICKY, TRAFFIC, type Traffic } from "./traffic.ts";

export const RISES = [2, 4, 10, 40] as const;
export type Rise = (typeof RISES)[number];

/** Of a good build, per kind of traffic. */
const NULL_RAMPS = 1_000;
const OUR_NULL_RAMPS = 10_000;
const HARM_RAMPS = 2_000;

/** What a method makes of a bad build. */
export type Detection = { readonly power: number; readonly medianSeconds: number; readonly medianRequests: number };

export type Comparison = {
  readonly requestsPerSecond: number;
  /** By method and kind of traffic. */
  readonly falseRollback: Readonly<Record<string, Readonly<Record<string, number>>>>;
  /** By kind of traffic, method and rise. */
  readonly detections: Readonly<Record<string, Readonly<Record<string, Readonly<Record<Rise, Detection>>>>>>;
};

/** Kinds on which bad builds are tried. The figures are those of visitors that come back; the others are beside them. */
export const HARMED: readonly Traffic[] = [STICKY, INDEPENDENT, BUSY];

export function compareMethods(requestsPerSecond: number, seed: number, say: (line: string) => void): Comparison {
  const others = METHODS.filter((method) => method !== OURS);
  const base = { requestsPerSecond, ramp: LONG_RAMP };
  const falseRollback: Record<string, Record<string, number>> = {};
  for (const [index, traffic] of TRAFFIC.entries()) {
    say(`${requestsPerSecond} rps: good builds, ${traffic.name} ...`);
    const kind = { ...base, traffic, rise: 1 };
    const outcomes = new Map([
      ...runCampaign({ ...kind, methods: [OURS], ramps: OUR_NULL_RAMPS, seed: seed + index }),
      ...runCampaign({ ...kind, methods: others, ramps: NULL_RAMPS, seed: seed + index }),
    ]);
    for (const [key, outcome] of outcomes) {
      falseRollback[key] = { ...falseRollback[key], [traffic.name]: shareRolledBack(outcome) };
    }
  }
  const detections = Object.fromEntries(
    HARMED.map((traffic, index) => {
      say(`${requestsPerSecond} rps: bad builds, ${traffic.name} ...`);
      const campaign = { ...base, traffic, methods: METHODS, ramps: HARM_RAMPS };
      const byRise = RISES.map((rise) => runCampaign({ ...campaign, rise, seed: seed + 100 * (index + 1) + rise }));
      return [traffic.name, Object.fromEntries(METHODS.map(({ key }) => [key, detectionsOf(key, byRise)]))];
    }),
  );
  return { requestsPerSecond, falseRollback, detections };
}

function detectionsOf(key: string, byRise: readonly Map<string, Outcomes>[]): Record<Rise, Detection> {
  const [x2, x4, x10, x40] = byRise.map((outcomes) => detectionOf(outcomes.get(key)));
  if (!x2 || !x4 || !x10 || !x40) throw new Error(`no outcomes of ${key}`);
  return { 2: x2, 4: x4, 10: x10, 40: x40 };
}

function detectionOf(outcomes: Outcomes | undefined): Detection | undefined {
  return (
    outcomes && {
      power: shareRolledBack(outcomes),
      medianSeconds: medianOf(outcomes.seconds),
      medianRequests: medianOf(outcomes.canaryRequests),
    }
  );
}

/** The kind of traffic on which a method rolls back most good builds. */
export function worstKind(
  { falseRollback }: Comparison,
  key: string,
): { readonly kind: string; readonly share: number } {
  const [worst] = Object.entries(falseRollback[key] ?? {}).sort(([, a], [, b]) => b - a);
  if (!worst) throw new Error(`no good builds were given to ${key}`);
  return { kind: worst[0], share: worst[1] };
}

export function detection(comparison: Comparison, traffic: Traffic, key: string, rise: Rise): Detection {
  const found = comparison.detections[traffic.name]?.[key]?.[rise];
  if (!found) throw new Error(`no bad builds were given to ${key}`);
  return found;
}
