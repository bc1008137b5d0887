/**
 * The end of a deleted project, after its grace period: its objects in R2, what was sent to its webhooks, its rows in the directory. It is done in short
 * steps that remember nothing: each looks what is left, so that one which was cut, or done twice, changes nothing.
 */
import type { ProjectId } from "../../schema/ids.ts";
import { projectPrefixes } from "../../schema/keys.ts";
import type { Directory } from "../directory/directory.ts";

export type PurgeStores = {
  readonly bucket: Pick<R2Bucket, "list" | "delete">;
  readonly directory: Pick<Directory, "removeProject">;
  /** Ends a sweep that runs, and forgets the ones that were. */
  readonly forgetSweeps: (project: ProjectId) => Promise<void>;
  /** Sends nothing more, and forgets what was sent. */
  readonly forgetWebhooks: (project: ProjectId) => Promise<void>;
};

/** One list and one delete; R2 takes up to 1 000 keys, and half of it keeps a step well below a second. */
const OBJECTS_A_STEP = 500;

/** @returns whether something may be left */
export async function purgeStep(
  { bucket, directory, forgetSweeps, forgetWebhooks }: PurgeStores,
  project: ProjectId,
): Promise<"more" | "gone"> {
  for (const prefix of projectPrefixes(project)) {
    const { objects } = await bucket.list({ prefix, limit: OBJECTS_A_STEP });
    if (objects.length === 0) continue;
    await bucket.delete(objects.map(({ key }) => key));
    return "more";
  }
  await forgetSweeps(project);
  await forgetWebhooks(project);
  // Last, as it makes the slug free for others.
  return directory.removeProject(project);
}
