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

/** How notes of the builder begin that mean more to who waits than the others. */
const NOT_ISOLATED = "Builds are not isolated";
const WAITING = "Waiting for ";

/** What the last step was when nothing had to be built. */
const REUSE = { label: "Reuse the bundle", detail: "same source, env and tools as before" } as const;

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
  let warned = false;
  progress.begin(LABELS[step]);

  return {
    line(line) {
      if (line.step !== step) enter(line.step, Date.parse(line.at));
      if (line.kind === "step") return;
      const text = toPrintable(line.text);
      if (line.kind === "note" && text.startsWith(NOT_ISOLATED)) {
        if (!warned) progress.warn(text);
        warned = true;
        return;
      }
      tail.push(line);
      if (tail.length > TAIL_LINES) tail.shift();
      if (line.kind === "note") tell(text.replace(/\.$/, ""));
      if (options.verbose) progress.say(`    ${text}`);
    },
    settle({ status, reused, updatedAt }) {
      if (status === "failed") progress.close("failed");
      else progress.end({ ms: Date.parse(updatedAt) - since, ...(reused && REUSE) });
    },
    tail: () => tail,
  };

  /** A note about the running step. With `verbose` the note becomes a line anyway. */
  function tell(note: string): void {
    if (note.startsWith(WAITING) && !options.verbose) progress.hold(note);
    else progress.update(note);
  }

  function enter(next: DeploymentPhase, at: number): void {
    progress.end({ ms: at - since });
    step = next;
    since = at;
    progress.begin(LABELS[next]);
  }
}
