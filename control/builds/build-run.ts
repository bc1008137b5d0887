/**
 * The `BuildRun` object: brings one deployment from its start to its publish by talking HTTP to a builder. The alarm does
 * one step, stores where it stands, and sets itself again, so that a crash anywhere repeats at most one idempotent step.
 */
import { DurableObject } from "cloudflare:workers";
import type { BuildEvent } from "../../schema/contracts/build.ts";
import type { LogLine } from "../../schema/contracts/deployments.ts";
import { DEFAULT_SETTINGS } from "../../schema/contracts/project-settings.ts";
import { sha256, shortSha } from "../../schema/digest.ts";
import type { DeploymentId, ProjectId } from "../../schema/ids.ts";
import type { DeploymentPhase, FailureReason } from "../../schema/lifecycle.ts";
import { blobsOf, buildSha, parseManifest } from "../../schema/manifest.ts";
import { assertNever } from "../../schema/result.ts";
import { type Env, readSettings } from "../env.ts";
import { createObjectStore, type ObjectStore } from "../object-store.ts";
import type { BuildRequest, BuiltBundle } from "../project/progress.ts";
import { missingFrom } from "../project/stored-blobs.ts";
import { BuildLog, type NewLine } from "./build-log.ts";
import { type BuilderAnswer, type BuilderClient, createBuilderClient } from "./builder-client.ts";
import {
  afterError,
  afterEvent,
  afterHandBack,
  afterLoss,
  afterRefusal,
  afterRelease,
  afterSilence,
  failStage,
  firstState,
  isEnding,
  isLogClosed,
  keepEnding,
  pauseMs,
  type RunState,
  toLine,
  type UploadedBlobs,
} from "./run-state.ts";
import { verifyBundle } from "./verify-bundle.ts";

