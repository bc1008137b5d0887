/**
 * One attempt to build one deployment: `running`, then `built` or `failed`; from `built` by `upload` to `uploaded` or
 * `failed`. Upload rights arrive only when every process of the app is dead; the rights to read the source are gone
 * before the first one starts.
 */
import type { BuildJob, BuildJobState, StorageGrant } from "../schema/contracts/build.ts";
import type { Digest } from "../schema/digest.ts";
import { formatCount } from "../schema/figures.ts";
import type { FailureReason } from "../schema/lifecycle.ts";
import type { Result } from "../schema/result.ts";
import { AppBundleStore } from "./app-bundle-store.ts";
import { type Built, buildStagedSource } from "./build-steps.ts";
import type { Settings } from "./env.ts";
import { EVENT_LOG_CAPS, EventLog } from "./event-log.ts";
import { type BuildFailure, describeForUsers, fail, JobEnded, toBuilderError } from "./failure.ts";
import { createJobFolders, handOver, type JobFolders, removeTree } from "./job-folders.ts";
import { createRedaction, type Redaction } from "./redaction.ts";
import type { Sandbox } from "./sandbox.ts";
import { classifyValues } from "./searched-values.ts";
import type { Place, Slots } from "./slots.ts";
import { type StagedSource, stageSource } from "./stage.ts";
import { uploadBundle } from "./upload.ts";

/** What all jobs of a builder share. */
export type JobTools = {
  readonly settings: Settings;
  readonly sandbox: Sandbox;
  readonly slots: Slots;
  readonly now: () => Date;
  readonly report: (event: { readonly event: string; readonly [field: string]: unknown }) => void;
};

/** A job without its rights. */
export type JobSpec = Omit<BuildJob, "storage" | "version">;

export class Job {
  readonly spec: JobSpec;
  readonly log: EventLog;
  readonly #tools: JobTools;
  readonly #redaction: Redaction;
  readonly #abort = new AbortController();
  #state: BuildJobState["state"] = "running";
  #built: Built | null = null;
  #folders: JobFolders | null = null;
  #restedAt: Date | null = null;
  #work: Promise<void> = Promise.resolve();

