/** From the moment that a deployment has been started: its steps on stderr until it has settled, its URL on stdout, its failure. */
import type { Deployment, LogLine } from "../../schema/contracts/deployments.ts";
import type { Rollout } from "../../schema/contracts/rollouts.ts";
import { shortSha } from "../../schema/digest.ts";
import { formatBytes, formatCount } from "../../schema/figures.ts";
import type { Slug } from "../../schema/hostname.ts";
import { withAdvice } from "./advice.ts";
import { createBuildProgress } from "./build-progress.ts";
import type { CommandContext } from "./command-context.ts";
import { describeFailure } from "./describe-failure.ts";
import { Failure } from "./failure.ts";
import { formatDuration } from "./figures.ts";
import { followLog } from "./follow-log.ts";
import { toPrintable } from "./printable.ts";
import { watchRollout } from "./watch-rollout.ts";

export type OutcomeOptions = {
  /** Unless false, until the deployment has settled. */
  readonly wait?: boolean;
  /** Unless false, also until its rollout has come to everybody, or to an end. */
  readonly waitCanary?: boolean;
  readonly json?: boolean;
  /** With what the build prints. */
  readonly verbose?: boolean;
};

/** `startedAt`: when the command began. */
type Started = { readonly started: Deployment; readonly slug: Slug; readonly startedAt: number };

type FailedDeployment = Deployment & { readonly failure: NonNullable<Deployment["failure"]> };

/** @throws Failure `failed` when the deployment failed */
export async function awaitOutcome(
  context: CommandContext,
  { started, slug, startedAt }: Started,
  options: OutcomeOptions,
): Promise<void> {
  const { progress, print, invocation, now } = context;
  if (options.wait === false) {
    progress.say(`\n  ${started.id} is on its way. Follow it with: ${invocation} logs -f ${started.id}\n`);
    print(options.json ? JSON.stringify(started) : started.url);
    return;
  }
  const { deployment: built, tail } = await watch(context, started, options.verbose === true);
  const waits = built.status === "canary" && options.waitCanary !== false;
  const { deployment, rollout } = waits ? await watchRollout(context, built) : { deployment: built, rollout: null };
  if (options.json) print(JSON.stringify(deployment));
  if (deployment.failure) {
    const failed = { ...deployment, failure: deployment.failure };
    // What became of a canary is not in the log of its build.
    if (rollout) throw toCanaryFailure(context, failed, rollout);
    if (!options.verbose) sayTail(context, withoutFailure(tail, failed));
    throw toFailure(context, failed);
  }
  progress.say(`\n  ${describeState(deployment, slug)} after ${formatDuration(now() - startedAt)}`);
  progress.say(`  ${describeBuild(deployment)}\n`);
  if (!options.json) print(deployment.url);
}

async function watch({ api, progress, signal, invocation }: CommandContext, started: Deployment, verbose: boolean) {
  const steps = createBuildProgress(progress, started, { verbose });
  const advice = `The deployment goes on without this command. Follow it with: ${invocation} logs -f ${started.id}`;
  const { deployment } = await withAdvice(signal, advice, () =>
    followLog(api, started, { follow: true, signal, onLine: steps.line }),
  );
  steps.settle(deployment);
  return { deployment, tail: steps.tail() };
}

function sayTail({ progress }: CommandContext, tail: readonly LogLine[]): void {
  if (tail.length === 0) return;
  progress.say(`\n  The last ${tail.length === 1 ? "line" : `${tail.length} lines`} of the log:\n`);
  for (const { text } of tail) progress.say(`    ${toPrintable(text)}`);
}

/** The builder ends the log of a failed build with the failure itself, which is told after it. */
function withoutFailure(tail: readonly LogLine[], { failure }: FailedDeployment): readonly LogLine[] {
  const last = tail.at(-1);
  return last?.kind === "error" && last.text.startsWith(`${failure.reason}: `) ? tail.slice(0, -1) : tail;
}

function toFailure({ invocation }: CommandContext, { id, failure }: FailedDeployment): Failure {
  const { detail, help } = describeFailure(failure);
  const lines = [
    `${detail} (${failure.reason})`,
    ...(help ? [help] : []),
    "What was live before stays live. The whole log:",
    `${invocation} logs ${id}`,
  ];
  return new Failure("failed", lines.join("\n"), { code: failure.reason });
}

function toCanaryFailure({ invocation }: CommandContext, { failure }: FailedDeployment, { id }: Rollout): Failure {
  const { detail } = describeFailure(failure);
  const lines = [
    `${detail} (${failure.reason})`,
    "The version before serves everybody. All that is known:",
    `${invocation} rollout explain ${id}`,
  ];
  return new Failure("failed", lines.join("\n"), { code: failure.reason });
}

function describeState({ status, channel }: Deployment, slug: string): string {
  const states: Partial<Record<Deployment["status"], string>> = {
    live: `${slug} is live on ${channel}`,
    canary: `${slug} is a canary on ${channel}: its first visitors have it, and it goes on by itself`,
    superseded: `${slug} was live on ${channel} until a newer deployment took its place`,
  };
  return states[status] ?? `${slug} is ${status} on ${channel}`;
}

function describeBuild({ build, bundle, reused }: Deployment): string {
  const parts = [
    build && `build ${shortSha(build)}`,
    bundle && `${formatCount(bundle.files, "file")}, ${formatBytes(bundle.bytes)}`,
    reused && "reused, as the inputs were the same",
  ];
  return parts.filter(Boolean).join(" · ");
}
