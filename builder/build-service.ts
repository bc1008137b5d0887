/**
 * The jobs of this builder, in memory: a builder that restarts has lost them, and says so with a 404. One that is asked to stop hands
 * them back, and it and the next one say so with a 410.
 */
import type { BuildJob, BuildJobState } from "../schema/contracts/build.ts";
import type { DeploymentId } from "../schema/ids.ts";
import { err, ok, type Result } from "../schema/result.ts";
import { Job, type JobTools } from "./job.ts";

/** How long a job that rests is kept for its readers, in milliseconds. */
const REST_KEPT_MS = 60 * 60_000;

export class BuildService {
  readonly #jobs = new Map<DeploymentId, Job>();
  readonly #handedBack: Set<DeploymentId>;
  readonly #tools: JobTools;
  #isStopping: boolean = false;

  /** @param handedBack by the builder before */
  constructor(tools: JobTools, handedBack: readonly DeploymentId[]) {
    this.#tools = tools;
    this.#handedBack = new Set(handedBack);
  }

  /** The same attempt again changes nothing; a higher one replaces; a lower one is refused. */
  start({ version: _, storage, ...spec }: BuildJob): Result<BuildJobState, "attempt_replaced" | "stopping"> {
    if (this.#isStopping) return err("stopping");
    this.#handedBack.delete(spec.deployment);
    const current = this.#jobs.get(spec.deployment);
    if (current && current.spec.attempt > spec.attempt) return err("attempt_replaced");
    if (current?.spec.attempt === spec.attempt) return ok(current.state);
    const job = new Job(spec, this.#tools);
    this.#jobs.set(spec.deployment, job);
    job.start(storage, current?.end() ?? Promise.resolve());
    return ok(job.state);
  }

  find(deployment: DeploymentId): Job | null {
    return this.#jobs.get(deployment) ?? null;
  }

  isHandedBack(deployment: DeploymentId): boolean {
    return this.#handedBack.has(deployment);
  }

  async remove(deployment: DeploymentId): Promise<void> {
    this.#handedBack.delete(deployment);
    await this.#end(deployment);
  }

  async #end(deployment: DeploymentId): Promise<void> {
    const job = this.#jobs.get(deployment);
    this.#jobs.delete(deployment);
    await job?.end();
  }

  /** Forgets the jobs that have rested long enough. */
  async sweep(): Promise<void> {
    const oldest = this.#tools.now().getTime() - REST_KEPT_MS;
    const rested = [...this.#jobs].filter(([, { restedAt }]) => restedAt !== null && restedAt.getTime() < oldest);
    await Promise.all(rested.map(([deployment]) => this.remove(deployment)));
  }

  /** Hands all jobs back, kept by `keep` before any of them ends: no new one is started. @returns how many there were */
  async stop(keep: (deployments: readonly DeploymentId[]) => Promise<void>): Promise<number> {
    this.#isStopping = true;
    const jobs = [...this.#jobs.keys()];
    for (const deployment of jobs) this.#handedBack.add(deployment);
    await keep([...this.#handedBack]);
    await Promise.all(jobs.map((deployment) => this.#end(deployment)));
    return jobs.length;
  }
}