  constructor(spec: JobSpec, tools: JobTools) {
    this.spec = spec;
    // Whatever the framework publishes later: a log need not show it.
    this.#redaction = createRedaction(classifyValues(spec.variables, null).searched);
    this.log = new EventLog(tools.now, EVENT_LOG_CAPS, this.#redaction.text);
    this.#tools = tools;
  }

  get state(): BuildJobState {
    return { attempt: this.spec.attempt, state: this.#state };
  }

  get restedAt(): Date | null {
    return this.#restedAt;
  }

  get manifest(): string | null {
    return this.#built?.bundle.manifest ?? null;
  }

  /** Starts when `predecessor`, an earlier attempt at the same deployment, is gone. */
  start(grant: StorageGrant, predecessor: Promise<void>): void {
    this.log.step("stage");
    const place = predecessor.then(() => this.#takePlace());
    // A function of its own, so that what runs while the app's code runs holds no reference to the grant.
    const staged = place.then(({ index }) => this.#stage(grant, index));
    this.#work = this.#finish(place, staged);
  }

  /** False when the job does not rest with a bundle. */
  upload(grant: StorageGrant, missing: readonly Digest[]): boolean {
    const built = this.#built;
    if (this.#state !== "built" || built === null) return this.#state === "uploading" || this.#state === "uploaded";
    this.#state = "uploading";
    this.#restedAt = null;
    this.log.step("upload");
    this.#work = this.#upload(built, grant, missing).catch((error: unknown) => this.#breakOff(error));
    return true;
  }

  /** Ends what runs and removes what is on disk. Readers of the log are let go. */
  async end(): Promise<void> {
    this.#abort.abort(new JobEnded("the job was ended"));
    await this.#work;
    this.log.close();
    await this.#removeFolders();
  }

  async #finish(place: Promise<Place>, staged: Promise<Result<StagedSource, BuildFailure>>): Promise<void> {
    try {
      await this.#build(await staged);
    } catch (error) {
      await this.#breakOff(error);
    } finally {
      const taken = await place.catch(() => null);
      taken?.leave();
    }
  }

  #takePlace(): Promise<Place> {
    const { slots } = this.#tools;
    if (slots.allTaken) this.log.note("Waiting for another build to end.");
    return slots.take(this.#abort.signal);
  }

  async #stage(grant: StorageGrant, place: number): Promise<Result<StagedSource, BuildFailure>> {
    const { settings, sandbox } = this.#tools;
    if (sandbox.warning !== null) this.log.note(sandbox.warning);
    const owner = sandbox.ownerOf(place);
    const { workDir, limits } = settings;
    this.#folders = await createJobFolders({ workDir, job: this.spec, place, owner, diskBytes: limits.diskBytes });
    const store = this.#openStore(grant);
    try {
      const staged = await stageSource(store, this.spec.source, this.#folders.workspace);
      if (staged.ok) await handOver(this.#folders.workspace, owner);
      return staged;
    } finally {
      store.close();
    }
  }

  async #build(staged: Result<StagedSource, BuildFailure>): Promise<void> {
    if (!staged.ok || this.#folders === null) return this.#fail(staged);
    const { settings, sandbox } = this.#tools;
    const context = {
      sandbox,
      folders: this.#folders,
      limits: settings.limits,
      packageManagerEnv: settings.packageManagerEnv,
      log: this.log,
      redaction: this.#redaction,
      signal: this.#abort.signal,
    };
    this.log.note(`The source has ${formatCount(staged.value.files.length, "file")}.`);
    const built = await buildStagedSource(context, { ...this.spec, files: staged.value.files });
    if (!built.ok) return this.#fail(built);
    const { bundle, config } = built.value;
    this.#built = built.value;
    this.#rest("built");
    this.log.built({ build: bundle.build, files: bundle.files.length, bytes: bundle.bytes, config });
  }

  async #upload({ bundle }: Built, grant: StorageGrant, missing: readonly Digest[]): Promise<void> {
    const store = this.#openStore(grant);
    try {
      const stored = await uploadBundle(store, bundle, missing);
      await this.#removeFolders();
      this.#rest("uploaded");
      this.log.uploaded(stored);
    } catch (error) {
      this.#abort.signal.throwIfAborted();
      await this.#fail(fail("upload_failed", `The bundle could not be stored (${describeForUsers(error)}).`, error));
    } finally {
      store.close();
    }
  }

  /** An error that no step expected. A job that was ended has nobody left to tell. */
  async #breakOff(error: unknown): Promise<void> {
    if (this.#abort.signal.aborted) return;
    await this.#fail({ ok: false, failure: toBuilderError(error) });
  }

  async #fail(result: Result<unknown, BuildFailure>): Promise<void> {
    if (result.ok) throw new Error("a job that succeeded can not fail");
    if (result.failure.cause !== undefined) this.#reportError(result.failure.cause);
    await this.#removeFolders();
    this.#built = null;
    this.#rest("failed", result.failure.reason);
    this.log.failed(result.failure);
  }

  /** Before the event that says so, and in the same turn: a reader that sees the event sees the state. */
  #rest(state: "built" | "uploaded" | "failed", reason?: FailureReason): void {
    this.#state = state;
    this.#restedAt = this.#tools.now();
    this.#tools.report({ event: "builder.job", deployment: this.spec.deployment, ...this.state, reason });
  }

  async #removeFolders(): Promise<void> {
    const folders = this.#folders;
    this.#folders = null;
    if (folders === null) return;
    // What is left on disk is no reason to call a job failed; the next start of the builder removes it.
    await removeTree(folders.root).catch((error: unknown) => this.#reportError(error));
  }

  #reportError(error: unknown): void {
    const { deployment, attempt } = this.spec;
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
    this.#tools.report({ event: "builder.error", deployment, attempt, error: this.#redaction.text(text) });
  }

  #openStore(grant: StorageGrant): AppBundleStore {
    const { s3 } = this.#tools.settings;
    return new AppBundleStore({ ...s3, grant, project: this.spec.project, signal: this.#abort.signal });
  }
}
