/**
 * Mark and sweep over one project's storage, in steps that may be cut short anywhere. The protocol by which it deletes while
 * deploys go on, and why that is safe, is told in control/project/condemn.ts; this is the sweeper's side of it.
 */
import type { Actor } from "../../schema/actor.ts";
import type { Digest } from "../../schema/digest.ts";
import type { DeploymentId, ProjectId } from "../../schema/ids.ts";
import { manifestKey, projectPrefixes, readKey, sourceKey } from "../../schema/keys.ts";
import { assertNever } from "../../schema/result.ts";
import type { ListedObject, ObjectStore } from "../object-store.ts";
import type { SweepLicence, SweepOutcome, Withdrawn } from "../project/condemn.ts";
import type { Marks } from "./marks.ts";
import { readReferences } from "./read-references.ts";
import type { SweepRun, SweepStage } from "./sweep-run.ts";

/** What a sweep asks of `Project`. Null: another life of the sweeper has taken over. */
export interface SweptProject {
  takeSweep(): Promise<SweepLicence>;
  openSweep(fence: number, before: DeploymentId | null, actor: Actor): Promise<Withdrawn | null>;
  keptBuilds(after: Digest | null): Promise<Digest[]>;
  keptSources(after: Digest | null): Promise<Digest[]>;
  condemn(fence: number, objects: ListedObject[]): Promise<string[] | null>;
  release(fence: number, keys: string[]): Promise<true | null>;
  /** False: not yet, ask again. */
  endSweep(fence: number, outcome: SweepOutcome, actor: Actor): Promise<boolean | null>;
}

export type SweepPorts = {
  readonly project: SweptProject;
  readonly store: Pick<ObjectStore, "open" | "list" | "remove">;
  readonly marks: Pick<Marks, "add" | "unmarked" | "clear">;
  /** Waits, in milliseconds. */
  readonly pause: (ms: number) => Promise<void>;
  /** No call to the storage takes effect later than so long after it was made, if its answer was not waited for. */
  readonly quarantineMs: number;
};

/** Manifests or lists read in one step. */
const READS_PER_STEP = 20;

/**
 * One life of the sweeper: from the moment its object is loaded until that is dropped, or lost track of a call. Whatever a step
 * throws ends the life; the next one begins by making sure of what this one may have left undone.
 */
export class SweepLife {
  readonly #ports: SweepPorts;
  readonly #fence: number;
  /** The project is deleted: its data is kept until it goes as a whole. */
  readonly #idle: boolean;
  readonly #abandoned = new AbortController();

  private constructor(ports: SweepPorts, { fence, deleted }: SweepLicence) {
    this.#ports = ports;
    this.#fence = fence;
    this.#idle = deleted;
  }

  /** Takes over from the life before: what that one may still be deleting is deleted again, and busy until it no longer can be. */
  static async begin(ports: SweepPorts): Promise<SweepLife> {
    const { project, store, pause, quarantineMs } = ports;
    const licence = await project.takeSweep();
    const { fence, condemned } = licence;
    if (condemned.length > 0) {
      await store.remove(condemned);
      await pause(quarantineMs);
      held(await project.release(fence, [...condemned]));
    }
    return new SweepLife(ports, licence);
  }

  /** Nobody waits for this life's step any more: it must send nothing from now on. */
  abandon(): void {
    this.#abandoned.abort(new LifeOver());
  }

