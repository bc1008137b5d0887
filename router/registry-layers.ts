/**
 * Which builds a host serves, asked in layers: this isolate's memory while it is fresh -> the `Project` object -> the copy
 * in KV -> memory of whatever age. So a flip is seen within a second, and an outage of the objects, of control or of KV
 * takes no known site down. What must hold: never a lower rev than before, never another project's record, and never a
 * wait beyond the deadlines below.
 */
import type { RouteAnswer } from "../schema/contracts/route-lookup.ts";
import type { Channel, Hostname } from "../schema/hostname.ts";
import type { ProjectId } from "../schema/ids.ts";
import { routeKey } from "../schema/keys.ts";
import type { RouteRecord } from "../schema/route-record.ts";
import { createBreaker } from "./breaker.ts";
import { withDeadline } from "./deadline.ts";
import type { Clock, HostRegistry, KeepAlive, Report, RouteAsk, RouteFinding, RouteOrigin } from "./ports.ts";
import { createRouteMemo } from "./route-memo.ts";
import { createSingleFlight } from "./single-flight.ts";

export interface RouteSources {
  /** The authority: the `Project` object. */
  askProject(project: ProjectId, hostname: Hostname, channel: Channel): Promise<RouteAnswer>;
  /** Its replica in KV. */
  readCopy(project: ProjectId, channel: Channel): Promise<RouteRecord | null>;
}

interface Copy {
  readonly record: RouteRecord;
  readonly askedAt: number;
}

export interface RegistryPorts {
  readonly clock: Clock;
  readonly keepAlive: KeepAlive;
  readonly report: Report;
}

/** DESIGN, "Route record". The round trip of a far region fits; an object that has to start may not, and is heard late. */
export const ASK_DEADLINE_MS = 300;
export const COPY_DEADLINE_MS = 1_000;
/** How long a late answer is waited for when there is nothing else to serve from. */
export const LAST_RESORT_MS = 2_000;
/** The longest check of something that is remembered. */
const CHECK_MS = ASK_DEADLINE_MS + COPY_DEADLINE_MS;
/** Longer than one descent through all layers can take. */
const DESCENT_MS = CHECK_MS + LAST_RESORT_MS + 200;

