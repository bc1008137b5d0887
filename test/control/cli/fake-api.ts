/**
 * The control API as the CLI sees it, in memory: real HTTP, the contracts of `schema/contracts` checked on the way in, and a
 * deployment that plays the log it is given. Tests bend it with `onRequest` and `play`.
 */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { buffer } from "node:stream/consumers";
import { setTimeout as pause } from "node:timers/promises";
import { uuidv7 } from "uuidv7";
import {
  CancelDeployment,
  CreateDeployment,
  type Deployment,
  type LogLine,
  RetryDeployment,
  UpdateDeployment,
} from "../../../schema/contracts/deployments.ts";
import type { ProblemCode } from "../../../schema/contracts/problem.ts";
import { DEFAULT_SETTINGS } from "../../../schema/contracts/project-settings.ts";
import { CreateProject, type ProjectDetails } from "../../../schema/contracts/projects.ts";
import { CreateSource } from "../../../schema/contracts/sources.ts";
import { type Digest, sha256 } from "../../../schema/digest.ts";
import { EMPTY_ENV } from "../../../schema/env-snapshot.ts";
import { Channel, Slug } from "../../../schema/hostname.ts";
import { type DeploymentId, deploymentIdFrom, projectIdFrom } from "../../../schema/ids.ts";
import { FAILURES, type FailureReason } from "../../../schema/lifecycle.ts";
import { sourceSha } from "../../../schema/source.ts";
import { type Answer, type Asked, cutPage, matches, ok, problem } from "./fake/answer.ts";
import { answerChannels } from "./fake/channels.ts";
import { createFakeEnv, type FakeEnv } from "./fake/env.ts";
import { createFakeEvents, type FakeEvents } from "./fake/events.ts";
import { answerProject } from "./fake/projects.ts";
import { createFakeRetention, type FakeRetention } from "./fake/retention.ts";
import { createFakeRollouts, type FakeRollouts } from "./fake/rollouts.ts";
import { createFakeTokens, type FakeTokens } from "./fake/tokens.ts";
import { createFakeWebhooks, type FakeWebhooks } from "./fake/webhooks.ts";

export const TOKEN = `atl_${"0123456789abcdef"}_${"ab".repeat(32)}`;

export const BOOTSTRAP_SECRET = "bootstrap-secret-of-the-tests";

export type Seen = {
  readonly method: string;
  /** Below `/v1`, with its query. */
  readonly path: string;
  readonly host: string | undefined;
  readonly headers: IncomingMessage["headers"];
  readonly body: Buffer;
};

/**
 * What becomes of a request instead of its answer. `drop` cuts the connection before anything was done, `lose` after it
 * was done, so that only the answer is lost.
 */
export type Bend =
  | "drop"
  | "lose"
  | { readonly problem: ProblemCode; readonly headers?: Readonly<Record<string, string>> }
  | { readonly status: number; readonly text: string; readonly headers?: Readonly<Record<string, string>> };

/** How the deployments that are created from now on go. */
export type Play = {
  readonly lines: readonly Pick<LogLine, "kind" | "step" | "text">[];
  readonly failure?: { readonly reason: FailureReason; readonly detail: string };
  readonly reused?: boolean;
  /** Ends as the canary of a rollout (`rollouts`). */
  readonly canary?: boolean;
  /** Between two lines. */
  readonly lineMs?: number;
  /** The connections that read the log break off after so many lines, one number for each connection. */
  readonly breaks?: number[];
  /** Stays `building` for ever. */
  readonly hangs?: boolean;
};

export type FakeApi = {
  /** On the name under which the API is reached in development. */
  readonly url: string;
  readonly seen: Seen[];
  readonly projects: Map<Slug, ProjectDetails>;
  readonly deployments: Map<DeploymentId, Deployment>;
  readonly blobs: Set<Digest>;
  readonly tokens: FakeTokens;
  readonly env: FakeEnv;
  readonly events: FakeEvents;
  readonly webhooks: FakeWebhooks;
  readonly retention: FakeRetention;
  readonly rollouts: FakeRollouts;
  /** What each upload request brought. */
  readonly batches: { readonly parts: number; readonly bytes: number }[];
  onRequest: (request: Seen, nth: number) => Bend | undefined;
  play: Play;
  addProject(slug: string): ProjectDetails;
  addDeployment(project: ProjectDetails, fields?: Partial<Deployment>): Promise<Deployment>;
  /** Those with this method and a path that begins so. */
  requests(method: string, path: string): Seen[];
  close(): Promise<void>;
};

