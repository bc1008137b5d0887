/** Finds the folder that the build wrote. */
import { realpath, stat } from "node:fs/promises";
import { join, sep } from "node:path";
import { ok, type Result } from "../schema/result.ts";
import { type BuildFailure, fail } from "./failure.ts";
import { describeKind } from "./file-kind.ts";

/** Where the usual tools write. */
const USUAL_OUTPUTS = ["dist", "build", "out", "public/build"] as const;

/** The folder's real path, inside the app's folder. */
export async function findOutputFolder(
  app: string,
  configured: string | undefined,
  sourcePaths: readonly string[],
): Promise<Result<string, BuildFailure>> {
  const root = await realpath(app);
  const others: string[] = [];
  for (const candidate of outputCandidates(configured, sourcePaths)) {
    const path = await realpath(join(root, candidate)).catch(() => null);
    if (path === null) continue;
    if (!path.startsWith(`${root}${sep}`)) return fail("output_link_refused", `${candidate} leads out of the project.`);
    const stats = await stat(path);
    if (stats.isDirectory()) return ok(path);
    others.push(`${candidate} is ${describeKind(stats)}, not a folder.`);
  }
  return fail("output_missing", others[0] ?? explainMissing(configured, sourcePaths));
}

/** A folder that came with the source is not what the build wrote, unless the config says so. */
export function outputCandidates(configured: string | undefined, sourcePaths: readonly string[]): readonly string[] {
  if (configured !== undefined) return [configured];
  return USUAL_OUTPUTS.filter((folder) => !isInSource(folder, sourcePaths));
}

function explainMissing(configured: string | undefined, sourcePaths: readonly string[]): string {
  if (configured !== undefined) return `There is no folder ${configured} after the build.`;
  const inSource = USUAL_OUTPUTS.filter((folder) => isInSource(folder, sourcePaths));
  const skipped = inSource.length === 0 ? "" : ` (${inSource.join(", ")} came with the source)`;
  return `The build wrote none of ${USUAL_OUTPUTS.join(", ")}${skipped}.`;
}

function isInSource(folder: string, sourcePaths: readonly string[]): boolean {
  return sourcePaths.some((path) => path.startsWith(`${folder}/`));
}
