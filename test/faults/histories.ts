/**
 * The model-based test: several clients send random commands to one channel of the real `Project` while it is evicted and
 * dies under them, and the history of what they were told is judged.
 */
import { setTimeout as sleep } from "node:timers/promises";
import type { ChannelState as ChannelView, Flip, Release } from "../../schema/contracts/channels.ts";
import type { Deployment } from "../../schema/contracts/deployments.ts";
import { isInProgress } from "../../schema/lifecycle.ts";
import { callApi, createDeployment, sendSource, settled } from "../support/api-deploy.ts";
import { send } from "../support/http.ts";
import { API_HOST } from "../support/world-config.ts";
import { measure, type Problem, type Row } from "./campaign.ts";
import {
  applyToChannel,
  type ChannelInput,
  type ChannelOutput,
  type ChannelState,
  EMPTY_CHANNEL,
} from "./channel-model.ts";
import type { FaultWorld } from "./fault-world.ts";
import { type ChannelOperation, type History, judge, type Verdict } from "./history-judge.ts";
import { type Command, makeScripts, type Script, SOURCES } from "./history-script.ts";
import type { FaultSettings } from "./settings.ts";

/** Projects whose histories run side by side. */
const LANES = 10;
/** Histories that follow each other on one channel: its releases fit one answer. */
const PER_CHANNEL = 4;
const SETTLE_TIMEOUT_MS = 60_000;
/** The least share of all flips that clients hear of. It is about 0.7: some are cut off on purpose, some meet an object that dies. */
const MIN_ANSWERED = 0.4;
/** A request whose client is gone is over by then. */
const QUIET_MS = 100;

/** Flips that were asked for, and those of them that were answered. */
type Flips = { readonly asked: number; readonly answered: number };
type HistoryResult = Verdict & { readonly index: number; readonly told: string; readonly flips: Flips };

type Lane = { readonly world: FaultWorld; readonly slug: string; readonly project: string; readonly sources: string[] };
type Place = Lane & { readonly channel: string; readonly path: string; readonly bundles: readonly Deployment[] };

/** Points are histories; problems name the seed and the number by which one is run again. */
export function tryHistories(world: FaultWorld, { seed, scale, history }: FaultSettings, count: number): Promise<Row> {
  return measure("random histories", async () => {
    const only = history === null ? {} : { only: history };
    const results = await runHistories(world, { seed, count: Math.ceil(count * scale), ...only });
    const problems = results.flatMap(({ index, violations, duplicates, told }) => {
      const where = `--seed ${seed} --history ${index}`;
      return [
        ...violations.map((text): Problem => ({ kind: "order", where, text: `${text}\n${told}` })),
        ...duplicates.map((text): Problem => ({ kind: "double", where, text: `${text}\n${told}` })),
      ];
    });
    const unheard = history === null ? tooFewAnswers(results, `--seed ${seed}`) : [];
    return { points: results.length, problems: [...problems, ...unheard] };
  });
}

/** What nobody answered may have been anything: a project that answers nothing would be explained by every order. */
function tooFewAnswers(results: readonly HistoryResult[], where: string): Problem[] {
  const asked = results.reduce((sum, { flips }) => sum + flips.asked, 0);
  const answered = results.reduce((sum, { flips }) => sum + flips.answered, 0);
  if (answered >= asked * MIN_ANSWERED) return [];
  return [{ kind: "order", where, text: `only ${answered} of ${asked} flips were answered` }];
}

/** Runs the histories of a seed, or the one of `only`. */
async function runHistories(
  world: FaultWorld,
  { seed, count, only }: { seed: number; count: number; only?: number },
): Promise<HistoryResult[]> {
  const scripts = makeScripts(seed, count).map((script, index) => ({ script, index }));
  const left = only === undefined ? scripts : scripts.filter(({ index }) => index === only);
  const lanes = Math.min(LANES, Math.ceil(left.length / PER_CHANNEL));
  const results: HistoryResult[] = [];
  await Promise.all(
    Array.from({ length: lanes }, async (_, number) => {
      const lane = await openLane(world, `histories-${seed % 100_000}-${number}`);
      for (let channel = 1; left.length > 0; channel += 1) {
        const place = await openChannel(lane, `pr-${channel}`);
        for (const { script, index } of left.splice(0, PER_CHANNEL)) {
          const history = await runScript(place, script, `history ${index}`);
          results.push(toResult(index, history));
        }
      }
    }),
  );
  return results;
}