export class BuildRun extends DurableObject<Env> {
  readonly #log: BuildLog;
  readonly #store: ObjectStore;
  readonly #settings: ReturnType<typeof readSettings>;
  /** Cuts the stream of events that is being read, if one is. */
  #reading = new AbortController();

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    this.#log = new BuildLog(ctx.storage.sql);
    this.#store = createObjectStore(env.BUNDLES);
    this.#settings = readSettings(env);
  }

  /** Starts the run. Told again, it only makes sure that the alarm is set. */
  async start(request: BuildRequest): Promise<void> {
    if (await this.#isOver(request)) return;
    if (!this.#state) this.#begin(firstState(request));
    await this.ctx.storage.setAlarm(Date.now());
  }

  /** Its deployment was ended by somebody else. A run that never began says so in its log and ends, too. May be repeated. */
  async stop(request: BuildRequest): Promise<void> {
    if (await this.#isOver(request)) return;
    const stage = { name: "stop" } as const;
    if (this.#state) this.#advance({ stage, unreachableSince: null });
    else this.#begin(firstState(request, stage));
    this.#reading.abort();
    await this.ctx.storage.setAlarm(Date.now());
  }

  /** Log lines after a cursor, waiting up to `waitMs` for the first. Null: no further line will come from here. */
  async readLog(after: number, waitMs: number): Promise<LogLine[] | null> {
    const lines = this.#readLines(after);
    if (lines === null || lines.length > 0 || waitMs === 0) return lines;
    await this.#log.next(waitMs);
    return this.#readLines(after);
  }

  override async alarm(): Promise<void> {
    const state = this.#state;
    if (!state) return;
    try {
      await this.#step(state);
      // Unless the step itself counted one more.
      if (state.errors > 0 && this.#state?.errors === state.errors) this.#advance({ errors: 0 });
    } catch (error) {
      this.#noteError(state, error);
    }
    const after = this.#state;
    if (after) await this.ctx.storage.setAlarm(Date.now() + pauseMs(after));
  }

  async #step(state: RunState): Promise<void> {
    const { stage } = state;
    switch (stage.name) {
      case "start":
        return this.#startBuild(state);
      case "building":
      case "uploading":
        return this.#followBuilder(state);
      case "upload":
        return this.#startUpload(state, stage.bundle);
      case "verify":
        return this.#verifyAndPublish(state, stage.bundle, stage.uploaded);
      case "fail":
        return this.#tellFailure(state.request, stage.reason, stage.detail);
      case "stop":
        return this.#writeLastLine(state.request);
      case "release":
        return this.#endJob(state.request);
      case "archive":
        return this.#archive(state);
      default:
        return assertNever(stage);
    }
  }

  async #startBuild({ request, attempt }: RunState): Promise<void> {
    // A run that an earlier version started knows no settings.
    const { deployment, project, source, env, settings = DEFAULT_SETTINGS.build } = request;
    const toolchain = await this.#ask((builder) => builder.toolchain());
    if (!toolchain) return;
    const { root, installCommand, command, output } = settings;
    const build = [root, installCommand, command, output];
    const inputs = await sha256(JSON.stringify({ source, env, settings: build, toolchain: toolchain.digest }));
    const start = await this.#project(project).beginBuild(deployment, inputs);
    if (start.kind === "over") return this.#advance({ stage: { name: "stop" } });
    if (start.kind === "reused") {
      this.#note("verify", `Nothing to build: ${start.from} has a bundle of the same source, env and tools.`);
      return this.#advance({ stage: { name: "archive" } });
    }
    // Asked for now and never stored here: a run that is resumed asks again.
    const snapshot = await this.#project(project).readSnapshot(env);
    if (snapshot.kind === "lost") return this.#advance({ stage: failStage("env_key_lost", snapshot.detail) });
    const { variables } = snapshot;
    const { storage } = this.#settings;
    const job = { version: 1, deployment, attempt, project, source, env, variables, settings, storage } as const;
    const started = await this.#ask((builder) => builder.start(job));
    if (started) this.#advance({ stage: { name: "building" } });
  }

  /** Takes in events until the builder rests or its stream ends; the stage tells which of the two. */
  async #followBuilder({ request, after, stage }: RunState): Promise<void> {
    const { deployment, project } = request;
    if (stage.name === "uploading") await this.#project(project).markUploading(deployment);
    this.#reading = new AbortController();
    const { signal } = this.#reading;
    await this.#ask((builder) =>
      builder.readEvents(deployment, after, signal, async (events) => {
        this.#takeIn(events);
        const step = events.findLast((event) => event.type === "step");
        if (step) await this.#tellPhase(request, step.step);
      }),
    );
  }

  /** The phase only informs: an object that does not hear of it must not look like a builder that does not answer. */
  async #tellPhase({ project, deployment }: BuildRequest, phase: DeploymentPhase): Promise<void> {
    try {
      await this.#project(project).enterPhase(deployment, phase);
    } catch (error) {
      console.error(
        JSON.stringify({ event: "build_run.phase_lost", project, deployment, phase, error: String(error) }),
      );
    }
  }

  /** One transaction: the lines and the cursor behind them. */
  #takeIn(events: readonly BuildEvent[]): void {
    this.ctx.storage.transactionSync(() => {
      const state = this.#state;
      if (!state || isEnding(state)) return;
      const fresh = events.filter((event) => event.n > state.after);
      this.#append(fresh.map(toLine));
      this.#save(fresh.reduce(afterEvent, state));
    });
  }

  async #startUpload({ request, attempt }: RunState, bundle: BuiltBundle): Promise<void> {
    const { deployment } = request;
    const project = this.#project(request.project);
    if ((await project.markBuilt(deployment, bundle)) === "over") return this.#advance({ stage: { name: "stop" } });
    const text = await this.#ask((builder) => builder.manifest(deployment));
    if (!text) return;
    if ((await buildSha(text)) !== bundle.build) {
      const stage = failStage(
        "verification_failed",
        "The builder's manifest does not have the build SHA that it named.",
      );
      return this.#advance({ stage });
    }
    const blobs = blobsOf(parseManifest(text)).map(({ sha256: sha, size }) => ({ sha, size }));
    const upload = await project.announceUpload(deployment, bundle.build, blobs);
    switch (upload.kind) {
      case "over":
        return this.#advance({ stage: { name: "stop" } });
      case "busy":
        return this.#advance({ stage: { name: "upload", bundle, isStorageBusy: true } });
      case "missing":
        break;
      default:
        return assertNever(upload);
    }
    const missing = [...upload.missing];
    const { storage } = this.#settings;
    const accepted = await this.#ask((builder) => builder.upload(deployment, { attempt, storage, missing }));
    if (accepted) this.#advance({ stage: { name: "uploading", bundle } });
  }

  async #verifyAndPublish({ request }: RunState, bundle: BuiltBundle, uploaded: UploadedBlobs): Promise<void> {
    const { deployment, project } = request;
    const object = this.#project(project);
    await this.#tellPhase(request, "verify");
    const verdict = await verifyBundle(bundle.build, {
      readManifest: (build) => this.#store.getManifest(project, build),
      blobSize: (sha) => this.#store.blobSize(project, sha),
      unknownBlobs: async (shas) => missingFrom(await object.findBlobs(shas), shas),
      vouch: (blobs) => object.recordVerified(deployment, blobs),
    });
    if (verdict.kind === "more") return;
    if (verdict.kind === "broken") return this.#advance({ stage: failStage("verification_failed", verdict.detail) });
    const reply = await object.publish(deployment, { build: bundle.build, ...uploaded });
    if (reply === "over") return this.#advance({ stage: { name: "stop" } });
    const published = reply === "canary" ? "Verified, and a canary now" : "Verified and live";
    this.#note("verify", `${published}: ${shortSha(bundle.build)}.`);
    this.#advance({ stage: { name: "archive" } });
  }

  async #tellFailure({ project, deployment }: BuildRequest, reason: FailureReason, detail: string): Promise<void> {
    const reply = await this.#project(project).fail(deployment, reason, detail);
    this.#advance({ stage: { name: reply === "over" ? "stop" : "archive" } });
  }

  /** What ended it, in the words that its deployment shows. In one transaction, so that the line is there once. */
  async #writeLastLine({ project, deployment }: BuildRequest): Promise<void> {
    const failure = (await this.#project(project).getDeployment(deployment))?.failure;
    this.ctx.storage.transactionSync(() => {
      const at = new Date().toISOString();
      const step = this.#log.lastStep() ?? "queued";
      if (failure) this.#append([{ at, kind: "error", step, text: failure.detail }]);
      this.#advance({ stage: { name: "release" } });
    });
    this.#log.wake();
  }

  async #endJob({ deployment }: BuildRequest): Promise<void> {
    const heard = await this.#releaseBuilder(deployment);
    const state = this.#state;
    if (state) this.#save(afterRelease(state, heard, Date.now()));
  }

  async #archive({ request }: RunState): Promise<void> {
    const { deployment, project } = request;
    await this.#releaseBuilder(deployment);
    const log = this.#log.toNdjson();
    if (log !== "") await this.#store.putLog(project, deployment, log);
    await this.ctx.storage.deleteAll();
    this.#log.wake();
  }

  /** The builder's answer, or null: then the state says what comes next. */
  async #ask<T>(question: (builder: BuilderClient) => Promise<BuilderAnswer<T>>): Promise<T | null> {
    const asked = this.#state;
    if (!asked) return null;
    const answer = await question(this.#builder(asked.request.deployment));
    const state = this.#state ?? asked;
    // It was told to stop meanwhile: no answer leads anywhere any more.
    if (isEnding(state)) return null;
    switch (answer.kind) {
      case "ok":
        if (state.unreachableSince !== null) this.#advance({ unreachableSince: null });
        return answer.value;
      case "lost":
        this.#note("starting", "The builder lost this build.");
        this.#save({ ...afterLoss(state), unreachableSince: null });
        return null;
      case "handed_back":
        this.#note("starting", "The builder was stopped, and handed this build back.");
        this.#save({ ...afterHandBack(state), unreachableSince: null });
        return null;
      case "refused":
        this.#save(afterRefusal(state));
        return null;
      case "unreachable": {
        if (state.unreachableSince === null)
          this.#note("starting", `Waiting for a builder (${answer.detail.slice(0, 200)}).`);
        this.#save(afterSilence(state, Date.now()));
        return null;
      }
      default:
        return assertNever(answer);
    }
  }

  #noteError({ request, stage }: RunState, error: unknown): void {
    console.error(JSON.stringify({ event: "build_run.error", ...request, stage: stage.name, error: String(error) }));
    const state = this.#state;
    if (state) this.#save(afterError(state));
  }

  #note(step: DeploymentPhase, text: string): void {
    this.#append([{ at: new Date().toISOString(), kind: "note", step, text }]);
  }

  #append(lines: readonly NewLine[]): void {
    const state = this.#state;
    if (state && !isLogClosed(state)) this.#log.append(lines);
  }

  #readLines(after: number): LogLine[] | null {
    const state = this.#state;
    if (!state) return null;
    const lines = this.#log.read(after);
    return lines.length === 0 && isLogClosed(state) ? null : lines;
  }

  /**
   * A container of its own is ended; a shared builder ends the job and forgets it, by itself after a while if it does not
   * hear this. @returns whether it heard
   */
  async #releaseBuilder(deployment: DeploymentId): Promise<boolean> {
    const containers = this.env.BUILD_CONTAINER;
    if (!containers) return (await this.#builder(deployment).forget(deployment)).kind === "ok";
    await containers.get(containers.idFromName(deployment)).destroy();
    return true;
  }

  /** It ran and is archived: what arrives now was late. */
  async #isOver({ project, deployment }: BuildRequest): Promise<boolean> {
    return !this.#state && (await this.#store.hasLog(project, deployment));
  }

  #begin(state: RunState): void {
    this.#log.create();
    this.#save(state);
  }

  #builder(deployment: DeploymentId): BuilderClient {
    const { builderToken, builderUrl } = this.#settings;
    const containers = this.env.BUILD_CONTAINER;
    if (!containers) return createBuilderClient((path, init) => fetch(`${builderUrl}${path}`, init), builderToken);
    const container = containers.get(containers.idFromName(deployment));
    return createBuilderClient((path, init) => container.fetch(`http://builder${path}`, init), builderToken);
  }

  #project(id: ProjectId) {
    return this.env.PROJECT.get(this.env.PROJECT.idFromName(id));
  }

  get #state(): RunState | null {
    return this.ctx.storage.kv.get<RunState>("run") ?? null;
  }

  #advance(change: Partial<RunState>): void {
    const state = this.#state;
    if (state) this.#save({ ...state, ...change });
  }

  #save(state: RunState): void {
    this.ctx.storage.kv.put("run", keepEnding(this.#state, state));
  }
}
