/** The builder's HTTP face: `schema/contracts/build.ts`, nothing more. */
import { createHash, timingSafeEqual } from "node:crypto";
import { type Context, Hono } from "hono";
import { bodyLimit } from "hono/body-limit";
import type { z } from "zod";
import { BuildJob, ReadBuildEvents, type Toolchain, UploadRequest } from "../schema/contracts/build.ts";
import { DeploymentId } from "../schema/ids.ts";
import { err, ok, type Result } from "../schema/result.ts";
import type { BuildService } from "./build-service.ts";
import { streamEvents } from "./event-stream.ts";
import { describeIssues } from "./issues.ts";
import type { Job } from "./job.ts";

const REFUSALS = {
  token_unknown: 401,
  body_not_json: 400,
  body_too_large: 413,
  body_invalid: 422,
  query_invalid: 422,
  unknown_job: 404,
  route_not_found: 404,
  handed_back: 410,
  attempt_replaced: 409,
  not_built: 409,
  internal_error: 500,
  stopping: 503,
} as const;

type Refusal = { readonly code: keyof typeof REFUSALS; readonly detail: string };

/** The digests of 100 000 missing blobs fit. */
const MAX_BODY_BYTES = 8 * 1024 * 1024;

export type ServerParts = {
  readonly service: BuildService;
  readonly toolchain: Toolchain;
  readonly token: string;
  readonly onError: (error: Error) => void;
};

export function createServer({ service, toolchain, token, onError }: ServerParts): Hono {
  const app = new Hono();

  app.use(async (c, next) => {
    if (!isBearer(c.req.header("authorization"), token)) return refuse(c, "token_unknown", "a bearer token is needed");
    return next();
  });
  app.on(["PUT", "POST"], "*", bodyLimit({ maxSize: MAX_BODY_BYTES, onError: refuseTooLarge }));

  app.get("/toolchain", (c) => c.json(toolchain));

  app.put("/builds/:deployment", async (c) => {
    const job = await readBody(c, BuildJob);
    if (!job.ok) return refuse(c, job.failure.code, job.failure.detail);
    if (job.value.deployment !== c.req.param("deployment")) {
      return refuse(c, "body_invalid", "deployment: is not the one of the address");
    }
    const started = service.start(job.value);
    if (!started.ok) return refuse(c, started.failure, START_REFUSALS[started.failure]);
    return c.json(started.value, 202);
  });

  app.get("/builds/:deployment/events", (c) => {
    const query = ReadBuildEvents.safeParse(c.req.query());
    if (!query.success) return refuse(c, "query_invalid", describeIssues(query.error, "query"));
    const job = findJob(c, service);
    if (job === null) return refuseAbsentJob(c, service);
    return c.body(streamEvents(job, query.data.after), 200, {
      "content-type": "application/x-ndjson",
      "cache-control": "no-store",
    });
  });

  app.get("/builds/:deployment/manifest", (c) => {
    const job = findJob(c, service);
    if (job === null) return refuseAbsentJob(c, service);
    if (job.manifest === null) return refuse(c, "not_built", `the job is ${job.state.state}`);
    return c.body(job.manifest, 200, { "content-type": "application/json" });
  });

  app.post("/builds/:deployment/upload", async (c) => {
    const request = await readBody(c, UploadRequest);
    if (!request.ok) return refuse(c, request.failure.code, request.failure.detail);
    const job = findJob(c, service);
    if (job === null || job.state.attempt !== request.value.attempt) return refuseAbsentJob(c, service);
    if (!job.upload(request.value.storage, request.value.missing)) {
      return refuse(c, "not_built", `the job is ${job.state.state}`);
    }
    return c.json(job.state, 202);
  });

  app.delete("/builds/:deployment", async (c) => {
    const deployment = DeploymentId.safeParse(c.req.param("deployment"));
    if (deployment.success) await service.remove(deployment.data);
    return c.body(null, 204);
  });

  app.notFound((c) => refuse(c, "route_not_found", "there is nothing at this address"));
  app.onError((error, c) => {
    onError(error);
    return refuse(c, "internal_error", "the builder met an error of its own");
  });
  return app;
}

/** Hashes have one length, so that the comparison takes the same time whatever was sent. */
function isBearer(header: string | undefined, token: string): boolean {
  const hash = (text: string) => createHash("sha256").update(text).digest();
  return timingSafeEqual(hash(header ?? ""), hash(`Bearer ${token}`));
}

const START_REFUSALS = {
  attempt_replaced: "a higher attempt has taken its place",
  stopping: "this builder is about to stop",
} as const;

function findJob(c: Context, service: BuildService): Job | null {
  const deployment = DeploymentId.safeParse(c.req.param("deployment"));
  return deployment.success ? service.find(deployment.data) : null;
}

async function readBody<T>(c: Context, schema: z.ZodType<T>): Promise<Result<T, Refusal>> {
  const text = await c.req.text();
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return err({ code: "body_not_json", detail: "the body is not JSON" });
  }
  const body = schema.safeParse(json);
  return body.success ? ok(body.data) : err({ code: "body_invalid", detail: describeIssues(body.error, "body") });
}

function refuse(c: Context, code: Refusal["code"], detail: string): Response {
  return c.json({ code, detail }, REFUSALS[code]);
}

function refuseTooLarge(c: Context): Response {
  return refuse(c, "body_too_large", `at most ${MAX_BODY_BYTES} bytes`);
}

function refuseAbsentJob(c: Context, service: BuildService): Response {
  const deployment = DeploymentId.safeParse(c.req.param("deployment"));
  if (deployment.success && service.isHandedBack(deployment.data)) {
    return refuse(c, "handed_back", "the builder was asked to stop before the job was over: start it again");
  }
  return refuse(c, "unknown_job", "this builder does not know the job");
}