export function createLayeredRegistry(
  sources: RouteSources,
  { clock, keepAlive, report }: RegistryPorts,
): HostRegistry {
  const memo = createRouteMemo();
  const breaker = createBreaker(clock);
  const flights = createSingleFlight<RouteOrigin>(clock, keepAlive, DESCENT_MS);
  const copies = createSingleFlight<Copy | null>(clock, keepAlive, COPY_DEADLINE_MS);

  return {
    lookup(ask) {
      const known = memo.recall(ask);
      if (!known || revOf(known.answer) < ask.minRev) return descendTogether(ask);
      const overdueMs = clock.now() - known.freshUntil;
      if (overdueMs < 0) return { answer: known.answer, origin: "memo" };
      // One request checks, and only that one waits; the others see what it finds a round trip later.
      if (overdueMs < CHECK_MS && flights.isFlying(flightKey(ask))) return { answer: known.answer, origin: "stale" };
      return descendTogether(ask);
    },
    atHand(ask) {
      const known = memo.recall(ask);
      // What the project itself said about the name holds, until it is asked again.
      const record = known && known.answer.kind !== "route" ? null : memo.record(ask);
      return record && record.rev >= ask.minRev ? record : null;
    },
    async readCopy(ask) {
      if (memo.recall(ask)) return null;
      const read = await withDeadline(clock, COPY_DEADLINE_MS, readCopyTogether(ask));
      const record = read.ok ? read.value?.record : null;
      return record && record.rev >= ask.minRev ? record : null;
    },
  };

  async function descendTogether(ask: RouteAsk): Promise<RouteFinding> {
    const flight = flights.join(flightKey(ask), () => descend(ask));
    const origin = await landing(flight.landing);
    const answer = memo.recall(ask)?.answer ?? null;
    if (flight.isOwn || ask.minRev === 0 || (answer && revOf(answer) >= ask.minRev)) return { answer, origin };
    // That flight began before this request came, so it may have missed the rev; the next one cannot.
    const next = await landing(flights.join(flightKey(ask), () => descend(ask)).landing);
    return { answer: memo.recall(ask)?.answer ?? null, origin: next };
  }

  async function landing(flight: Promise<RouteOrigin>): Promise<RouteOrigin> {
    const landed = await withDeadline(clock, DESCENT_MS, flight);
    return landed.ok ? landed.value : "stale";
  }

  async function descend(ask: RouteAsk): Promise<RouteOrigin> {
    const asking = breaker.admits(ask.project) ? askProject(ask) : null;
    if (asking && (await arrives(asking, ASK_DEADLINE_MS, ask.project))) return "object";
    if (await learnFromCopy(ask)) return "copy";
    if (memo.recall(ask)) {
      memo.keep(ask, clock.now());
      return "stale";
    }
    return asking && (await withDeadline(clock, LAST_RESORT_MS, asking)).ok ? "object" : "stale";
  }

  function askProject(ask: RouteAsk): Promise<void> {
    const askedAt = clock.now();
    const asking = sources.askProject(ask.project, ask.hostname, ask.channel).then((answer) => {
      if (answer.kind === "route") mustBeAskedFor(answer.record, ask);
      memo.learn(ask, answer, askedAt);
      breaker.succeeded(ask.project);
    });
    // An answer that is too late for this request still serves the next ones.
    keepAlive(asking.catch(() => undefined));
    return asking;
  }

  async function learnFromCopy(ask: RouteAsk): Promise<boolean> {
    let found = false;
    const learning = readCopyTogether(ask).then((copy) => {
      // What the project itself last said about the name holds: the copy of a route knows nothing of names.
      if (!copy || memo.recall(ask)?.answer.kind === "not_owned") return;
      memo.learn(ask, { kind: "route", record: copy.record }, copy.askedAt);
      found = true;
    });
    return (await withDeadline(clock, COPY_DEADLINE_MS, learning)).ok && found;
  }

  /** One reading for all who want the copy at that time; it lasts as long as it takes, so they bring their own deadlines. */
  function readCopyTogether(ask: RouteAsk): Promise<Copy | null> {
    return copies.join(routeKey(ask.project, ask.channel), () => readCopy(ask)).landing;
  }

  async function readCopy(ask: RouteAsk): Promise<Copy | null> {
    const key = `copy/${ask.project}`;
    if (!breaker.admits(key)) return null;
    const askedAt = clock.now();
    const reading = sources.readCopy(ask.project, ask.channel).then((record) => {
      breaker.succeeded(key);
      if (record === null) return null;
      mustBeAskedFor(record, ask);
      return { record, askedAt };
    });
    keepAlive(arrives(reading, COPY_DEADLINE_MS, key));
    return reading;
  }

  /** @param key of the breaker: who is asked */
  async function arrives(work: Promise<unknown>, deadlineMs: number, key: string): Promise<boolean> {
    const arrived = await withDeadline(clock, deadlineMs, work);
    if (arrived.ok) return true;
    breaker.failed(key);
    const { failure } = arrived;
    report(
      "registry.not_answering",
      { source: key, reason: failure.reason },
      failure.reason === "error" ? failure.cause : null,
    );
    return false;
  }
}

/** Two names of one project never share a flight: each is confirmed on its own. */
function flightKey(ask: RouteAsk): string {
  return `${ask.project}/${ask.hostname}`;
}

/** What was never live has no rev, so any wish for one reads past it; the end of a channel has that of its last record. */
function revOf(answer: RouteAnswer): number {
  if (answer.kind === "route") return answer.record.rev;
  return answer.kind === "empty" ? answer.rev : 0;
}

/** A well-formed answer to another question is a failure, not a fact: it would show one project's app on another's host. */
function mustBeAskedFor(record: RouteRecord, ask: RouteAsk): void {
  if (record.project === ask.project && record.channel === ask.channel) return;
  throw new Error(`asked for ${ask.project}/${ask.channel}, got the record of ${record.project}/${record.channel}`);
}