async function openLane(world: FaultWorld, slug: string): Promise<Lane> {
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

async function openChannel(lane: Lane, channel: string): Promise<Place> {
  const bundles: Deployment[] = [];
  for (const source of lane.sources) {
    const deployment = await createDeployment(lane.world, lane.slug, { source, channel });
    bundles.push(await settled(lane.world, deployment));
  }
  return { ...lane, channel, path: `/projects/${lane.slug}/channels/${channel}`, bundles };
}

type Request = {
  readonly name: string;
  readonly path: string;
  readonly body: object;
  readonly input: ChannelInput | null;
  readonly key: string | null;
};
type Told = { operations: ChannelOperation[]; created: { request: string; id: string }[]; asked: Map<string, number> };
type Run = { readonly place: Place; readonly told: Told; readonly evict: () => Promise<unknown> };

async function runScript(place: Place, script: Script, name: string): Promise<History> {
  const before = await readReleases(place);
  const initial = replay(before);
  const told: Told = { operations: [], created: [], asked: new Map() };
  // The harness can not evict an object that a build is calling: it then dies at its next step instead.
  const { world, project } = place;
  const builds = script.flat().some(({ kind }) => kind === "deploy");
  const evict = async () => (builds ? world.order({ project, crashAt: [1] }) : world.evictProject(project));
  const run = { place, told, evict };
  await Promise.all(script.map((commands, client) => runClient(run, commands, `${name} client ${client}`)));
  await world.order({ project });
  await sleep(QUIET_MS);
  const { deployments, seenAt } = await settle(place, name);
  await readOnce(place, `${name} in the end`, null, told);
  const releases = (await readReleases(place)).filter(({ rev }) => rev > initial.rev);
  const channel = await readJson<ChannelView>(place, place.path);
  const all = await listDeployments(place);
  return {
    initial,
    operations: [...told.operations, ...publishes(deployments, seenAt, releases, told)],
    created: told.created,
    deployments,
    releases,
    live: channel.route?.live.deployment ?? null,
    sayingLive: all.filter(({ status }) => status === "live").map(({ id }) => id),
  };
}

/** One command after the other, as one client does. */
async function runClient({ place, told, evict }: Run, commands: readonly Command[], client: string): Promise<void> {
  const seen = { rev: replay([]).rev };
  let lastKeyed: Request | null = null;
  for (const [index, command] of commands.entries()) {
    await sleep(command.wait);
    const request = `${client} command ${index}`;
    switch (command.kind) {
      case "evict":
        await evict();
        break;
      case "crash":
        await place.world.order({ project: place.project, crashAt: [command.step] });
        break;
      case "read":
        seen.rev = (await readOnce(place, request, command.cut, told)) ?? seen.rev;
        break;
      case "again":
        if (lastKeyed) seen.rev = (await post(place, lastKeyed, command.cut, told)) ?? seen.rev;
        break;
      default: {
        const wish = toRequest(place, command, request, seen.rev);
        if (wish.key !== null) lastKeyed = wish;
        seen.rev = (await post(place, wish, command.cut, told)) ?? seen.rev;
      }
    }
  }
}

function toRequest(
  { sources, slug, path, channel, bundles }: Place,
  command: Extract<Command, { kind: "deploy" | "promote" | "rollback" }>,
  name: string,
  rev: number,
): Request {
  const key = command.keyed ? name : null;
  if (command.kind === "deploy") {
    const body = { source: sources[command.source], channel, fresh: command.fresh, message: name };
    return { name, path: `/projects/${slug}/deployments`, body, input: null, key };
  }
  const expected = command.expecting && rev > 0 ? { expectedRev: rev } : {};
  const asked = { ...expected, ...(key !== null && { key }) };
  if (command.kind === "rollback") {
    return {
      name,
      path: `${path}/rollback`,
      body: { reason: name, ...expected },
      input: { kind: "rollback", ...asked },
      key,
    };
  }
  const deployment = bundles[command.target]?.id ?? "";
  const input = { kind: "promote", deployment, ...asked } as const;
  return { name, path: `${path}/promote`, body: { deployment, reason: name, ...expected }, input, key };
}

/** @returns the revision that the answer names, if there is one */
async function post(place: Place, request: Request, cut: number | null, told: Told): Promise<number | null> {
  const invoked = performance.now();
  if (!told.asked.has(request.name)) told.asked.set(request.name, invoked);
  const headers = request.key === null ? {} : { "idempotency-key": request.key };
  const answer = await call(place, "POST", request.path, { headers, body: JSON.stringify(request.body) }, cut);
  if (request.input === null) {
    if (answer?.status === 202) told.created.push({ request: request.name, id: (answer.body as Deployment).id });
    return null;
  }
  const output = answer && toOutput(answer);
  const returned = output === null ? Number.POSITIVE_INFINITY : performance.now();
  const { name } = request;
  told.operations.push({ label: name, request: name, input: request.input, output, invoked, returned });
  return output?.kind === "at" ? output.rev : null;
}

async function readOnce(place: Place, name: string, cut: number | null, told: Told): Promise<number | null> {
  const invoked = performance.now();
  const answer = await call(place, "GET", place.path, {}, cut);
  if (answer?.status !== 200) return null;
  const { route } = answer.body as ChannelView;
  const rev = route?.rev ?? 0;
  const output = { kind: "at", rev, live: route?.live.deployment ?? null, changed: false } as const;
  told.operations.push({
    label: name,
    request: name,
    input: { kind: "read" },
    output,
    invoked,
    returned: performance.now(),
  });
  return rev;
}

type Answer = { readonly status: number; readonly body: unknown };

/** Null when nobody knows what came of it: the connection was cut, or the answer says only that something went wrong. */
async function call(
  { world }: Place,
  method: string,
  path: string,
  init: { headers?: Record<string, string>; body?: string },
  cut: number | null,
): Promise<Answer | null> {
  const headers = {
    authorization: `Bearer ${world.token}`,
    ...(init.body !== undefined && { "content-type": "application/json" }),
    ...init.headers,
  };
  const signal = cut === null ? {} : { signal: AbortSignal.timeout(cut) };
  try {
    const answer = await send(world.origin, API_HOST, `/v1${path}`, { ...init, method, headers, ...signal });
    return answer.status >= 500 ? null : { status: answer.status, body: JSON.parse(answer.text) };
  } catch {
    return null;
  }
}

function toOutput({ status, body }: Answer): ChannelOutput {
  if (status !== 200) return { kind: "refused", code: (body as { code: string }).code };
  const { changed, route } = body as Flip;
  return { kind: "at", rev: route.rev, live: route.live.deployment, changed };
}

/** Waits until none of the channel's deployments is in progress, noting when each was first seen settled. */
async function settle(place: Place, name: string): Promise<{ deployments: Deployment[]; seenAt: Map<string, number> }> {
  const seenAt = new Map<string, number>();
  const deadline = Date.now() + SETTLE_TIMEOUT_MS;
  for (;;) {
    const all = await listDeployments(place);
    for (const { id, status } of all) if (!isInProgress(status) && !seenAt.has(id)) seenAt.set(id, performance.now());
    const deployments = all.filter(({ message }) => message?.startsWith(`${name} `));
    if (all.every(({ status }) => !isInProgress(status)) || Date.now() > deadline) return { deployments, seenAt };
    await sleep(30);
  }
}

/** A deployment that went live is an operation too: from its request until it was seen live. */
function publishes(
  deployments: readonly Deployment[],
  seenAt: ReadonlyMap<string, number>,
  releases: readonly Release[],
  { asked }: Told,
): ChannelOperation[] {
  return deployments.flatMap(({ id, message }) => {
    const release = releases.find(({ kind, deployment }) => kind === "deploy" && deployment === id);
    if (!release) return [];
    const request = message ?? "";
    const output = { kind: "at", rev: release.rev, live: id, changed: true } as const;
    const invoked = asked.get(request) ?? 0;
    const returned = seenAt.get(id) ?? Number.POSITIVE_INFINITY;
    return [
      { label: `${request} goes live`, request, input: { kind: "publish", deployment: id }, output, invoked, returned },
    ];
  });
}

/** The state that a channel's releases lead to. */
function replay(releases: readonly Release[]): ChannelState {
  return [...releases]
    .sort((a, b) => a.rev - b.rev)
    .reduce((state, { kind, deployment }) => {
      const input = kind === "rollback" ? ({ kind } as const) : ({ kind: "publish", deployment } as const);
      return applyToChannel(state, input).state;
    }, EMPTY_CHANNEL);
}

async function readReleases(place: Place): Promise<Release[]> {
  return (await readJson<{ releases: Release[] }>(place, `${place.path}/releases?limit=100`)).releases;
}

async function listDeployments(place: Place): Promise<Deployment[]> {
  const path = `/projects/${place.slug}/deployments?channel=${place.channel}&limit=100`;
  return (await readJson<{ deployments: Deployment[] }>(place, path)).deployments;
}

/** Asks until it is answered: the object may just be dying. */
async function readJson<T>(place: Place, path: string): Promise<T> {
  for (let tries = 0; tries < 50; tries += 1) {
    const answer = await call(place, "GET", path, {}, null);
    if (answer?.status === 200) return answer.body as T;
    await sleep(50);
  }
  throw new Error(`no answer to ${path}`);
}

function toResult(index: number, history: History): HistoryResult {
  const verdict = judge(history);
  const isGood = verdict.violations.length + verdict.duplicates.length === 0;
  const flips = history.operations.filter(({ input }) => input.kind === "promote" || input.kind === "rollback");
  const answered = flips.filter(({ output }) => output !== null).length;
  return { index, ...verdict, told: isGood ? "" : tell(history), flips: { asked: flips.length, answered } };
}

function tell({ initial, operations, releases, deployments }: History): string {
  const lines = [...operations]
    .sort((a, b) => a.invoked - b.invoked)
    .map(
      ({ label, input, output, invoked, returned }) =>
        `${invoked.toFixed(1)}-${returned.toFixed(1)} ${label}: ${JSON.stringify(input)} -> ${JSON.stringify(output)}`,
    );
  const end = { releases: releases.map(({ rev, kind, deployment, reason }) => [rev, kind, deployment, reason]) };
  const states = deployments.map(({ id, status, failure, message }) => [id, status, failure?.reason, message]);
  return [JSON.stringify(initial), ...lines, JSON.stringify(end), JSON.stringify(states)].join("\n");
}
