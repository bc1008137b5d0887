/** Where histories happen: channels of real projects, with something to deploy, promote and go back to. */
import { setTimeout as sleep } from "node:timers/promises";
import type { ChannelState as ChannelView, Release } from "../../schema/contracts/channels.ts";
import type { Deployment } from "../../schema/contracts/deployments.ts";
import { callApi, createDeployment, promote, sendSource, settled } from "../support/api-deploy.ts";
import { send } from "../support/http.ts";
import { API_HOST } from "../support/world-config.ts";
import { applyToChannel, type ChannelState, EMPTY_CHANNEL } from "./channel-model.ts";
import type { FaultWorld } from "./fault-world.ts";
import { SOURCES } from "./history-script.ts";

/** Histories that follow each other on one channel: its releases fit one answer. */
const PER_CHANNEL = 3;

type Project = {
  readonly world: FaultWorld;
  readonly slug: string;
  readonly project: string;
  readonly sources: readonly string[];
};
export type Place = Project & {
  readonly channel: string;
  readonly path: string;
  /** Of each source, in their order. */
  readonly bundles: readonly Deployment[];
};

/** A project of its own. @returns what gives one place after the other, each with the last of its bundles live */
export async function openPlaces(world: FaultWorld, slug: string): Promise<() => Promise<Place>> {
  const project = await openProject(world, slug);
  let place: Place | null = null;
  let given = 0;
  return async () => {
    if (place === null || given % PER_CHANNEL === 0) place = await openChannel(project, given / PER_CHANNEL + 1);
    else for (const bundle of place.bundles) await promote(world, bundle);
    given += 1;
    return place;
  };
}

async function openProject(world: FaultWorld, slug: string): Promise<Project> {
  const created = await callApi(world, "POST", "/projects", { slug });
  if (created.status !== 201) throw new Error(created.text);
  const sources: string[] = [];
  for (let number = 0; number < SOURCES; number += 1) {
    const source = await sendSource(world, slug, { "package.json": `{"n":${number}}` });
    await settled(world, await createDeployment(world, slug, { source }));
    sources.push(source);
  }
  return { world, slug, project: JSON.parse(created.text).id, sources };
}

async function openChannel(project: Project, number: number): Promise<Place> {
  const { world, slug, sources } = project;
  const channel = `pr-${number}`;
  const bundles: Deployment[] = [];
  for (const source of sources) {
    bundles.push(await settled(world, await createDeployment(world, slug, { source, channel })));
  }
  return { ...project, channel, path: `/projects/${slug}/channels/${channel}`, bundles };
}

export type Answer = { readonly status: number; readonly body: unknown };

/** Null when nobody knows what came of it: the connection was cut, or the answer says only that something went wrong. */
export async function call(
  { world }: Place,
  method: string,
  path: string,
  init: { headers?: Record<string, string>; body?: string; signal?: AbortSignal } = {},
): Promise<Answer | null> {
  const headers = {
    authorization: `Bearer ${world.token}`,
    ...(init.body !== undefined && { "content-type": "application/json" }),
    ...init.headers,
  };
  try {
    const answer = await send(world.origin, API_HOST, `/v1${path}`, { ...init, method, headers });
    return answer.status >= 500 ? null : { status: answer.status, body: JSON.parse(answer.text) };
  } catch {
    return null;
  }
}

/** The state that the channel's releases so far lead to. */
export async function readState(place: Place): Promise<ChannelState> {
  return [...(await readReleases(place))]
    .sort((a, b) => a.rev - b.rev)
    .reduce((state, { kind, deployment }) => {
      const input = kind === "rollback" ? ({ kind } as const) : ({ kind: "publish", deployment } as const);
      return applyToChannel(state, input).state;
    }, EMPTY_CHANNEL);
}

export async function readReleases(place: Place): Promise<Release[]> {
  return (await readJson<{ releases: Release[] }>(place, `${place.path}/releases?limit=100`)).releases;
}

/** The deployment that the route names. */
export async function readLive(place: Place): Promise<string | null> {
  return (await readJson<ChannelView>(place, place.path)).route?.live.deployment ?? null;
}

export async function listDeployments(place: Place): Promise<Deployment[]> {
  const path = `/projects/${place.slug}/deployments?channel=${place.channel}&limit=100`;
  return (await readJson<{ deployments: Deployment[] }>(place, path)).deployments;
}

/** Asks until it is answered: the object may just be dying. */
async function readJson<T>(place: Place, path: string): Promise<T> {
  for (let tries = 0; tries < 50; tries += 1) {
    const answer = await call(place, "GET", path);
    if (answer?.status === 200) return answer.body as T;
    await sleep(50);
  }
  throw new Error(`no answer to ${path}`);
}
