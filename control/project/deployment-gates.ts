/** What may be asked of a deployment by hand, besides to promote it. */
import type { ProblemCode } from "../../schema/contracts/problem.ts";
import { isInProgress } from "../../schema/lifecycle.ts";
import { err, ok, type Result } from "../../schema/result.ts";
import type { DeploymentRow } from "./deployment-rows.ts";
import type { Refusal } from "./promote-gate.ts";

/** `no_change`: it is as it was asked to be. */
type Verdict = Result<"change" | "no_change", Refusal>;

export function canCancel({ status, failureReason }: Pick<DeploymentRow, "status" | "failureReason">): Verdict {
  if (isInProgress(status) || status === "canary") return ok("change");
  if (status === "failed" && failureReason === "cancelled") return ok("no_change");
  const advice = status === "live" ? " To take it back, roll back or promote another one." : "";
  return refuse("not_cancellable", `This deployment is ${status}: there is nothing left to cancel.${advice}`);
}

/** `hasSource`: the files that it was made of are still stored. */
export function canRetry({ status }: Pick<DeploymentRow, "status">, hasSource: boolean): Result<"retry", Refusal> {
  if (status !== "failed") {
    const advice = isInProgress(status) ? "Wait for its end, or cancel it first." : "Promote it, or deploy its source.";
    return refuse("not_retryable", `This deployment is ${status}; only a failed one can be retried. ${advice}`);
  }
  if (!hasSource) return refuse("source_not_found", "Its source was removed meanwhile. Deploy the files again.");
  return ok("retry");
}

export function canPin(row: Pick<DeploymentRow, "pinned" | "collectedAt">, pinned: boolean): Verdict {
  if (row.pinned === pinned) return ok("no_change");
  if (row.collectedAt === null) return ok("change");
  return refuse("bundle_collected", `Its bundle was removed at ${row.collectedAt}: there is nothing left to pin.`);
}

function refuse(code: ProblemCode, detail: string): Result<never, Refusal> {
  return err({ code, detail });
}
