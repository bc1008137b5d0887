import {
  CreateProject,
  DeleteProject,
  ListProjects,
  type Project,
  ProjectDetails,
  ProjectPage,
  Project as ProjectSchema,
  RestoreProject,
  UpdateProject,
} from "../../schema/contracts/projects.ts";
import { appHostname, PRODUCTION, Slug } from "../../schema/hostname.ts";
import { projectIdFrom } from "../../schema/ids.ts";
import { type AppsUrl, channelUrl } from "../apps-url.ts";
import type { Directory, ProjectRow } from "../directory/directory.ts";
import type { RequestKey } from "../project/idempotency.ts";
import type { ProjectState } from "../project/owner-changes.ts";
import type { ApiContext } from "./context.ts";
import { cutPage, decodeCursor } from "./cursor.ts";
import { ProblemError } from "./problem-error.ts";
import { readRequestKey } from "./request-key.ts";
import { createRoutes, defineRoute, IdempotencyHeaders, json, jsonBody, ProjectParams } from "./route.ts";
import { unwrap } from "./unwrap.ts";

const listRoute = defineRoute({
  method: "get",
  path: "/projects",
  tags: ["Projects"],
  scope: "read",
  summary: "List the projects, by slug",
  request: { query: ListProjects },
  responses: { 200: json(ProjectPage, "One page. A token of some projects sees those.") },
});

const createProjectRoute = defineRoute({
  method: "post",
  path: "/projects",
  tags: ["Projects"],
  scope: "deploy",
  project: "all",
  summary: "Create a project",
  description: "Needs a token of all projects. The slug becomes the host name and never changes.",
  request: { headers: IdempotencyHeaders, body: jsonBody(CreateProject) },
  responses: { 201: json(ProjectSchema, "Created, or created before by the same request.") },
});

const readRoute = defineRoute({
  method: "get",
  path: "/projects/{project}",
  tags: ["Projects"],
  scope: "read",
  summary: "Look at a project",
  request: { params: ProjectParams },
  responses: { 200: json(ProjectDetails, "The project, with its settings.") },
});

const updateRoute = defineRoute({
  method: "patch",
  path: "/projects/{project}",
  tags: ["Projects"],
  scope: "admin",
  summary: "Rename a project, or change its settings",
  description:
    "What is named changes, the rest stays. Deployments that were created before keep the settings of then; a retry is a new one.",
  request: { params: ProjectParams, headers: IdempotencyHeaders, body: jsonBody(UpdateProject) },
  responses: { 200: json(ProjectDetails, "The project as it is now.") },
});

const deleteRoute = defineRoute({
  method: "delete",
  path: "/projects/{project}",
  tags: ["Projects"],
  scope: "admin",
  summary: "Delete a project",
  description:
    "It answers nobody from now on, and takes no change but to be restored. After the grace period all its data is removed and the slug is free.",
  whileDeleted: true,
  request: { params: ProjectParams, headers: IdempotencyHeaders, query: DeleteProject },
  responses: { 200: json(ProjectDetails, "Deleted; `deletion.purgeAt` says until when it can be restored.") },
});

const restoreRoute = defineRoute({
  method: "post",
  path: "/projects/{project}/restore",
  tags: ["Projects"],
  scope: "admin",
  summary: "Bring a deleted project back",
  description: "What was in progress when it was deleted stays cancelled.",
  whileDeleted: true,
  request: { params: ProjectParams, headers: IdempotencyHeaders, body: jsonBody(RestoreProject) },
  responses: { 200: json(ProjectDetails, "It answers again.") },
});

export function projectRoutes() {
  const routes = createRoutes();

  routes.openapi(listRoute, async (c) => {
    const { directory, apps } = c.var.deps;
    const { limit, cursor, prefix } = c.req.valid("query");
    const list = ["projects", prefix];
    const after = decodeCursor(list, cursor, Slug);
    const rows = await directory.listProjects({ after, prefix, limit: limit + 1, only: c.var.caller.projects });
    const { page, next } = cutPage(list, rows, limit, (row) => row.slug);
    return c.json({ projects: page.map((row) => toProject(row, apps)), next }, 200);
  });

  routes.openapi(createProjectRoute, async (c) => {
    const { directory, projects, apps, now, newId } = c.var.deps;
    const { actor } = c.var;
    const body = c.req.valid("json");
    const request = await readRequestKey(c, body);
    const earlier = request && (await findEarlier(directory, request));
    if (earlier) return c.json(toProject(earlier, apps), 201);
    if (await directory.findProject(body.slug)) throw slugTaken(body.slug);

    const row: ProjectRow = {
      id: projectIdFrom(newId()),
      slug: body.slug,
      name: body.name ?? body.slug,
      createdAt: new Date(now()).toISOString(),
      createdBy: actor.name,
      createdByToken: actor.token,
      requestKey: request?.key ?? null,
      requestHash: request?.requestHash ?? null,
      deletedAt: null,
      purgeAt: null,
    };
    // The object first: the directory's row makes it visible, and nobody may find a project that is not there.
    await projects(row.id).create({ id: row.id, slug: row.slug, name: row.name }, actor);
    const added = await directory.addProject(row, appHostname(row.slug, PRODUCTION, apps.domain));
    if (added === "conflict") {
      await projects(row.id).discard();
      const winner = request && (await findEarlier(directory, request));
      if (!winner) throw slugTaken(body.slug);
      return c.json(toProject(winner, apps), 201);
    }
    await projects(row.id).announce();
    return c.json(toProject(row, apps), 201);
  });

  routes.openapi(readRoute, async (c) => c.json(toDetails(c.var, await c.var.object.readState()), 200));

  routes.openapi(updateRoute, async (c) => {
    const body = c.req.valid("json");
    const request = await readRequestKey(c, body);
    return c.json(toDetails(c.var, unwrap(await c.var.object.update(body, request, c.var.actor))), 200);
  });

  routes.openapi(deleteRoute, async (c) => {
    const query = c.req.valid("query");
    const request = await readRequestKey(c, query);
    return c.json(toDetails(c.var, unwrap(await c.var.object.delete(query, request, c.var.actor))), 200);
  });

  routes.openapi(restoreRoute, async (c) => {
    const body = c.req.valid("json");
    const request = await readRequestKey(c, body);
    return c.json(toDetails(c.var, unwrap(await c.var.object.restore(body, request, c.var.actor))), 200);
  });

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

function toProject({ id, slug, name, createdAt, deletedAt, purgeAt }: ProjectRow, apps: AppsUrl): Project {
  const deletion = deletedAt && purgeAt ? { requestedAt: deletedAt, purgeAt } : null;
  return { id, slug, name, url: channelUrl(apps, slug, PRODUCTION), createdAt, deletion };
}

/** What the object says is newer than the directory's row. */
function toDetails({ project, deps }: ApiContext["Variables"], state: ProjectState): ProjectDetails {
  const deletionGraceSeconds = Math.ceil(deps.deletionGraceMs / 1_000);
  return { ...toProject(project, deps.apps), ...state, name: state.name || project.name, deletionGraceSeconds };
}
