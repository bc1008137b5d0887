import type { Command } from "commander";
import type { EndProjectOptions } from "../actions/change-project.ts";
import type { CreateProjectOptions } from "../actions/create-project.ts";
import { declareGroup, type Json, jsonOption, type Run, reasonOption } from "../declare.ts";

const SLUG_HELP = "the project";

const HELP_ON_SETTINGS = `
Settings:
  build.root            the folder of the source that holds the app
  build.installCommand  a shell command instead of npm ci or npm install
  build.command         a shell command instead of the package's build script
  build.output          the folder that the build writes
  retention.days        how long deployments that nothing else keeps are kept
  canary                skip, or as JSON: {"stages":[10,50,100]}
`;

/** Projects, their settings, their end. */
export function declareProjects(program: Command, run: Run): void {
  program.commandsGroup("Projects:");
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

  projects
    .command("show")
    .description("a project and its settings")
    .argument("<slug>", SLUG_HELP)
    .addOption(jsonOption("print it as JSON"))
    .action(
      run<Json>(async (context, options, [slug = ""]) => {
        const { showProject } = await import("../actions/show-project.ts");
        await showProject(context, slug, options);
      }),
    );

  projects
    .command("rename")
    .description("change what people call a project; its slug stays")
    .argument("<slug>", SLUG_HELP)
    .argument("<name>", "what people call it")
    .addOption(jsonOption("print the project"))
    .action(
      run<Json>(async (context, options, [slug = "", name = ""]) => {
        const { renameProject } = await import("../actions/change-project.ts");
        await renameProject(context, slug, name, options);
      }),
    );

  projects
    .command("set")
    .description("change settings; what is not named stays")
    .argument("<slug>", SLUG_HELP)
    .argument("<setting=value...>", "what changes; setting= for the default")
    .addOption(jsonOption("print the project"))
    .addHelpText("after", HELP_ON_SETTINGS)
    .action(
      run<Json>(async (context, options, [slug = "", ...assignments]) => {
        const { setProject } = await import("../actions/change-project.ts");
        await setProject(context, slug, assignments, options);
      }),
    );

  projects
    .command("delete")
    .description("take a project down; for a while it can be restored, then all its data is removed")
    .argument("<slug>", SLUG_HELP)
    .option("--confirm <slug>", "the slug again; without it nothing is deleted")
    .addOption(reasonOption("why; it goes into the project's history"))
    .addOption(jsonOption("print the project"))
    .action(
      run<Omit<EndProjectOptions, "slug">>(async (context, options, [slug = ""]) => {
        const { deleteProject } = await import("../actions/change-project.ts");
        await deleteProject(context, { ...options, slug });
      }),
    );

  projects
    .command("restore")
    .description("bring a deleted project back")
    .argument("<slug>", SLUG_HELP)
    .addOption(reasonOption("why; it goes into the project's history"))
    .addOption(jsonOption("print the project"))
    .action(
      run<Omit<EndProjectOptions, "slug">>(async (context, options, [slug = ""]) => {
        const { restoreProject } = await import("../actions/change-project.ts");
        await restoreProject(context, { ...options, slug });
      }),
    );
}
