import type * as z from "zod";
import {
  type CancelDeployment,
  CancelledDeployment,
  type CreateDeployment,
  Deployment,
  DeploymentPage,
  LogLine,
  type RetryDeployment,
  type UpdateDeployment,
} from "../../../schema/contracts/deployments.ts";
import type { Digest } from "../../../schema/digest.ts";
import type { Channel } from "../../../schema/hostname.ts";
import type { DeploymentId, ProjectId } from "../../../schema/ids.ts";
import type { DeploymentStatus } from "../../../schema/lifecycle.ts";
import { Failure } from "../failure.ts";
import type { Pages } from "./pages.ts";
import { accept, type Requests } from "./requests.ts";

/** `whole` is false when the connection broke off: the reader goes on after the last line that it saw. */
export type LogReading = { readonly whole: boolean };
export type LogQuery = { readonly after: number; readonly follow: boolean };

export type DeploymentQuery = {
  readonly limit: number;
  readonly channel?: Channel | undefined;
  readonly status?: DeploymentStatus | undefined;
  readonly build?: Digest | undefined;
};

/** A quiet build sends no line for a while, a dead connection never does. Reading goes on where it stopped, so this may be short. */
const LOG_SILENCE_MS = 45_000;

export function deploymentCalls({ get, change, pages, connection }: Requests) {
  return {
    createDeployment(project: ProjectId, body: z.input<typeof CreateDeployment>): Promise<Deployment> {
      return change("POST", `projects/${project}/deployments`, body, Deployment);
    },
    /** Newest first. */
    listDeployments(project: ProjectId, query: DeploymentQuery): Pages<Deployment> {
      return pages(`projects/${project}/deployments`, query, DeploymentPage, (page) => page.deployments);
    },
    readDeployment(deployment: DeploymentId): Promise<Deployment> {
      return get(`deployments/${deployment}`, Deployment);
    },
    cancelDeployment(
      { project, id }: Deployment,
      body: z.input<typeof CancelDeployment>,
    ): Promise<CancelledDeployment> {
      return change("POST", `projects/${project}/deployments/${id}/cancel`, body, CancelledDeployment);
    },
    /** A new deployment of what the failed one was made of. */
    retryDeployment({ project, id }: Deployment, body: z.input<typeof RetryDeployment>): Promise<Deployment> {
      return change("POST", `projects/${project}/deployments/${id}/retry`, body, Deployment);
    },
    updateDeployment({ project, id }: Deployment, body: z.input<typeof UpdateDeployment>): Promise<Deployment> {
      return change("PATCH", `projects/${project}/deployments/${id}`, body, Deployment);
    },
    async readLog(
      { project, id }: Deployment,
      { after, follow }: LogQuery,
      onLine: (line: LogLine) => void,
    ): Promise<LogReading> {
      const path = `projects/${project}/deployments/${id}/logs?after=${after}&follow=${follow}`;
      const answer = await connection.open({ method: "GET", path, silenceMs: LOG_SILENCE_MS });
      try {
        for await (const line of linesOf(answer.setEncoding("utf8"))) onLine(accept(LogLine, line, path));
      } catch (error) {
        if (error instanceof Failure) throw error;
        return { whole: false };
      }
      return { whole: true };
    },
  };
}

/** NDJSON, cut at its line ends however the chunks fall. */
async function* linesOf(chunks: AsyncIterable<string>): AsyncGenerator<string, void> {
  let rest = "";
  for await (const chunk of chunks) {
    const lines = (rest + chunk).split("\n");
    rest = lines.pop() ?? "";
    yield* lines.filter((line) => line !== "");
  }
  if (rest !== "") yield rest;
}
