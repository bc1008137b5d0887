/** A deployment's log as steps on the terminal, measured by the log's own clock; and its last lines, for when it fails. */
import type { Deployment, LogLine } from "../../schema/contracts/deployments.ts";
import type { DeploymentPhase } from "../../schema/lifecycle.ts";
import { toPrintable } from "./printable.ts";
import type { Progress } from "./progress.ts";

export type BuildProgress = {
  line(line: LogLine): void;
  /** Ends the last step. */
  settle(deployment: Deployment): void;
  /** The last lines of the log, oldest first. */
  tail(): readonly LogLine[];
};

const TAIL_LINES = 40;

const LABELS = {
  queued: "Wait in the queue",
  starting: "Start the builder",
  stage: "Stage the source",
  config: "Read the config",
  install: "Install packages",
  build: "Build",
  collect: "Collect the output",
  upload: "Store the bundle",
  verify: "Verify the bundle",
} as const satisfies Record<DeploymentPhase, string>;

export function createBuildProgress(
  progress: Progress,
  { phase, createdAt }: Deployment,
  options: { readonly verbose: boolean },
): BuildProgress {
  const tail: LogLine[] = [];
  let step = phase ?? "queued";
  let since = Date.parse(createdAt);
  progress.begin(LABELS[step]);

  return {
    line(line) {
      if (line.step !== step) enter(line.step, Date.parse(line.at));
      if (line.kind === "note") progress.update(toPrintable(line.text).replace(/\.$/, ""));
      if (line.kind === "step") return;
      tail.push(line);
      if (tail.length > TAIL_LINES) tail.shift();
      if (options.verbose) progress.say(`    ${toPrintable(line.text)}`);
    },
    settle({ status, updatedAt }) {
      if (status === "failed") progress.close("failed");
      else progress.end({ ms: Date.parse(updatedAt) - since });
    },
    tail: () => tail,
  };

  function enter(next: DeploymentPhase, at: number): void {
    progress.end({ ms: at - since });
    step = next;
    since = at;
    progress.begin(LABELS[next]);
  }
}
