import type { ProjectId } from "../../schema/ids.ts";
import { assertNever } from "../../schema/result.ts";
import { createDirectory } from "../directory/directory.ts";
import type { Env } from "../env.ts";
import type { OutboxEntry } from "./outbox.ts";
import type { BuildRequest } from "./progress.ts";

/** Brings one outbox entry to its store. Every delivery may happen twice. @returns whether it arrived */
export async function deliver(env: Env, project: ProjectId, entry: OutboxEntry): Promise<boolean> {
  try {
    switch (entry.kind) {
      case "kv":
        await env.REGISTRY.put(entry.key, entry.value);
        return true;
      case "index":
        await createDirectory(env.DIRECTORY).indexDeployment({ project, ...JSON.parse(entry.value) });
        return true;
      case "start": {
        const request: BuildRequest = JSON.parse(entry.value);
        await env.BUILD_RUN.get(env.BUILD_RUN.idFromName(request.deployment)).start(request);
        return true;
      }
      default:
        return assertNever(entry.kind);
    }
  } catch (error) {
    console.error(
      JSON.stringify({
        event: "outbox.failed",
        project,
        key: entry.key,
        failures: entry.failures,
        error: String(error),
      }),
    );
    return false;
  }
}
