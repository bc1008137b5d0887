import type { Problem, ProblemCode } from "../../schema/contracts/problem.ts";
import type { Channel } from "../../schema/hostname.ts";
import { canBecome, type DeploymentStatus, isInProgress } from "../../schema/lifecycle.ts";
import { err, ok, type Result } from "../../schema/result.ts";

export type Refusal = {
  readonly code: ProblemCode;
  readonly detail: string;
  /** The rollout that is in the way. */
  readonly rollout?: Problem["rollout"];
};

type Candidate = {
  readonly channel: Channel;
  readonly status: DeploymentStatus;
  readonly whole: boolean;
  readonly collectedAt: string | null;
};
type Wish = {
  readonly channel: Channel;
  readonly force: boolean;
  readonly reason?: string | undefined;
  readonly expectedRev?: number | undefined;
};

/** Whether a deployment may be made live on a channel that is at `rev` (0: nothing was ever live). */
export function canPromote(candidate: Candidate, rev: number, wish: Wish): Result<"flip" | "already_live", Refusal> {
  const moved = checkRev(rev, wish);
  if (!moved.ok) return moved;
  if (candidate.channel !== wish.channel) {
    return refuse(
      "not_promotable",
      `This deployment was made for ${candidate.channel}, not for ${wish.channel}. Deploy its source to ${wish.channel}.`,
    );
  }
  if (candidate.status === "live") return ok("already_live");
  if (candidate.collectedAt !== null) {
    const day = candidate.collectedAt.slice(0, 10);
    return refuse(
      "bundle_collected",
      `Its bundle was removed from storage on ${day}: nothing that is kept needed it. Deploy its source again; pin a deployment to keep it for good.`,
    );
  }
  if (candidate.status === "failed" && !candidate.whole) {
    return refuse("not_retained", "This deployment failed before its bundle was whole. Fix it and deploy again.");
  }
  if (candidate.status === "failed" && !wish.force) {
    return refuse(
      "not_promotable",
      "This deployment failed. To make it live all the same, force it and give a reason.",
    );
  }
  if (candidate.status === "failed" && wish.reason === undefined) {
    return refuse("force_needs_reason", "Say why a failed deployment should be live.");
  }
  if (!canBecome(candidate.status, "live") || !candidate.whole) {
    return refuse(
      "not_retained",
      isInProgress(candidate.status)
        ? `This deployment is ${candidate.status}: it has no whole bundle yet. Wait until it is live.`
        : "A file of its bundle was missing or damaged in storage. Deploy its source again.",
    );
  }
  return ok("flip");
}

/** Whether a channel is where its caller believes it to be. Asked first: any other answer would be about another state. */
export function checkRev(rev: number, { expectedRev }: Pick<Wish, "expectedRev">): Result<"as_expected", Refusal> {
  if (expectedRev === undefined || expectedRev === rev) return ok("as_expected");
  return refuse(
    "rev_conflict",
    `The channel is at revision ${rev}, not ${expectedRev}. Look at it again, then decide.`,
  );
}

function refuse(code: ProblemCode, detail: string): Result<never, Refusal> {
  return err({ code, detail });
}
