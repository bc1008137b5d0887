/**
 * The jobs that a builder handed back when it was asked to stop, as the next one of the same work folder finds them: their runs
 * start again, and nothing was lost. A builder that is killed writes no such list.
 */
import { readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import * as z from "zod";
import { DeploymentId } from "../schema/ids.ts";

const HandedBack = z.object({ version: z.literal(1), deployments: z.array(DeploymentId) });

export async function writeHandedBack(workDir: string, deployments: readonly DeploymentId[]): Promise<void> {
  const path = pathIn(workDir);
  await writeFile(`${path}.new`, JSON.stringify({ version: 1, deployments }), { mode: 0o600 });
  await rename(`${path}.new`, path);
}

/** Once: what is started again and then killed is lost. */
export async function takeHandedBack(workDir: string): Promise<DeploymentId[]> {
  const path = pathIn(workDir);
  const text = await readFile(path, "utf8").catch(() => null);
  await rm(path, { force: true });
  if (text === null) return [];
  // A list that can not be read is as none: the jobs then count as lost.
  const list = HandedBack.safeParse(parseJson(text));
  return list.success ? list.data.deployments : [];
}

function pathIn(workDir: string): string {
  return join(workDir, "handed-back.json");
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
