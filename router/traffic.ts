/**
 * Collects what requests say about rollouts, and tells each rollout's meter about once a second. Nothing here delays or breaks
 * a response: the first request of a batch stays alive until the batch is sent, what can not be told is dropped and said, and
 * memory is bounded whatever the visitors do.
 */
import {
  type CountedProbe,
  type IntegrityFailure,
  MAX_BATCH_ERRORS,
  MAX_BATCH_PROBES,
  MAX_BATCH_VISITORS,
  MAX_INTEGRITY_FAILURES,
  type TrafficBatch,
  type TrafficEvent,
} from "../schema/contracts/traffic.ts";
import type { ProjectId, RolloutId } from "../schema/ids.ts";
import { trafficMeterName } from "../schema/keys.ts";
import { readPath } from "../schema/url-path.ts";
import { createBoundedMap } from "./bounded-map.ts";
import type { BrokenReferences } from "./broken-references.ts";
import { withDeadline } from "./deadline.ts";
import { murmur3 } from "./murmur3.ts";
import type { BundleStore, Clock, KeepAlive, Report } from "./ports.ts";
import type { Watched } from "./side.ts";
import { type Broken, type Sighting, sightingOf } from "./sighting.ts";
import type { Trail } from "./trail.ts";
import type { Visit } from "./visit.ts";
import type { Visitors } from "./visitor.ts";

/** The `TrafficMeter` object of a rollout. A batch may be told twice. */
export type TellMeter = (project: ProjectId, rollout: RolloutId, batch: TrafficBatch) => Promise<void>;

export interface TrafficPorts {
  readonly clock: Clock;
  readonly keepAlive: KeepAlive;
  readonly report: Report;
  readonly bundles: BundleStore;
  readonly visitors: Visitors;
  readonly references: BrokenReferences;
}

export interface Traffic {
  /** A request is over. Never throws, never waits. */
  note(visit: Visit, trail: Trail, ending: { readonly status: number; readonly failure: string | null }): void;
}

export const FLUSH_MS = 1_000;
const TELL_DEADLINE_MS = 2_000;
/** With the waits between them well within the 30 s that work may outlive its request. */
const TELL_ATTEMPTS = 3;
/** A batch that should have been taken by then belonged to a request that was cut. */
const FLUSH_LOST_MS = 3 * FLUSH_MS;
/** Rollouts that one isolate sees at a time. */
const MAX_ROLLOUTS = 200;
/** What the meter knows already is mostly not told again: so many visitors of a rollout, 25 MB for all of them at the very most. */
const MAX_TOLD = 2_000;
/** Requests that wait for a look at the files of their build. */
const MAX_LOOKS = 100;

interface Collected {
  readonly visitors: Set<number>;
  /** By visitor. */
  readonly errors: Map<number, TrafficEvent>;
  readonly integrity: Map<string, IntegrityFailure>;
  readonly probes: Map<string, CountedProbe>;
  dropped: number;
}

interface Rollout {
  readonly project: ProjectId;
  readonly rollout: RolloutId;
  collected: Collected;
  /** Visitors, and visitors with errors, that the meter has acknowledged. */
  readonly toldVisitors: Set<number>;
  readonly toldErrors: Set<number>;
  /** Files of the canary that were found broken, or are being looked at again. */
  readonly examined: Set<string>;
  looks: number;
  /** When the first request of the batch came; null while there is none. */
  openedAt: number | null;
}

