/** The directory in D1: projects by slug and id, their host names, API tokens, build SHAs. */
import { and, asc, eq, gt, inArray, isNotNull, like, or, sql } from "drizzle-orm";
import { drizzle } from "drizzle-orm/d1";
import { deploymentIndex, hostnames, projects, tokens } from "../../schema/directory/tables.ts";
import type { Hostname, Slug } from "../../schema/hostname.ts";
import type { DeploymentId, ProjectId } from "../../schema/ids.ts";
import { tokenQueries } from "./tokens.ts";

export type ProjectRow = typeof projects.$inferSelect;

export type ProjectQuery = {
  readonly after: Slug | undefined;
  readonly prefix: string | undefined;
  /** Null: all. */
  readonly only: readonly ProjectId[] | null;
  readonly limit: number;
};

export type Directory = ReturnType<typeof createDirectory>;

/** Rows of one statement, so that it takes no more than some ten milliseconds. */
const REMOVED_AT_ONCE = 500;

export function createDirectory(database: D1Database) {
  const db = drizzle(database, { casing: "snake_case" });
  return {
    tokens: tokenQueries(db),

    /** One batch: the project and its host name become known together, or neither. */
    async addProject(row: ProjectRow, hostname: Hostname): Promise<"added" | "conflict"> {
      try {
        await db.batch([
          db.insert(projects).values(row),
          db.insert(hostnames).values({ hostname, project: row.id, createdAt: row.createdAt }),
        ]);
        return "added";
      } catch (cause) {
        const holder = await db.select().from(projects).where(eq(projects.slug, row.slug)).get();
        if (!holder) throw cause;
        // An answer that was lost on the way: the row is there.
        return holder.id === row.id ? "added" : "conflict";
      }
    },

    async findProjectByRequest(key: string): Promise<ProjectRow | null> {
      return (await db.select().from(projects).where(eq(projects.requestKey, key)).get()) ?? null;
    },

    async findProject(slugOrId: string): Promise<ProjectRow | null> {
      const found = await db
        .select()
        .from(projects)
        .where(or(eq(projects.slug, slugOrId as ProjectRow["slug"]), eq(projects.id, slugOrId as ProjectId)))
        .get();
      return found ?? null;
    },

    /** By slug. */
    async listProjects({ after, prefix, only, limit }: ProjectQuery): Promise<ProjectRow[]> {
      return db
        .select()
        .from(projects)
        .where(
          and(
            after && gt(projects.slug, after),
            prefix ? like(projects.slug, `${prefix}%`) : undefined,
            only ? inArray(projects.id, [...only]) : undefined,
          ),
        )
        .orderBy(asc(projects.slug))
        .limit(limit)
        .all();
    },

    /** What the project's object has told of it. */
    async updateProject(
      project: ProjectId,
      { name, ...deletion }: Pick<ProjectRow, "name" | "deletedAt" | "purgeAt">,
    ): Promise<void> {
      // A project from before its object knew the name has told an empty one.
      const change = name === "" ? deletion : { name, ...deletion };
      await db.update(projects).set(change).where(eq(projects.id, project));
    },

    /** Forgets a project: some of its deployments, and once there are none, all the rest at once. */
    async removeProject(project: ProjectId): Promise<"more" | "gone"> {
      const some = db
        .select({ id: deploymentIndex.deployment })
        .from(deploymentIndex)
        .where(eq(deploymentIndex.project, project))
        .limit(REMOVED_AT_ONCE);
      const removed = await db
        .delete(deploymentIndex)
        .where(inArray(deploymentIndex.deployment, some))
        .returning({ id: deploymentIndex.deployment });
      if (removed.length === REMOVED_AT_ONCE) return "more";
      const ofNoOther = sql`NOT EXISTS (SELECT 1 FROM json_each(${tokens.projects}) WHERE value <> ${project})`;
      await db.batch([
        db.delete(hostnames).where(eq(hostnames.project, project)),
        db.delete(tokens).where(and(isNotNull(tokens.projects), ofNoOther)),
        db.delete(projects).where(eq(projects.id, project)),
      ]);
      return "gone";
    },

    /** Those of the ids that are projects. */
    async findProjectIds(ids: readonly ProjectId[]): Promise<ProjectId[]> {
      const found = await db
        .select({ id: projects.id })
        .from(projects)
        .where(inArray(projects.id, [...ids]))
        .all();
      return found.map(({ id }) => id);
    },

    async findProjectOf(deployment: DeploymentId): Promise<ProjectId | null> {
      const found = await db
        .select({ project: deploymentIndex.project })
        .from(deploymentIndex)
        .where(eq(deploymentIndex.deployment, deployment))
        .get();
      return found?.project ?? null;
    },

    async indexDeployment(row: typeof deploymentIndex.$inferInsert): Promise<void> {
      const { build } = row;
      await db
        .insert(deploymentIndex)
        .values(row)
        .onConflictDoUpdate({ target: deploymentIndex.deployment, set: { build } });
    },
  };
}
