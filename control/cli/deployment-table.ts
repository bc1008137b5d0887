/** Deployments, one a line. */
import type { Colors } from "picocolors/types";
import type { Deployment } from "../../schema/contracts/deployments.ts";
import { shortSha } from "../../schema/digest.ts";
import type { DeploymentStatus } from "../../schema/lifecycle.ts";
import type { CommandContext } from "./command-context.ts";
import { formatAge } from "./figures.ts";
import { toPrintable } from "./printable.ts";
import type { Cell } from "./table.ts";

export const DEPLOYMENT_COLUMNS = ["DEPLOYMENT", "STATUS", "CHANNEL", "BUILD", "COMMIT", "AGE", "MESSAGE"] as const;

export function deploymentRow(deployment: Deployment, { paint, now }: Pick<CommandContext, "paint" | "now">): Cell[] {
  return [
    { text: deployment.id },
    { text: describeStatus(deployment), paint: statusPaint(deployment.status, paint) },
    { text: deployment.channel },
    { text: deployment.build ? shortSha(deployment.build) : "-" },
    { text: deployment.commit ? deployment.commit.sha.slice(0, 7) + (deployment.commit.dirty ? "+" : "") : "-" },
    { text: formatAge(deployment.createdAt, now()), paint: paint.dim },
    { text: firstLine(deployment.message ?? deployment.commit?.message ?? "") },
  ];
}

/** The status, with what says more: the phase of one in progress, the reason of one that failed. */
export function describeStatus({ status, phase, failure }: Deployment): string {
  const more = failure?.reason ?? phase;
  return more ? `${status} (${more})` : status;
}

export function statusPaint(status: DeploymentStatus, paint: Colors): (text: string) => string {
  const paints: Record<DeploymentStatus, (text: string) => string> = {
    building: paint.cyan,
    built: paint.cyan,
    uploading: paint.cyan,
    canary: paint.yellow,
    live: paint.green,
    superseded: paint.dim,
    failed: paint.red,
  };
  return paints[status];
}

function firstLine(text: string): string {
  return toPrintable(text.split("\n", 1)[0] ?? "");
}