export const QUICK_PLAY: Play = {
  lines: [
    { kind: "step", step: "stage", text: "Stage the source" },
    { kind: "step", step: "install", text: "Install packages" },
    { kind: "output", step: "install", text: "added 14 packages" },
    { kind: "step", step: "build", text: "Build" },
    { kind: "output", step: "build", text: "built in 321ms" },
    { kind: "step", step: "upload", text: "Store the bundle" },
    { kind: "step", step: "verify", text: "Verify the bundle" },
  ],
};

const BUILD = "b1".repeat(32) as Digest;

export async function startFakeApi(): Promise<FakeApi> {
  const plays = new Map<DeploymentId, Play>();
  const answered = new Map<string, { status: number; body: unknown }>();
  const server = createServer((request, response) => {
    handle(request, response).catch((error: unknown) => {
      response.destroy(error instanceof Error ? error : new Error(String(error)));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));

  const api: FakeApi = {
    url: `http://base.localhost:${(server.address() as AddressInfo).port}`,
    seen: [],
    projects: new Map(),
    deployments: new Map(),
    blobs: new Set(),
    tokens: createFakeTokens(),
    env: createFakeEnv(),
    events: createFakeEvents(),
    webhooks: createFakeWebhooks(),
    retention: createFakeRetention(),
    rollouts: createFakeRollouts(),
    batches: [],
    onRequest: () => undefined,
    play: QUICK_PLAY,
    addProject(slug) {
      const project: ProjectDetails = {
        id: projectIdFrom(uuidv7()),
        slug: Slug.parse(slug),
        name: slug,
        url: `http://${slug}.apps.localhost:8787`,
        createdAt: new Date().toISOString(),
        deletion: null,
        settings: DEFAULT_SETTINGS,
        deletionGraceSeconds: 604_800,
      };
      api.projects.set(project.slug, project);
      return project;
    },
    async addDeployment(project, fields = {}) {
      const channel = fields.channel ?? Channel.parse("production");
      const now = new Date().toISOString();
      const deployment: Deployment = {
        id: deploymentIdFrom(uuidv7()),
        project: project.id,
        channel,
        status: "live",
        phase: null,
        source: await sha256("source"),
        env: EMPTY_ENV,
        build: BUILD,
        reused: false,
        failure: null,
        message: null,
        commit: null,
        retryOf: null,
        pinned: false,
        collectedAt: null,
        bundle: { files: 5, bytes: 61_234, uploadedBlobs: 3, uploadedBytes: 20_480 },
        url: `http://${project.slug}${channel === "production" ? "" : `-${channel}`}.apps.localhost:8787`,
        createdBy: "tests",
        createdByToken: "0123456789abcdef",
        createdAt: now,
        updatedAt: now,
        ...fields,
      };
      api.deployments.set(deployment.id, deployment);
      plays.set(deployment.id, api.play);
      return deployment;
    },
    requests: (method, path) => api.seen.filter((seen) => seen.method === method && seen.path.startsWith(path)),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  return api;

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = (request.url ?? "").replace(/^\/v1/, "");
    const seen: Seen = {
      method: request.method ?? "",
      path,
      host: request.headers.host,
      headers: request.headers,
      body: await buffer(request),
    };
    api.seen.push(seen);
    const bend = api.onRequest(seen, api.requests(seen.method, path).length);
    if (bend === "drop") return void request.socket.destroy();
    if (typeof bend === "object" && "status" in bend) {
      return void response.writeHead(bend.status, bend.headers).end(bend.text);
    }
    const answer = typeof bend === "object" ? problem(bend.problem) : await once(seen, response);
    if (bend === "lose") return void request.socket.destroy();
    if (!answer) return;
    const type = answer.status >= 400 ? "application/problem+json" : "application/json";
    const headers = { "content-type": type, ...(typeof bend === "object" && bend.headers) };
    response.writeHead(answer.status, headers).end(JSON.stringify(answer.body));
  }

  /** The same idempotency key gets the same answer again. */
  async function once(seen: Seen, response: ServerResponse): Promise<Answer | null> {
    const key = seen.headers["idempotency-key"];
    const known = answered.get(String(key));
    if (known) return known;
    const answer = await route(seen, response);
    if (key && answer && answer.status < 500) answered.set(String(key), answer);
    return answer;
  }

  async function route(seen: Seen, response: ServerResponse): Promise<Answer | null> {
    const url = new URL(seen.path, "http://api");
    const [collection, name, sub, ...parts] = url.pathname.split("/").slice(1);
    const body: unknown =
      seen.headers["content-type"] === "application/json" ? JSON.parse(String(seen.body)) : undefined;
    const asked: Asked = { method: seen.method, parts, query: url.searchParams, body };
    const wanted = collection === "bootstrap" ? BOOTSTRAP_SECRET : TOKEN;
    if (seen.headers.authorization !== `Bearer ${wanted}`) return problem("token_unknown");
    if (collection === "bootstrap") return api.tokens.bootstrap(asked);
    if (collection === "tokens") return api.tokens.answer({ ...asked, parts: name ? [name] : [] });
    if (collection === "deployments") return withDeployment(name, (deployment) => ok(deployment));
    if (collection !== "projects") return problem("route_not_found");
    if (!name) {
      if (seen.method === "POST") return createProject(seen);
      const bySlug = [...api.projects.values()].sort((x, y) => (x.slug < y.slug ? -1 : 1));
      return cutPage("projects", bySlug, url.searchParams);
    }
    const project = [...api.projects.values()].find((candidate) => candidate.slug === name || candidate.id === name);
    if (!project) return problem("project_not_found");
    switch (sub) {
      case undefined:
      case "restore":
        return answerProject(api, project, asked, sub);
      case "sources":
        return createSource(seen);
      case "blobs":
        return storeBlobs(seen);
      case "deployments":
        return deployments(project, asked, response);
      case "channels":
        return answerChannels(project, listed(project, new URLSearchParams()), asked);
      case "env":
        return api.env.answer(asked);
      case "events":
        return api.events.answer(asked);
      case "webhooks":
        return api.webhooks.answer(asked);
      case "retention":
        return api.retention.answer(asked);
      case "rollouts":
        return api.rollouts.answer(asked);
      default:
        return problem("route_not_found");
    }
  }

  async function deployments(
    project: ProjectDetails,
    { method, parts: [id, action], query, body }: Asked,
    response: ServerResponse,
  ): Promise<Answer | null> {
    if (!id) {
      if (method === "POST") return createDeployment(project, body);
      return cutPage("deployments", listed(project, query), query);
    }
    if (action === "logs") return playLog(id as DeploymentId, query, response);
    const found = api.deployments.get(id as DeploymentId);
    if (!found) return problem("deployment_not_found");
    switch (`${method} ${action ?? ""}`) {
      case "POST cancel": {
        CancelDeployment.parse(body);
        if (found.status !== "building") return problem("not_cancellable");
        const failure = { reason: "cancelled" as const, detail: "Cancelled by tests", help: FAILURES.cancelled.help };
        const updated = update({ ...found, status: "failed", phase: null, failure });
        return { ...updated, body: { ...(updated.body as Deployment), changed: true } };
      }
      case "POST retry":
        RetryDeployment.parse(body);
        if (found.status !== "failed") return problem("not_retryable");
        return {
          status: 202,
          body: await startDeployment(project, { source: found.source, channel: found.channel, retryOf: found.id }),
        };
      case "PATCH ":
        return update({ ...found, ...UpdateDeployment.parse(body) });
      default:
        return problem("route_not_found");
    }
  }

  function update(deployment: Deployment): Answer {
    api.deployments.set(deployment.id, deployment);
    return ok(deployment);
  }

  function createProject(seen: Seen): Answer {
    const body = CreateProject.parse(JSON.parse(seen.body.toString()));
    return api.projects.has(body.slug) ? problem("slug_taken") : { status: 201, body: api.addProject(body.slug) };
  }

  async function createSource(seen: Seen): Promise<Answer> {
    const { files } = CreateSource.parse(JSON.parse(seen.body.toString()));
    const missing = [...new Set(files.map((file) => file.sha256))].filter((sha) => !api.blobs.has(sha));
    const committed = missing.length === 0;
    return { status: committed ? 201 : 202, body: { source: await sourceSha(files), committed, missing } };
  }

  async function storeBlobs(seen: Seen): Promise<Answer> {
    const contentType = seen.headers["content-type"] ?? "";
    const form = await new Response(new Uint8Array(seen.body), { headers: { "content-type": contentType } }).formData();
    for (const [name, value] of form) {
      if (typeof value === "string") return problem("body_invalid");
      if ((await sha256(await value.arrayBuffer())) !== name) return problem("blob_mismatch");
      api.blobs.add(name as Digest);
    }
    api.batches.push({ parts: [...form].length, bytes: seen.body.length });
    return { status: 201, body: { stored: [...form].length } };
  }

  async function createDeployment(project: ProjectDetails, wish: unknown): Promise<Answer> {
    const { channel, source, message = null, commit = null } = CreateDeployment.parse(wish);
    return { status: 202, body: await startDeployment(project, { channel, source, message, commit }) };
  }

  function startDeployment(project: ProjectDetails, fields: Partial<Deployment>): Promise<Deployment> {
    const { reused = false } = api.play;
    const fresh = { status: "building", phase: "queued", build: null, bundle: null, reused } as const;
    return api.addDeployment(project, { ...fresh, ...fields });
  }

  async function playLog(id: DeploymentId, query: URLSearchParams, response: ServerResponse): Promise<null> {
    const { lines, lineMs = 5, breaks = [], hangs = false } = plays.get(id) ?? QUICK_PLAY;
    const stopAfter = breaks.shift() ?? Number.POSITIVE_INFINITY;
    response.writeHead(200, { "content-type": "application/x-ndjson" });
    response.flushHeaders();
    const after = Number(query.get("after"));
    let sent = 0;
    for (const [index, line] of lines.entries()) {
      if (index < after) continue;
      if (sent++ >= stopAfter) {
        response.destroy();
        return null;
      }
      const whole: LogLine = { seq: index + 1, at: new Date().toISOString(), ...line };
      response.write(`${JSON.stringify(whole)}\n`);
      await pause(lineMs);
    }
    if (hangs) return null;
    settle(id);
    response.end();
    return null;
  }

  function settle(id: DeploymentId): void {
    const deployment = api.deployments.get(id);
    if (deployment?.status !== "building") return;
    const { failure, canary = false } = plays.get(id) ?? QUICK_PLAY;
    api.deployments.set(id, {
      ...deployment,
      status: failure ? "failed" : canary ? "canary" : "live",
      phase: null,
      failure: failure ? { ...failure, help: FAILURES[failure.reason].help } : null,
      build: failure ? null : BUILD,
      bundle: failure ? null : { files: 5, bytes: 61_234, uploadedBlobs: 3, uploadedBytes: 20_480 },
      updatedAt: new Date().toISOString(),
    });
  }

  function listed(project: ProjectDetails, query: URLSearchParams): Deployment[] {
    return [...api.deployments.values()]
      .filter((deployment) => deployment.project === project.id)
      .filter((deployment) => matches(deployment, query, ["channel", "status", "build"]))
      .toReversed();
  }

  function withDeployment(id: string | undefined, act: (deployment: Deployment) => Answer): Answer {
    const deployment = api.deployments.get(id as DeploymentId);
    return deployment ? act(deployment) : problem("deployment_not_found");
  }
}
