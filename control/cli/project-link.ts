/** Which project a folder belongs to: the one that `--project` names, else the one named like its package. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import * as z from "zod";
import type { Project, ProjectDetails } from "../../schema/contracts/projects.ts";
import { Slug } from "../../schema/hostname.ts";
import type { ApiClient } from "./api-client.ts";
import type { CommandContext } from "./command-context.ts";
import { Failure } from "./failure.ts";

const CHOOSE = " Choose one with --project <slug>.";

const PackageName = z.object({ name: z.string().min(1) });

/** @throws Failure `usage` that says how to name the project */
export async function readProjectSlug(folder: string, given: string | undefined): Promise<Slug> {
  if (given !== undefined) return parseSlug(given, "--project gives", CHOOSE);
  const name = await readPackageName(folder);
  if (name === null) {
    throw new Failure(
      "usage",
      `Which project? ${folder} has no package.json with a name. Name the project with --project <slug>, or go to the folder of your app.`,
    );
  }
  return parseSlug(toSlug(name), `The name in package.json, "${name}", gives`, CHOOSE);
}

/** The project that a command is about, for those commands that need it to exist. */
export async function findProject(
  { api, cwd, invocation }: Pick<CommandContext, "api" | "cwd" | "invocation">,
  given: string | undefined,
): Promise<ProjectDetails> {
  const slug = await readProjectSlug(cwd, given);
  const project = await api.readProject(slug);
  if (project) return project;
  const origin = given === undefined ? " (from ./package.json; choose with --project)" : "";
  throw new Failure(
    "failed",
    `There is no project ${slug}${origin}. "${invocation} projects" lists those there are. (project_not_found)`,
    { code: "project_not_found" },
  );
}

/** The same for commands that take the slug as an argument. */
export function findNamedProject(
  context: Pick<CommandContext, "api" | "cwd" | "invocation">,
  slug: string,
): Promise<ProjectDetails> {
  return findProject(context, parseSlugArgument(slug));
}

/** The project of that slug, created if there is none yet. */
export async function ensureProject(api: ApiClient, slug: Slug): Promise<{ project: Project; created: boolean }> {
  const existing = await api.readProject(slug);
  if (existing) return { project: existing, created: false };
  try {
    return { project: await api.createProject({ slug }), created: true };
  } catch (error) {
    // Somebody else may have created it in the meantime, as parallel jobs of one pipeline do.
    const other = error instanceof Failure && error.code === "slug_taken" ? await api.readProject(slug) : null;
    if (other) return { project: other, created: false };
    throw error;
  }
}

/** `@acme/My_App` -> `my-app`. The result need not be a valid slug. */
export function toSlug(packageName: string): string {
  return packageName
    .replace(/^@[^/]*\//, "")
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^-|-$/g, "");
}

/** The slug of a project, as an argument of the command. */
export function parseSlugArgument(text: string): Slug {
  return parseSlug(text, "The argument 'slug' is");
}

function parseSlug(text: string, source: string, advice = ""): Slug {
  const parsed = Slug.safeParse(text);
  if (parsed.success) return parsed.data;
  throw new Failure("usage", `${source} no usable slug: "${text}" ${parsed.error.issues[0]?.message}.${advice}`);
}

async function readPackageName(folder: string): Promise<string | null> {
  try {
    return PackageName.parse(JSON.parse(await readFile(join(folder, "package.json"), "utf8"))).name;
  } catch {
    return null;
  }
}
