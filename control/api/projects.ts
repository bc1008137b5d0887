import { Hono } from "hono";
import { CreateProject, type Project } from "../../schema/contracts/projects.ts";
import { appHostname, PRODUCTION } from "../../schema/hostname.ts";
import { projectIdFrom } from "../../schema/ids.ts";
import { type AppsUrl, channelUrl } from "../apps-url.ts";
import type { Directory, ProjectRow } from "../directory/directory.ts";
import type { RequestKey } from "../project/idempotency.ts";
import type { ApiContext } from "./context.ts";
import { openProject } from "./open-project.ts";
import { ProblemError } from "./problem-error.ts";
import { readBody } from "./read-input.ts";
import { readRequestKey } from "./request-key.ts";

export function projectRoutes() {
  const routes = new Hono<ApiContext>();

  routes.get("/", async (c) => {
    const { directory, apps } = c.var.deps;
    const rows = await directory.listProjects();
    return c.json({ projects: rows.map((row) => toProject(row, apps)) });
  });

  routes.post("/", async (c) => {
    const { directory, projects, apps, now, newId } = c.var.deps;
    const body = await readBody(c, CreateProject);
    const request = await readRequestKey(c, body);
    const earlier = request && (await findEarlier(directory, request));
    if (earlier) return c.json(toProject(earlier, apps), 201);
    if (await directory.findProject(body.slug)) throw slugTaken(body.slug);

    const { actor } = c.var;
    const row: ProjectRow = {
      id: projectIdFrom(newId()),
      slug: body.slug,
      name: body.name ?? body.slug,
      createdAt: new Date(now()).toISOString(),
      createdBy: actor.name,
      requestKey: request?.key ?? null,
      requestHash: request?.requestHash ?? null,
    };
    // The object first: the directory's row makes it visible, and nobody may find a project that is not there.
    await projects(row.id).create({ id: row.id, slug: row.slug, name: row.name }, actor.name);
    const added = await directory.addProject(row, appHostname(row.slug, PRODUCTION, apps.domain));
    if (added === "conflict") {
      const winner = request && (await findEarlier(directory, request));
      if (!winner) throw slugTaken(body.slug);
      return c.json(toProject(winner, apps), 201);
    }
    await projects(row.id).announce();
    return c.json(toProject(row, apps), 201);
  });

  routes.get("/:project", openProject, (c) => c.json(toProject(c.var.project, c.var.deps.apps)));

  return routes;
}

/** The project that the same request made before. */
async function findEarlier(directory: Directory, { key, requestHash }: RequestKey): Promise<ProjectRow | null> {
  const earlier = await directory.findProjectByRequest(key);
  if (earlier && earlier.requestHash !== requestHash) {
    const detail = "This Idempotency-Key came with another request before. Use a new key for a new request.";
    throw new ProblemError("idempotency_conflict", detail);
  }
  return earlier;
}

function slugTaken(slug: string): ProblemError {
  return new ProblemError("slug_taken", `The slug "${slug}" belongs to another project. Choose another one.`);
}

function toProject({ id, slug, name, createdAt }: ProjectRow, apps: AppsUrl): Project {
  return { id, slug, name, url: channelUrl(apps, slug, PRODUCTION), createdAt };
}