  /** @returns the run after one step; null when it is over */
  async step(run: SweepRun): Promise<SweepRun | null> {
    if (this.#idle) return null;
    const { stage } = run;
    switch (stage.name) {
      case "withdraw":
        return this.#withdraw(run, stage.before ?? null);
      case "mark_builds":
        return this.#markBuilds(run, stage.after);
      case "mark_sources":
        return this.#markSources(run, stage.after);
      case "delete":
        return this.#deletePage(run, stage);
      case "end":
        return this.#end(run);
      default:
        return assertNever(stage);
    }
  }

  async #withdraw(run: SweepRun, before: DeploymentId | null): Promise<SweepRun> {
    const { project, marks } = this.#ports;
    const { collected, next } = held(await project.openSweep(this.#fence, before, run.actor));
    marks.clear();
    const deployments = run.deployments + collected;
    const stage: SweepStage = next ? { name: "withdraw", before: next } : { name: "mark_builds", after: null };
    return { ...run, deployments, stage };
  }

  async #markBuilds(run: SweepRun, after: Digest | null): Promise<SweepRun> {
    const builds = (await this.#ports.project.keptBuilds(after)).slice(0, READS_PER_STEP);
    const unread = await this.#mark(builds, (build) => manifestKey(run.project, build));
    if (unread !== null) return blockedBy(run, `The manifest of build ${unread}`);
    const last = builds.at(-1);
    return { ...run, stage: last ? { name: "mark_builds", after: last } : { name: "mark_sources", after: null } };
  }

  async #markSources(run: SweepRun, after: Digest | null): Promise<SweepRun> {
    const sources = (await this.#ports.project.keptSources(after)).slice(0, READS_PER_STEP);
    const unread = await this.#mark(sources, (source) => sourceKey(run.project, source));
    if (unread !== null) return blockedBy(run, `The list of source ${unread}`);
    const last = sources.at(-1);
    return {
      ...run,
      stage: last ? { name: "mark_sources", after: last } : { name: "delete", prefix: 0, after: null },
    };
  }

  /** @returns the first that is missing or damaged: without it nothing can be told from garbage */
  async #mark(names: readonly Digest[], keyOf: (name: Digest) => string): Promise<Digest | null> {
    const { store, marks } = this.#ports;
    for (const name of names) {
      const bytes = await store.open(keyOf(name));
      if (!bytes || !(await readReferences(bytes, name, (blobs) => marks.add(blobs)))) return name;
    }
    return null;
  }

  async #deletePage(run: SweepRun, at: SweepStage & { name: "delete" }): Promise<SweepRun> {
    const { project, store } = this.#ports;
    const prefixes = projectPrefixes(run.project);
    const { objects, more } = await store.list(prefixes[at.prefix] ?? "", at.after);
    const unmarked = this.#unmarked(run.project, objects);
    const agreed = unmarked.length > 0 ? held(await project.condemn(this.#fence, unmarked)) : [];
    if (agreed.length > 0) {
      this.#abandoned.signal.throwIfAborted();
      await store.remove(agreed);
      held(await project.release(this.#fence, agreed));
    }
    const gone = new Set(agreed);
    const bytes = objects.reduce((sum, { key, size }) => sum + (gone.has(key) ? size : 0), 0);
    const next = more ? { ...at, after: objects.at(-1)?.key ?? null } : { ...at, prefix: at.prefix + 1, after: null };
    return {
      ...run,
      objects: run.objects + agreed.length,
      bytes: run.bytes + bytes,
      stage: next.prefix < prefixes.length ? next : { name: "end" },
    };
  }

  /** Manifests, lists and logs are for `Project` to judge, by its rows; what no key of ours looks like is left alone. */
  #unmarked(project: ProjectId, objects: readonly ListedObject[]): ListedObject[] {
    const known = objects.map((object) => ({ object, what: readKey(project, object.key) }));
    const blobs = known.flatMap(({ what }) => (what?.kind === "blob" ? what.sha : []));
    const unmarked = new Set(this.#ports.marks.unmarked(blobs));
    return known.flatMap(({ object, what }) =>
      what === null || (what.kind === "blob" && !unmarked.has(what.sha)) ? [] : object,
    );
  }

  async #end(run: SweepRun): Promise<SweepRun | null> {
    const { project, marks } = this.#ports;
    const { deployments, objects, bytes, blocked } = run;
    const done = held(await project.endSweep(this.#fence, { deployments, objects, bytes, blocked }, run.actor));
    if (!done) return run;
    marks.clear();
    return null;
  }
}

function blockedBy(run: SweepRun, what: string): SweepRun {
  return { ...run, blocked: `${what} is missing or damaged in storage.`, stage: { name: "end" } };
}

/** Another life of the sweeper has begun. */
export class LifeOver extends Error {
  constructor() {
    super("this life of the sweeper is over");
    this.name = "LifeOver";
  }
}

function held<T>(answer: T | null): T {
  if (answer === null) throw new LifeOver();
  return answer;
}
