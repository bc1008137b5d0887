/** A builder with its storage, and the calls that control would make to it. */
import { randomUUID } from "node:crypto";
import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { uuidv7 } from "uuidv7";
import { BuildEvent, type BuildJob } from "../../schema/contracts/build.ts";
import { type BuildSettings, DEFAULT_SETTINGS } from "../../schema/contracts/project-settings.ts";
import type { Digest } from "../../schema/digest.ts";
import { deploymentIdFrom, type ProjectId, projectIdFrom } from "../../schema/ids.ts";
import { blobKey, sourceKey } from "../../schema/keys.ts";
import { type Manifest, parseManifest } from "../../schema/manifest.ts";
import { RelativePath } from "../../schema/relative-path.ts";
import { encodeSource, type SourceFile } from "../../schema/source.ts";
import { type BuilderProcess, startBuilder } from "./builder-process.ts";
import { digestOf } from "./digest-of.ts";
import { type S3Endpoint, startS3Endpoint } from "./s3-endpoint.ts";

export type AppFiles = Readonly<Record<string, string | Uint8Array>>;
export type RestEvent = Extract<BuildEvent, { type: "built" | "uploaded" | "failed" }>;

export type JobRun = { readonly events: BuildEvent[]; readonly rest: RestEvent };

export type BuildWorld = {
  readonly s3: S3Endpoint;
  readonly workDir: string;
  readonly builder: BuilderProcess;
  close(): Promise<void>;
};

export async function startBuildWorld(env: Readonly<Record<string, string>> = {}): Promise<BuildWorld> {
  const folder = mkdtempSync(join(tmpdir(), "atelier-builder-"));
  // So that the account of the builds gets through to its workspace.
  chmodSync(folder, 0o711);
  const workDir = join(folder, "work");
  const s3 = await startS3Endpoint();
  const builder = await startBuilder({ s3Endpoint: s3.endpoint, workDir, token: randomUUID(), env });
  return {
    s3,
    workDir,
    builder,
    close: async () => {
      await builder.group.stop();
      await s3.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Stores a source as control does. */
export async function storeSource(s3: S3Endpoint, project: ProjectId, files: AppFiles): Promise<Digest> {
  const list = Object.entries(files).map(([path, text]): SourceFile => {
    const size = Buffer.byteLength(text);
    return { path: RelativePath.parse(path), mode: "file", size, sha256: digestOf(text) };
  });
  await Promise.all(Object.values(files).map((text) => s3.put(blobKey(project, digestOf(text)), text)));
  const text = encodeSource(list);
  const source = digestOf(text);
  await s3.put(sourceKey(project, source), text);
  return source;
}

/** A job for these files, of a fresh deployment in a fresh project. */
export async function createJob(
  { s3 }: Pick<BuildWorld, "s3">,
  files: AppFiles,
  settings: Partial<BuildSettings> = {},
): Promise<BuildJob> {
  const project = projectIdFrom(uuidv7());
  return {
    version: 1,
    deployment: deploymentIdFrom(uuidv7()),
    attempt: 1,
    project,
    source: await storeSource(s3, project, files),
    env: digestOf("{}"),
    variables: [],
    settings: { ...DEFAULT_SETTINGS.build, ...settings },
    storage: s3.grant,
  };
}

export function callBuilder(
  { builder }: Pick<BuildWorld, "builder">,
  method: string,
  path: string,
  body?: unknown,
): Promise<Response> {
  return fetch(`${builder.url}${path}`, {
    method,
    headers: { authorization: `Bearer ${builder.token}` },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
}

export async function startJob(world: BuildWorld, job: BuildJob): Promise<void> {
  const answer = await callBuilder(world, "PUT", `/builds/${job.deployment}`, job);
  if (answer.status !== 202) throw new Error(`PUT answered ${answer.status}: ${await answer.text()}`);
}

/** The events after `after`, for as long as the builder sends them. */
export async function readEvents(world: BuildWorld, job: BuildJob, after = 0): Promise<BuildEvent[]> {
  const answer = await callBuilder(world, "GET", `/builds/${job.deployment}/events?after=${after}`);
  const lines = (await answer.text()).split("\n").filter(Boolean);
  return lines.map((line) => BuildEvent.parse(JSON.parse(line)));
}

/** Starts the job and reads until it rests. */
export async function runJob(world: BuildWorld, job: BuildJob): Promise<JobRun> {
  await startJob(world, job);
  return readToRest(world, job, 0);
}

async function readToRest(world: BuildWorld, job: BuildJob, after: number): Promise<JobRun> {
  const events: BuildEvent[] = [];
  for (;;) {
    events.push(...(await readEvents(world, job, after + events.length)));
    const last = events.at(-1);
    if (last?.type === "built" || last?.type === "uploaded" || last?.type === "failed") return { events, rest: last };
  }
}

export async function runApp(
  world: BuildWorld,
  files: AppFiles,
  settings: Partial<BuildSettings> = {},
): Promise<JobRun> {
  return runJob(world, await createJob(world, files, settings));
}

export async function readManifest(world: BuildWorld, job: BuildJob): Promise<Manifest> {
  const answer = await callBuilder(world, "GET", `/builds/${job.deployment}/manifest`);
  return parseManifest(await answer.text());
}

/** Uploads everything that a built job has and returns its last event. */
export async function uploadJob(world: BuildWorld, job: BuildJob): Promise<RestEvent> {
  const missing = (await readManifest(world, job)).files.map(({ sha256 }) => sha256);
  const before = (await readEvents(world, job)).length;
  await callBuilder(world, "POST", `/builds/${job.deployment}/upload`, {
    attempt: job.attempt,
    storage: job.storage,
    missing,
  });
  return (await readToRest(world, job, before)).rest;
}

/** An app whose build is this script, run by Node as `build.mjs`. */
export function appWithBuild(script: string, files: AppFiles = {}): AppFiles {
  const manifest = { name: "app", private: true, scripts: { build: "node build.mjs" } };
  return { "package.json": JSON.stringify(manifest), "build.mjs": script, ...files };
}

/** The lines that the app's own processes printed. */
export function outputOf(events: readonly BuildEvent[]): string {
  return events.flatMap((event) => (event.type === "output" ? event.text : [])).join("\n");
}
