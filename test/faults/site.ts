/** A project under test: a client that repeats what was not answered, visitors who never stop, and a look at everything. */
import { createHash } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import type { ChannelState, Flip } from "../../schema/contracts/channels.ts";
import type { Deployment } from "../../schema/contracts/deployments.ts";
import type { Digest } from "../../schema/digest.ts";
import type { ProjectId } from "../../schema/ids.ts";
import { manifestKey } from "../../schema/keys.ts";
import { isInProgress } from "../../schema/lifecycle.ts";
import { parseManifest } from "../../schema/manifest.ts";
import { type ApiTarget, callApi, sendSource } from "../support/api-deploy.ts";
import type { Bucket } from "../support/bucket.ts";
import { type RawRequest, type RawResponse, send } from "../support/http.ts";
import { sweep } from "../support/sweeps.ts";
import { type Visit, visit } from "../support/visit.ts";
import { API_HOST, APPS_DOMAIN } from "../support/world-config.ts";
import type { Acknowledged, End, Observation, SeenDeployment, SeenRelease, ServedFile } from "./invariants.ts";

/** How long a client repeats a request, and how long a deployment may take to settle. */
const PATIENCE_MS = 60_000;
const SETTLE_MS = 60_000;
/** Between two questions. Visitors and clients together must leave the machine some time for the work itself. */
const PAUSE_MS = 100;
const VISIT_PAUSE_MS = 120;
/** Of deployments and releases, the newest are looked at. */
const LOOK_BACK = 50;

export type Site = {
  readonly target: ApiTarget;
  readonly bucket: Pick<Bucket, "read">;
  readonly slug: string;
  readonly project: ProjectId;
  /** Of the requests, so that none is like another. */
  readonly counter: { requests: number; rev: number };
  /** Since the last look. */
  readonly acknowledged: Acknowledged[];
};

export async function openSite(target: ApiTarget, bucket: Pick<Bucket, "read">, slug: string): Promise<Site> {
  const created = await callApi(target, "POST", "/projects", { slug });
  if (created.status !== 201) throw new Error(created.text);
  const project = JSON.parse(created.text).id;
  return { target, bucket, slug, project, counter: { requests: 0, rev: 0 }, acknowledged: [] };
}

/** Deploys the files and waits for the end. Answers that do not come are asked for again, with the same key. */
export async function deployTo(site: Site, files: Readonly<Record<string, string>>): Promise<SeenDeployment> {
  return waitFor(site, await startDeploy(site, files));
}

/** @returns the deployment's id, once it is acknowledged */
export async function startDeploy(site: Site, files: Readonly<Record<string, string>>): Promise<string> {
  const source = await patiently(() => sendSource(site.target, site.slug, files));
  const request = nextRequest(site, "deploy");
  const { id } = await insist<Deployment>(site, `/projects/${site.slug}/deployments`, request, {
    source,
    message: request,
  });
  site.acknowledged.push({ kind: "deployment", request, id });
  return id;
}

export async function promoteOn(site: Site, deployment: string): Promise<void> {
  const request = nextRequest(site, "promote");
  const flip = await insist<Flip>(site, `${channelPath(site)}/promote`, request, { deployment, reason: request });
  if (flip.changed) note(site, request, flip);
}

export async function rollBackOn(site: Site): Promise<void> {
  const request = nextRequest(site, "rollback");
  note(site, request, await insist<Flip>(site, `${channelPath(site)}/rollback`, request, { reason: request }));
}

/** Until one has ended. */
export async function sweepSite({ target, slug }: Site): Promise<void> {
  await patiently(() => sweep(target, slug));
}

function note(site: Site, request: string, { route }: Flip): void {
  site.acknowledged.push({ kind: "flip", request, rev: route.rev, live: route.live.deployment });
}

/** Does something to its end, or to the end of the client's patience. */
export async function endOf(deed: Promise<SeenDeployment | null>): Promise<End> {
  try {
    return { deployment: await deed, unanswered: null };
  } catch (error) {
    return { deployment: null, unanswered: String(error) };
  }
}

/** Visits the site until the caller says that it is enough. */
export function watch(site: Site): { stop(): Promise<Visit[]> } {
  const over = new AbortController();
  const visits: Visit[] = [];
  const going = (async () => {
    while (!over.signal.aborted) {
      const seen = await visit((path, init) => fetchApp(site, path, init)).catch(() => null);
      // No connection at all: the machine is down, and nobody was served anything.
      if (seen) visits.push(seen);
      await sleep(VISIT_PAUSE_MS);
    }
  })();
  return {
    stop: async () => {
      over.abort();
      await going;
      return visits;
    },
  };
}