export function createTraffic(tell: TellMeter, ports: TrafficPorts): Traffic {
  const { clock, keepAlive, report, bundles, visitors, references } = ports;
  const rollouts = createBoundedMap<Rollout>(MAX_ROLLOUTS);

  return {
    note(visit, trail, ending) {
      const sighting = sightingOf(trail, ending);
      if (sighting) take(sighting, visit);
    },
  };

  function take(sighting: Sighting, visit: Visit): void {
    const { watched, isServerError, isMissing, broken } = sighting;
    const rollout = rolloutOf(watched);
    if (watched.probe !== null) addProbe(rollout, { probe: watched.probe, arm: watched.arm });
    if (watched.visitor === null) return;
    // Independent of the hash that chose the arm, and worth nothing in another rollout.
    const visitor = murmur3(`${watched.visitor}:${watched.rollout}`);
    if (watched.arm === "canary") addVisitor(rollout, visitor);
    if (broken) keepAlive(lookAgain(rollout, broken));
    if (!(isServerError || isMissing) || rollout.toldErrors.has(visitor) || rollout.collected.errors.has(visitor))
      return;
    const event = { metric: "server_errors", visitor, arm: watched.arm, weightBps: watched.weightBps } as const;
    keepAlive(isServerError ? addError(rollout, event, visit) : countMissing(rollout, event, watched, visit));
  }

  function addProbe(rollout: Rollout, probe: CountedProbe): void {
    const { probes } = rollout.collected;
    if (probes.size < MAX_BATCH_PROBES) probes.set(`${probe.probe} ${probe.arm}`, probe);
    flushSoon(rollout);
  }

  function addVisitor(rollout: Rollout, visitor: number): void {
    const { collected, toldVisitors } = rollout;
    if (toldVisitors.has(visitor) || collected.visitors.has(visitor)) return;
    if (collected.visitors.size < MAX_BATCH_VISITORS) collected.visitors.add(visitor);
    else collected.dropped += 1;
    flushSoon(rollout);
  }

  async function addError(rollout: Rollout, seen: Omit<TrafficEvent, "network">, visit: Visit): Promise<void> {
    const event = { ...seen, network: await visitors.networkHash(rollout.rollout, visit.headers) };
    const { collected, toldErrors } = rollout;
    if (toldErrors.has(event.visitor) || collected.errors.has(event.visitor)) return;
    if (collected.errors.size < MAX_BATCH_ERRORS) collected.errors.set(event.visitor, event);
    else collected.dropped += 1;
    flushSoon(rollout);
  }

  /** What both builds lack in the same place is no difference between them, and anybody could ask for it from one side only. */
  async function countMissing(
    rollout: Rollout,
    event: Omit<TrafficEvent, "network">,
    { project, ownBuild, otherBuild }: Watched,
    visit: Visit,
  ): Promise<void> {
    const path = readPath(visit.url.pathname);
    if (path === null) return;
    if (rollout.looks >= MAX_LOOKS) {
      rollout.collected.dropped += 1;
      return;
    }
    rollout.looks += 1;
    try {
      const page = pageOf(visit);
      if (!(await references.of(project, ownBuild, page)).has(path)) return;
      if (otherBuild !== null && (await references.of(project, otherBuild, page)).has(path)) return;
      await addError(rollout, event, visit);
    } catch (cause) {
      report("traffic.not_looked_into", { project, rollout: rollout.rollout }, cause);
    } finally {
      rollout.looks -= 1;
    }
  }

  /** One bad reading must not end a rollout: it is read once more, past all memory. A storage that throws says nothing. */
  async function lookAgain(rollout: Rollout, { build, file }: Broken): Promise<void> {
    const path = file?.path ?? "manifest.json";
    if (rollout.examined.has(path) || rollout.examined.size >= MAX_INTEGRITY_FAILURES) return;
    rollout.examined.add(path);
    try {
      const { project } = rollout;
      const read = file ? await bundles.blob(project, file.blob) : await bundles.manifest(project, build);
      if (read.kind === "found") {
        if (read.value instanceof ReadableStream) await read.value.cancel();
        rollout.examined.delete(path);
        return;
      }
      rollout.collected.integrity.set(path, { path, problem: read.kind });
      flushSoon(rollout);
    } catch (cause) {
      rollout.examined.delete(path);
      report("traffic.not_looked_into", { project: rollout.project, rollout: rollout.rollout, path }, cause);
    }
  }

  function rolloutOf({ project, rollout }: Watched): Rollout {
    const key = trafficMeterName(project, rollout);
    const known = rollouts.get(key);
    if (known) return known;
    const fresh: Rollout = {
      project,
      rollout,
      collected: collectNothing(),
      toldVisitors: new Set(),
      toldErrors: new Set(),
      examined: new Set(),
      looks: 0,
      openedAt: null,
    };
    rollouts.set(key, fresh);
    return fresh;
  }

  /** The first request of a batch stays alive until it is told; whoever comes later leaves a note and goes. */
  function flushSoon(rollout: Rollout): void {
    const { openedAt } = rollout;
    if (openedAt !== null && clock.now() - openedAt < FLUSH_LOST_MS) return;
    rollout.openedAt = clock.now();
    keepAlive(flush(rollout));
  }

  async function flush(rollout: Rollout): Promise<void> {
    await pause(FLUSH_MS);
    const { collected } = rollout;
    rollout.collected = collectNothing();
    rollout.openedAt = null;
    const batch = toBatch(collected);
    for (let attempt = 1; ; attempt++) {
      const told = await withDeadline(clock, TELL_DEADLINE_MS, telling(rollout, batch));
      if (told.ok) break;
      if (attempt < TELL_ATTEMPTS) {
        await pause(FLUSH_MS);
        continue;
      }
      const { failure } = told;
      say("traffic.not_told", rollout, sizeOf(batch), failure.reason === "error" ? failure.cause : null);
      // What is broken stays broken: the next request that meets it says so again.
      rollout.examined.clear();
      return;
    }
    if (collected.dropped > 0) say("traffic.dropped", rollout, collected.dropped, null);
    remember(rollout.toldVisitors, collected.visitors);
    remember(rollout.toldErrors, collected.errors.keys());
  }

  async function telling({ project, rollout }: Rollout, batch: TrafficBatch): Promise<void> {
    await tell(project, rollout, batch);
  }

  function say(event: string, { project, rollout }: Rollout, count: number, cause: unknown): void {
    report(event, { project, rollout, count: String(count) }, cause);
  }

  function pause(ms: number): Promise<void> {
    return new Promise((resolve) => void clock.startTimer(ms, resolve));
  }
}

/** The page that named the file; of another host, or untold: the app's first one. */
function pageOf({ url, headers }: Visit): string {
  const referer = URL.parse(headers.get("referer") ?? "");
  return (referer?.host === url.host ? readPath(referer.pathname) : null) ?? "";
}

function collectNothing(): Collected {
  return { visitors: new Set(), errors: new Map(), integrity: new Map(), probes: new Map(), dropped: 0 };
}

function toBatch({ visitors, errors, integrity, probes }: Collected): TrafficBatch {
  return {
    version: 1,
    visitors: [...visitors],
    events: [...errors.values()],
    integrityFailures: [...integrity.values()],
    countedProbes: [...probes.values()],
  };
}

function sizeOf({ visitors, events, integrityFailures, countedProbes }: TrafficBatch): number {
  return visitors.length + events.length + integrityFailures.length + countedProbes.length;
}

/** Full, it begins anew: the meter does not mind being told twice. */
function remember(told: Set<number>, news: Iterable<number>): void {
  for (const one of news) {
    if (told.size >= MAX_TOLD) told.clear();
    told.add(one);
  }
}
