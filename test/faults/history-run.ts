/**
 * Plays a script of several clients against the real `Project`. A scheduler says who goes on: each request is sent, and each answer
 * heard, at a moment of its choice; in between the platform does what it does.
 */
import { setTimeout as sleep } from "node:timers/promises";
import type fc from "fast-check";
import type { ChannelState as ChannelView, Flip, Release } from "../../schema/contracts/channels.ts";
import type { Deployment } from "../../schema/contracts/deployments.ts";
import { isInProgress } from "../../schema/lifecycle.ts";
import type { ChannelInput, ChannelOutput } from "./channel-model.ts";
import type { ChannelOperation, History } from "./history-judge.ts";
import { type Answer, call, listDeployments, type Place, readLive, readReleases, readState } from "./history-place.ts";
import { CLIENTS, type Command, type Script } from "./history-script.ts";

const SETTLE_TIMEOUT_MS = 60_000;
/** A request whose client is gone is over by then. */
const QUIET_MS = 100;

type Request = {
  readonly name: string;
  readonly method: "GET" | "POST";
  readonly path: string;
  readonly body: object | null;
  /** Null: it is no operation of the register. */
  readonly input: ChannelInput | null;
  readonly key: string | null;
};

/** What clients were told. */
type Told = {
  readonly operations: ChannelOperation[];
  readonly created: { request: string; id: string }[];
  /** When each was first asked. */
  readonly asked: Map<string, number>;
  cuts: number;
};
type Run = { readonly place: Place; readonly s: fc.Scheduler; readonly told: Told; evict(): Promise<unknown> };

/** @param name of this run, unlike any other's: its requests carry it to the releases and deployments that they make */
export async function runScript(place: Place, s: fc.Scheduler, script: Script, name: string): Promise<History> {
  const { world, project } = place;
  const initial = await readState(place);
  const told: Told = { operations: [], created: [], asked: new Map(), cuts: 0 };
  // The harness can not evict an object that a build is calling: it then dies at its next step instead.
  const builds = script.some(({ command }) => command.kind === "deploy");
  const evict = async () => (builds ? world.order({ project, crashAt: [1] }) : world.evictProject(project));
  const clients = Array.from({ length: CLIENTS }, (_, client) => {
    const commands = script.flatMap((each) => (each.client === client ? each.command : []));
    return runClient({ place, s, told, evict }, commands, `${name} client ${client}`);
  });
  await s.waitFor(Promise.all(clients));
  await world.order({ project });
  if (told.cuts > 0) await sleep(QUIET_MS);
  const { deployments, seenAt } = await settle(place, name);
  await readOnce(place, `${name} in the end`, told);
  const releases = (await readReleases(place)).filter(({ rev }) => rev > initial.rev);
  const all = await listDeployments(place);
  return {
    initial,
    operations: [...told.operations, ...publishes(deployments, seenAt, releases, told)],
    created: told.created,
    deployments,
    releases,
    live: await readLive(place),
    sayingLive: all.filter(({ status }) => status === "live").map(({ id }) => id),
  };
}

/** One command after the other, as one client does. */
async function runClient(run: Run, commands: readonly Command[], client: string): Promise<void> {
  const { place, s } = run;
  let rev = 0;
  let lastKeyed: Request | null = null;
  for (const [index, command] of commands.entries()) {
    const name = `${client} command ${index}`;
    await s.schedule(Promise.resolve(), `${name}: ${JSON.stringify(command)}`);
    if (command.kind === "evict") await run.evict();
    else if (command.kind === "crash") await place.world.order({ project: place.project, crashAt: [command.step] });
    else {
      const request: Request | null = command.kind === "again" ? lastKeyed : toRequest(place, command, name, rev);
      if (request === null) continue;
      if (request.key !== null) lastKeyed = request;
      rev = (await ask(run, request, command.cut)) ?? rev;
    }
  }
}

function toRequest(
  { sources, slug, path, channel, bundles }: Place,
  command: Exclude<Command, { kind: "again" | "evict" | "crash" }>,
  name: string,
  rev: number,
): Request {
  if (command.kind === "read") return toRead(path, name);
  const post = { name, method: "POST", key: command.keyed ? name : null } as const;
  if (command.kind === "deploy") {
    const body = { source: sources[command.source], channel, fresh: command.fresh, message: name };
    return { ...post, path: `/projects/${slug}/deployments`, body, input: null };
  }
  const expected = command.expecting && rev > 0 ? { expectedRev: rev } : {};
  const asked = { ...expected, ...(post.key !== null && { key: post.key }) };
  if (command.kind === "rollback") {
    const body = { reason: name, ...expected };
    return { ...post, path: `${path}/rollback`, body, input: { kind: "rollback", ...asked } };
  }
  const deployment = bundles[command.target]?.id ?? "";
  const body = { deployment, reason: name, ...expected };
  return { ...post, path: `${path}/promote`, body, input: { kind: "promote", deployment, ...asked } };
}

function toRead(path: string, name: string): Request {
  return { name, method: "GET", path, body: null, input: { kind: "read" }, key: null };
}

/** Sends a request, and hears of it when the scheduler says so. @returns the revision that the answer names, if there is one */
async function ask({ place, s, told }: Run, request: Request, cut: number | null): Promise<number | null> {
  const invoked = performance.now();
  if (!told.asked.has(request.name)) told.asked.set(request.name, invoked);
  const connection = new AbortController();
  const answering = sendRequest(place, request, connection.signal);
  if (cut === null) {
    await s.schedule(
      answering.then(() => undefined),
      `${request.name} is answered`,
    );
    return tell(request, { invoked, heard: await answering }, told);
  }
  await s.schedule(sleep(cut), `${request.name} is cut`);
  told.cuts += 1;
  connection.abort();
  // An answer that was there already is lost, too.
  await answering;
  return tell(request, { invoked, heard: null }, told);
}

async function readOnce(place: Place, name: string, told: Told): Promise<void> {
  const invoked = performance.now();
  const request = toRead(place.path, name);
  tell(request, { invoked, heard: await sendRequest(place, request) }, told);
}

/** An answer, and when it came; null when nobody knows what came of the request. */
type Heard = { readonly answer: Answer; readonly returned: number } | null;

async function sendRequest(place: Place, request: Request, signal?: AbortSignal): Promise<Heard> {
  const { method, path, body, key } = request;
  const answer = await call(place, method, path, {
    ...(key !== null && { headers: { "idempotency-key": key } }),
    ...(body !== null && { body: JSON.stringify(body) }),
    ...(signal && { signal }),
  });
  return answer && { answer, returned: performance.now() };
}

function tell(
  { name, input }: Request,
  { invoked, heard }: { readonly invoked: number; readonly heard: Heard },
  told: Told,
): number | null {
  if (input === null) {
    if (heard?.answer.status === 202) told.created.push({ request: name, id: (heard.answer.body as Deployment).id });
    return null;
  }
  // A read that nobody heard did nothing.
  if (input.kind === "read" && heard?.answer.status !== 200) return null;
  const output = heard && toOutput(input, heard.answer);
  const returned = heard === null ? Number.POSITIVE_INFINITY : heard.returned;
  told.operations.push({ label: name, request: name, input, output, invoked, returned });
  return output?.kind === "at" ? output.rev : null;
}

function toOutput(input: ChannelInput, { status, body }: Answer): ChannelOutput {
  if (status !== 200) return { kind: "refused", code: (body as { code: string }).code };
  if (input.kind === "read") {
    const { route } = body as ChannelView;
    return { kind: "at", rev: route?.rev ?? 0, live: route?.live.deployment ?? null, changed: false };
  }
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
