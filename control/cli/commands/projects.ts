import type { Command } from "commander";
import type { CreateProjectOptions } from "../actions/create-project.ts";
import { declareGroup, type Json, jsonOption, type Run } from "../declare.ts";

/** Projects, their settings, their end. */
export function declareProjects(program: Command, run: Run): void {
  const projects = declareGroup(program, "projects", "projects, their settings, their end");

  projects
    .command("list", { isDefault: true })
    .description("all projects (the default)")
    .addOption(jsonOption("print them as JSON"))
    .action(
      run<Json>(async (context, options) => {
        const { listProjects } = await import("../actions/list-projects.ts");
        await listProjects(context, options);
      }),
    );

  projects
    .command("create")
    .description("create a project; deploy does so by itself")
    .argument("<slug>", "the part of its host name: lower-case letters, digits and hyphens")
    .option("--name <text>", "what people call it")
    .addOption(jsonOption("print the project instead of its URL"))
    .action(
      run<Omit<CreateProjectOptions, "slug">>(async (context, options, [slug = ""]) => {
        const { createProject } = await import("../actions/create-project.ts");
        await createProject(context, { ...options, slug });
      }),
    );
}
