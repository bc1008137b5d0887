import type { LogLine } from "../../../schema/contracts/deployments.ts";
import { withAdvice } from "../advice.ts";
import type { CommandContext } from "../command-context.ts";
import { Failure } from "../failure.ts";
import { findDeployment } from "../find-deployment.ts";
import { followLog } from "../follow-log.ts";
import { toPrintable } from "../printable.ts";

export type LogsOptions = {
  readonly deployment: string;
  readonly project?: string;
  readonly follow?: boolean;
  readonly json?: boolean;
};

/** A deployment's log on stdout, as text or as NDJSON. Its outcome does not become the exit code. */
export async function logs(context: CommandContext, options: LogsOptions): Promise<void> {
  const { api, print, signal, invocation } = context;
  const { follow = false } = options;
  const deployment = await findDeployment(context, options.deployment, options.project);
  const onLine = (line: LogLine) => print(options.json ? JSON.stringify(line) : formatLine(line, context));
  const advice = `The deployment does not depend on this command. Read on with: ${invocation} logs ${follow ? "-f " : ""}${deployment.id}`;
  await withAdvice(signal, advice, async () => {
    const { whole } = await followLog(api, deployment, { follow, signal, onLine });
    if (!whole) throw new Failure("unknown", "The log breaks off here, each time it is asked for.");
  });
}

function formatLine({ kind, text }: LogLine, { paint }: CommandContext): string {
  const shown = toPrintable(text);
  switch (kind) {
    case "step":
      return paint.bold(`▸ ${shown}`);
    case "note":
      return paint.dim(`  ${shown}`);
    case "error":
      return paint.red(`  ${shown}`);
    case "output":
      return `  ${shown}`;
  }
}
