/** Which side of a rollout answers a request, and what that says about the rollout. Nothing is worked out while none runs. */
import type { TrafficArm } from "../schema/contracts/traffic.ts";
import type { Digest } from "../schema/digest.ts";
import type { ProjectId, RolloutId } from "../schema/ids.ts";
import { assertNever } from "../schema/result.ts";
import { FULL_WEIGHT_BPS, type RouteRecord } from "../schema/route-record.ts";
import type { Variant } from "../schema/variant-pass.ts";
import type { Clock } from "./ports.ts";
import { hasPreviewCookie, isForcedByHeader, type Passes, REMOVED_PREVIEW_COOKIE, readForcing } from "./preview.ts";
import { chooseVariant } from "./variant.ts";
import { hasVisitorCookie, REMOVED_VISITOR_COOKIE, type Visitor, type Visitors } from "./visitor.ts";

export interface SidePorts {
  readonly visitors: Visitors;
  readonly passes: Passes;
  readonly clock: Pick<Clock, "now">;
}

/** A request of a rollout, as its meter sees it. */
export interface Watched {
  readonly project: ProjectId;
  readonly rollout: RolloutId;
  readonly weightBps: number;
  readonly arm: TrafficArm;
  /** Of the deployment that is tried. */
  readonly canaryBuild: Digest;
  /** Of the arm, and of the other one: null while everybody has the canary. */
  readonly ownBuild: Digest;
  readonly otherBuild: Digest | null;
  /** Null: a forced visit, which is no evidence. */
  readonly visitor: string | null;
  /** Null unless the visit is a probe. */
  readonly probe: string | null;
}

export interface Side {
  readonly variant: Variant;
  readonly watched: Watched | null;
  readonly forced: "preview" | "probe" | null;
  /** Set-Cookie values, should the answer be a page. */
  cookies(): Promise<readonly string[]>;
}

/** @returns null when the request asks for a side that it may not choose */
export async function chooseSide(record: RouteRecord, headers: Headers, ports: SidePorts): Promise<Side | null> {
  if (!record.canary) return isForcedByHeader(headers) ? null : onlySide(record, headers, ports);
  const forcing = await readForcing(record, headers, ports.passes);
  switch (forcing.kind) {
    case "refused":
      return null;
    case "forced": {
      const { kind, variant } = forcing.pass;
      const probe = forcing.pass.kind === "probe" ? forcing.pass.probe : null;
      const watched = watch(record, variant, { visitor: null, probe });
      return { variant, watched, forced: kind, cookies: async () => [] };
    }
    case "none": {
      const visitor = await ports.visitors.identify(record.project, headers);
      const variant = chooseVariant(record.canary, visitor.id);
      return {
        variant,
        watched: watch(record, variant, { visitor: visitor.id, probe: null }),
        forced: null,
        cookies: () => cookiesOf(record, visitor, headers, ports.visitors),
      };
    }
    default:
      return assertNever(forcing);
  }
}

/** No rollout divides the visitors; one that has just ended may still watch all of them. */
async function onlySide(record: RouteRecord, headers: Headers, { visitors, clock }: SidePorts): Promise<Side> {
  const { project, live, bake } = record;
  const watched: Watched | null =
    bake && clock.now() < bake.until
      ? {
          project,
          rollout: bake.rollout,
          weightBps: FULL_WEIGHT_BPS,
          arm: "canary",
          canaryBuild: live.build,
          ownBuild: live.build,
          otherBuild: null,
          visitor: (await visitors.identify(project, headers)).id,
          probe: null,
        }
      : null;
  return { variant: "live", watched, forced: null, cookies: async () => removals(headers) };
}

function watch(
  { project, live, canary }: RouteRecord,
  variant: Variant,
  who: Pick<Watched, "visitor" | "probe">,
): Watched | null {
  if (!canary) return null;
  const isCanary = variant === "canary";
  return {
    project,
    rollout: canary.salt,
    weightBps: canary.weightBps,
    arm: isCanary ? "canary" : "control",
    canaryBuild: canary.build,
    ownBuild: isCanary ? canary.build : live.build,
    otherBuild: isCanary ? live.build : canary.build,
    ...who,
  };
}

async function cookiesOf(
  { project }: RouteRecord,
  visitor: Visitor,
  headers: Headers,
  visitors: Visitors,
): Promise<readonly string[]> {
  // It was of another rollout, or is over.
  const stale = hasPreviewCookie(headers) ? [REMOVED_PREVIEW_COOKIE] : [];
  return visitor.hasCookie ? stale : [...stale, await visitors.cookieFor(project, visitor)];
}

/** What a rollout has left behind in the visitor's browser. */
function removals(headers: Headers): readonly string[] {
  return [
    ...(hasVisitorCookie(headers) ? [REMOVED_VISITOR_COOKIE] : []),
    ...(hasPreviewCookie(headers) ? [REMOVED_PREVIEW_COOKIE] : []),
  ];
}
