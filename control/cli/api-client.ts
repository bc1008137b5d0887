/** The control API, typed: a method for each route, with the bodies and answers of `schema/contracts`. */
import { randomUUID } from "node:crypto";
import type * as z from "zod";
import { Flip, type Promote, type Release, ReleasePage, type Rollback } from "../../schema/contracts/channels.ts";
import { type CreateDeployment, Deployment, DeploymentPage, LogLine } from "../../schema/contracts/deployments.ts";
import { type CreateProject, Project, ProjectPage } from "../../schema/contracts/projects.ts";
import { SourceState, StoredBlobs } from "../../schema/contracts/sources.ts";
import type { Channel, Slug } from "../../schema/hostname.ts";
import type { DeploymentId, ProjectId } from "../../schema/ids.ts";
import type { SourceFile } from "../../schema/source.ts";
import type { ApiConnection } from "./api-connection.ts";
import type { EncodedBatch } from "./blob-batch.ts";
import { Failure } from "./failure.ts";

export type ApiClient = ReturnType<typeof createApiClient>;

/** `whole` is false when the connection broke off: the reader goes on after the last line that it saw. */
export type LogReading = { readonly whole: boolean };
export type LogQuery = { readonly after: number; readonly follow: boolean };

/** A quiet build sends no line for a while, a dead connection never does. Reading goes on where it stopped, so this may be short. */
const LOG_SILENCE_MS = 45_000;

export function createApiClient(connection: ApiConnection) {
  return {
    async listProjects(): Promise<readonly Project[]> {
      return (await get("projects?limit=100", ProjectPage)).projects;
    },
    createProject(body: z.input<typeof CreateProject>): Promise<Project> {
      return post("projects", body, Project);
    },
    /** Null when there is no such project. */
    readProject(project: Slug | ProjectId): Promise<Project | null> {
      return absentOn("project_not_found", get(`projects/${project}`, Project));
    },
    createSource(project: ProjectId, files: readonly SourceFile[]): Promise<SourceState> {
      return post(`projects/${project}/sources`, { files }, SourceState);
    },
    async sendBlobs(project: ProjectId, { contentType, body }: EncodedBatch): Promise<StoredBlobs> {
      const path = `projects/${project}/blobs`;
      const headers = { "content-type": contentType };
      return accept(StoredBlobs, await connection.ask({ method: "POST", path, headers, body }), path);
    },
    createDeployment(project: ProjectId, body: z.input<typeof CreateDeployment>): Promise<Deployment> {
      return post(`projects/${project}/deployments`, body, Deployment);
    },
    listDeployments(project: ProjectId, query: { channel?: Channel; limit: number }): Promise<DeploymentPage> {
      const search = new URLSearchParams({
        limit: String(query.limit),
        ...(query.channel && { channel: query.channel }),
      });
      return get(`projects/${project}/deployments?${search}`, DeploymentPage);
    },
    readDeployment(deployment: DeploymentId): Promise<Deployment> {
      return get(`deployments/${deployment}`, Deployment);
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
    /** Newest first. Empty when nothing has been live on the channel. */
    async listReleases(project: ProjectId, channel: Channel): Promise<readonly Release[]> {
      const releases = get(`projects/${project}/channels/${channel}/releases?limit=100`, ReleasePage);
      return (await absentOn("channel_not_found", releases))?.releases ?? [];
    },
    promote(project: ProjectId, channel: Channel, body: z.input<typeof Promote>): Promise<Flip> {
      return post(`projects/${project}/channels/${channel}/promote`, body, Flip);
    },
    rollBack(project: ProjectId, channel: Channel, body: z.input<typeof Rollback>): Promise<Flip> {
      return post(`projects/${project}/channels/${channel}/rollback`, body, Flip);
    },
  };

  async function get<T>(path: string, schema: z.ZodType<T>): Promise<T> {
    return accept(schema, await connection.ask({ method: "GET", path }), path);
  }

  /** The key is drawn once per call and kept over its repetitions: the API does the thing once and answers each. */
  async function post<T>(path: string, body: unknown, schema: z.ZodType<T>): Promise<T> {
    const answer = await connection.ask({
      method: "POST",
      path,
      headers: { "content-type": "application/json", "idempotency-key": randomUUID() },
      body: [new TextEncoder().encode(JSON.stringify(body))],
    });
    return accept(schema, answer, path);
  }
}

function accept<T>(schema: z.ZodType<T>, body: string, path: string): T {
  try {
    return schema.parse(JSON.parse(body));
  } catch (cause) {
    throw new Failure(
      "unknown",
      `The API answered /v1/${path} with something this CLI can not read. Is that the address of an Atelier API, and is this CLI up to date?`,
      { cause },
    );
  }
}

async function absentOn<T>(code: string, answer: Promise<T>): Promise<T | null> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof Failure && error.code === code) return null;
    throw error;
  }
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
