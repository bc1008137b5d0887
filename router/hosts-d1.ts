/** The directory itself: which project owns a host name. Asked in SQL, as drizzle has no place in the router's bundle. */
import type { Hostname } from "../schema/hostname.ts";
import { ProjectId } from "../schema/ids.ts";

export function createHostDirectory(database: D1Database): (hostname: Hostname) => Promise<ProjectId | null> {
  return async (hostname) => {
    const project = await database
      .prepare("SELECT project FROM hostnames WHERE hostname = ?")
      .bind(hostname)
      .first("project");
    return project === null ? null : ProjectId.parse(project);
  };
}