/** Looks at everything once all deployments have settled, or were given the time to. */
export async function observe(site: Site, visits: readonly Visit[]): Promise<Observation> {
  const deployments = await settleAll(site);
  const { route } = await read<ChannelState>(site, channelPath(site));
  const { releases } = await read<{ releases: SeenRelease[] }>(
    site,
    `${channelPath(site)}/releases?limit=${LOOK_BACK}`,
  );
  const revBefore = site.counter.rev;
  site.counter.rev = route?.rev ?? 0;
  return {
    acknowledged: site.acknowledged.splice(0),
    visits,
    deployments,
    releases,
    route,
    served: route && (await readServed(site, route.live.build, route.rev)),
    revBefore,
  };
}

/** Every file of a build, as the router answers who has just seen this revision. */
async function readServed(site: Site, build: Digest, rev: number): Promise<ServedFile[] | null> {
  const text = await site.bucket.read(manifestKey(site.project, build));
  if (text === null || sha256(text) !== build) return null;
  return Promise.all(
    parseManifest(Buffer.from(text).toString()).files.map(async (file) => {
      const path = file.path === "index.html" ? "/" : `/${file.path}`;
      const headers = { "x-atelier-min-rev": String(rev), "accept-encoding": "identity" };
      const { status, body } = await fetchApp(site, path, { headers });
      return { path, status, isRight: sha256(body) === file.sha256 };
    }),
  );
}

async function waitFor(site: Site, id: string): Promise<SeenDeployment> {
  const deadline = Date.now() + SETTLE_MS;
  for (;;) {
    const deployment = await read<SeenDeployment>(site, `/projects/${site.slug}/deployments/${id}`);
    if (!isInProgress(deployment.status) || Date.now() > deadline) return deployment;
    await sleep(PAUSE_MS);
  }
}

async function settleAll(site: Site): Promise<SeenDeployment[]> {
  const deadline = Date.now() + SETTLE_MS;
  for (;;) {
    const path = `/projects/${site.slug}/deployments?limit=${LOOK_BACK}`;
    const { deployments } = await read<{ deployments: SeenDeployment[] }>(site, path);
    if (deployments.every(({ status }) => !isInProgress(status)) || Date.now() > deadline) return deployments;
    await sleep(PAUSE_MS);
  }
}

function fetchApp({ target, slug }: Site, path: string, init?: RawRequest): Promise<RawResponse> {
  return send(target.origin, `${slug}.${APPS_DOMAIN}`, path, init);
}

/** Sends a request again until it is answered: the key makes that safe. */
async function insist<T>({ target }: Site, path: string, key: string, body: object): Promise<T> {
  const headers = {
    authorization: `Bearer ${target.token}`,
    "content-type": "application/json",
    "idempotency-key": key,
  };
  return patiently(async () => {
    const init = { method: "POST", headers, body: JSON.stringify(body) };
    const answer = await send(target.origin, API_HOST, `/v1${path}`, init);
    if (answer.status >= 500 || answer.status === 429) throw new Error(`${path} answered ${answer.status}`);
    if (answer.status >= 300) throw new Refused(`${path} answered ${answer.status}: ${answer.text}`);
    return JSON.parse(answer.text) as T;
  });
}

async function read<T>({ target }: Site, path: string): Promise<T> {
  return patiently(async () => {
    const answer = await callApi(target, "GET", path);
    if (answer.status !== 200) throw new Error(`${path} answered ${answer.status}: ${answer.text}`);
    return JSON.parse(answer.text) as T;
  });
}

/** An answer that asking again does not change. */
class Refused extends Error {}

async function patiently<T>(ask: () => Promise<T>): Promise<T> {
  const deadline = Date.now() + PATIENCE_MS;
  for (;;) {
    try {
      return await ask();
    } catch (error) {
      if (error instanceof Refused || Date.now() > deadline) throw error;
      await sleep(PAUSE_MS);
    }
  }
}

function channelPath({ slug }: Site): string {
  return `/projects/${slug}/channels/production`;
}

function nextRequest(site: Site, what: string): string {
  site.counter.requests += 1;
  return `${what} ${site.counter.requests}`;
}

function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}
