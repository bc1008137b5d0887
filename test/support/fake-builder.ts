/**
 * A builder that keeps the contract of schema/contracts/build.ts without building: its app is one page. Between a
 * request and its answer a test may do what it likes, which is exactly between two steps of a run.
 */
import { createServer, type IncomingMessage, type Server } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import type { BuildEvent, BuildJob } from "../../schema/contracts/build.ts";
import { Digest } from "../../schema/digest.ts";
import { blobKey, manifestKey } from "../../schema/keys.ts";
import { BUILD_STEPS, type BuildStep } from "../../schema/lifecycle.ts";
import { buildSha, encodeManifest, type Manifest } from "../../schema/manifest.ts";
import { RelativePath } from "../../schema/relative-path.ts";
import { digest } from "./samples.ts";

export const CALLS = ["toolchain", "start", "events", "manifest", "upload", "uploading", "forget"] as const;
/** `uploading` is a read of events after the upload began. */
export type Call = (typeof CALLS)[number];

export type FakeBuilder = {
  /** What happens before a call is answered; `false` answers that the job is not known, a number answers that status. */
  onCall: (call: Call, attempt: number) => Promise<boolean | number>;
  /** The build does not get beyond this step; null: it is built at once. */
  restAt: BuildStep | null;
  /** How many lines every build has printed by now. */
  printed: number;
  readonly calls: readonly Call[];
  /** In the order in which they were started. */
  readonly jobs: readonly BuildJob[];
  /** Whether it has the job of a deployment. */
  has(deployment: string): boolean;
  close(): Promise<void>;
};

/** Stores bytes as the S3 endpoint would. */
export type PutObject = (key: string, body: string) => Promise<unknown>;

/** The files of the bundle that a job makes, as text by path. */
export type MakeFiles = (job: BuildJob) => Readonly<Record<string, string>>;

type Job = {
  readonly job: BuildJob;
  readonly manifest: string;
  readonly blobs: ReadonlyMap<string, string>;
  readonly bytes: number;
  uploading: boolean;
};
type Answer = { readonly status: number; readonly body: string };

/** The number of the event that says so: above those of all steps and lines. */
const BUILT = 1_000_000;
const AT = "2026-11-23T12:00:00.000Z";
const UNKNOWN: Answer = { status: 404, body: '{"code":"unknown_job"}' };

/** By default every attempt makes another page, as a build that is not reproducible would. */
export async function startFakeBuilder(
  port: number,
  putObject: PutObject,
  makeFiles: MakeFiles = ({ source, attempt }) => ({ "index.html": fakePage(source, attempt) }),
): Promise<FakeBuilder> {
  const jobs = new Map<string, Job>();
  const calls: Call[] = [];
  const started: BuildJob[] = [];
  const fake: Omit<FakeBuilder, "close"> = {
    onCall: async () => true,
    restAt: null,
    printed: 0,
    calls,
    jobs: started,
    has: (deployment) => jobs.has(deployment),
  };

  const server = createServer(async (request, response) => {
    const { status, body } = await answer(request).catch((error) => ({ status: 500, body: String(error) }));
    response.writeHead(status, { "content-type": "application/json" }).end(body);
  });
  await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));

  async function answer(request: IncomingMessage): Promise<Answer> {
    const [, deployment = "", verb = ""] = /^\/builds\/([^/]+)(?:\/(\w+))?/.exec(request.url ?? "") ?? [];
    const known = jobs.get(deployment);
    const call = callOf(request, verb, known);
    calls.push(call);
    const body = await readText(request);
    const wanted = await fake.onCall(call, known?.job.attempt ?? 1);
    if (wanted === false) {
      jobs.delete(deployment);
      return UNKNOWN;
    }
    if (typeof wanted === "number") return { status: wanted, body: "{}" };
    switch (call) {
      case "toolchain":
        return json(200, { digest: digest("fake toolchain"), versions: {} });
      case "start": {
        const job = JSON.parse(body) as BuildJob;
        started.push(job);
        jobs.set(deployment, makeJob(job, makeFiles));
        return json(202, {});
      }
      case "forget":
        jobs.delete(deployment);
        return { status: 204, body: "" };
      default:
        return known ? answerFor(known, call, JSON.parse(body || "{}")) : UNKNOWN;
    }
  }

  async function answerFor(known: Job, call: Call, body: { missing?: string[] }): Promise<Answer> {
    const { job, manifest, blobs, bytes } = known;
    const build = await buildSha(manifest);
    if (call === "manifest") return { status: 200, body: manifest };
    if (call === "upload") {
      for (const sha of body.missing ?? [])
        await putObject(blobKey(job.project, Digest.parse(sha)), blobs.get(sha) ?? "");
      await putObject(manifestKey(job.project, build), manifest);
      known.uploading = true;
      return json(202, {});
    }
    const rests = fake.restAt !== null && !known.uploading;
    const steps = rests ? BUILD_STEPS.slice(0, BUILD_STEPS.indexOf(fake.restAt ?? "stage") + 1) : (["build"] as const);
    const events: BuildEvent[] = [
      ...steps.map((step, index) => ({ n: index + 1, at: AT, type: "step", step }) as const),
      ...Array.from({ length: fake.printed }, (_, index) => printedLine(index)),
    ];
    if (!rests) events.push({ n: BUILT, at: AT, type: "built", build, files: blobs.size, bytes, config: {} });
    if (known.uploading) events.push({ n: BUILT + 1, at: AT, type: "uploaded", blobs: blobs.size, bytes });
    // What rests is asked again at once.
    if (rests) await sleep(20);
    return { status: 200, body: toLines(events) };
  }

  return Object.assign(fake, { close: () => closeServer(server) });
}

/** The page of a source's attempt, so that a test can tell which bundle is live. */
export function fakePage(source: string, attempt: number): string {
  return `<!doctype html><p>${source.slice(0, 12)} attempt ${attempt}`;
}

function printedLine(index: number): BuildEvent {
  return {
    n: BUILD_STEPS.length + 1 + index,
    at: AT,
    type: "output",
    step: "build",
    stream: "stdout",
    text: `line ${index}`,
  };
}

function callOf(request: IncomingMessage, verb: string, known: Job | undefined): Call {
  if (request.url === "/toolchain") return "toolchain";
  if (request.method === "PUT") return "start";
  if (request.method === "DELETE") return "forget";
  if (verb === "events") return known?.uploading ? "uploading" : "events";
  return verb === "manifest" ? "manifest" : "upload";
}

function makeJob(job: BuildJob, makeFiles: MakeFiles): Job {
  const contents = Object.entries(makeFiles(job));
  const files = contents.map(([path, text]) => ({
    path: RelativePath.parse(path),
    size: Buffer.byteLength(text),
    sha256: digest(text),
    type: path.endsWith(".html") ? "text/html" : "text/plain",
    fingerprinted: path.startsWith("assets/"),
  }));
  const manifest = encodeManifest({ version: 1, source: job.source, env: job.env, files } satisfies Manifest);
  const bytes = files.reduce((sum, { size }) => sum + size, 0);
  const blobs = new Map(contents.map(([, text]) => [digest(text) as string, text]));
  return { job, manifest, blobs, bytes, uploading: false };
}

async function readText(request: IncomingMessage): Promise<string> {
  let text = "";
  for await (const chunk of request) text += String(chunk);
  return text;
}

function toLines(events: readonly BuildEvent[]): string {
  return events.map((event) => `${JSON.stringify(event)}\n`).join("");
}

function json(status: number, body: unknown): Answer {
  return { status, body: JSON.stringify(body) };
}

function closeServer(server: Server): Promise<void> {
  server.closeAllConnections();
  return new Promise((resolve) => server.close(() => resolve()));
}
