/**
 * The `Project` object: the authority on one project's deployments, routes, releases and events. Every change is one
 * transaction without an await; what other stores must learn of it leaves through the outbox, by the alarm.
 */
import { DurableObject } from "cloudflare:workers";
import { uuidv7 } from "uuidv7";
import type { Actor } from "../../schema/actor.ts";
import type {
  DeleteChannel,
  Flip,
  FlipPlan,
  PlanFlip,
  Promote,
  Release,
  Rollback,
} from "../../schema/contracts/channels.ts";
import type {
  CancelDeployment,
  CancelledDeployment,
  CreateDeployment,
  Deployment,
  RetryDeployment,
  UpdateDeployment,
} from "../../schema/contracts/deployments.ts";
import type { ChangeVariables, EnvState, EnvValues, Resealed } from "../../schema/contracts/env-vars.ts";
import type { ListEvents, ProjectEvent } from "../../schema/contracts/events.ts";
import type { DeleteProject, RestoreProject, UpdateProject } from "../../schema/contracts/projects.ts";
import type { Rollout, RolloutChange, RolloutVerdict } from "../../schema/contracts/rollouts.ts";
import type { RouteAnswer, RouteSource } from "../../schema/contracts/route-lookup.ts";
import type { UpdateWebhook, Webhook } from "../../schema/contracts/webhooks.ts";
import type { Digest } from "../../schema/digest.ts";
import { type Environment, environmentOf } from "../../schema/environment.ts";
import { type Channel, PRODUCTION, readHost, type Slug } from "../../schema/hostname.ts";
import { type DeploymentId, type ProjectId, type RolloutId, rolloutIdFrom, type WebhookId } from "../../schema/ids.ts";
import { trafficMeterName } from "../../schema/keys.ts";
import type { DeploymentPhase, FailureReason } from "../../schema/lifecycle.ts";
import type { PlatformActor } from "../../schema/platform-actor.ts";
import { identity } from "../../schema/project/tables.ts";
import { err, ok, type Result } from "../../schema/result.ts";
import type { RouteRecord } from "../../schema/route-record.ts";
import { type AppsUrl, channelUrl } from "../apps-url.ts";
import { createDirectory } from "../directory/directory.ts";
import { type Env, readSettings } from "../env.ts";
import type { KeyRing } from "../env-keys.ts";
import { createProber } from "../rollout/prober.ts";
import type { DefaultCanary } from "../rollout/publish-plan.ts";
import { awaitDirectory, isInDirectory } from "./birth.ts";
import { createChangeLimit } from "./change-limit.ts";
import { deleteChannel } from "./channel-deletion.ts";
import { planPage, type ShownPage, showPage } from "./collect.ts";
import {
  condemn,
  endSweep,
  keptBuilds,
  keptSources,
  openSweep,
  release,
  type SweepLicence,
  type SweepOutcome,
  takeSweep,
  type Withdrawn,
} from "./condemn.ts";
import { type Database, isMigrated, migrateDatabase, openDatabase, transact } from "./database.ts";
import type { Stores } from "./deliver.ts";
import { Deliveries } from "./deliveries.ts";
import { cancel, pin, retry } from "./deployment-commands.ts";
import {
  type DeploymentQuery,
  type DeploymentRow,
  findDeployment,
  inProgressOn,
  listDeployments,
  toDeployment,
} from "./deployment-rows.ts";
import { announceHost } from "./edge-copies.ts";
import { readSnapshot, type SnapshotContent, takeSnapshot } from "./env-snapshots.ts";
import type { Vault } from "./env-values.ts";
import { changeVariables, describeVariables, readVariables, resealVariables } from "./env-variables.ts";
import { planFlip } from "./flip-plan.ts";
import type { Publishing } from "./go-live.ts";
import { once, type RequestKey } from "./idempotency.ts";
import { findIdentity, type Identity, refuseDeleted } from "./identity.ts";
import { readEvents, recordEvent } from "./journal.ts";
import { hasUndelivered, type OutboxEntry, settle } from "./outbox.ts";
import { deleteProject, type ProjectState, restoreProject, stateOf, updateProject } from "./owner-changes.ts";
import * as progress from "./progress.ts";
import { withDefaults } from "./project-settings.ts";
import { promote, rollBack } from "./promote.ts";
import type { Refusal } from "./promote-gate.ts";
import { type PurgeStores, purgeStep } from "./purge.ts";
import { findOpenRoute, findRoute, listReleases, listRoutes, toRelease } from "./registry.ts";
import { changeRollout, type RolloutWish } from "./rollout-commands.ts";
import { findRollout, listRollouts, listVerdicts, nextTickAt, type RolloutQuery, toView } from "./rollout-rows.ts";
import { claimDue, stepRollout } from "./rollout-step.ts";
import { createRolloutWatch } from "./rollout-watch.ts";
import {
  type Announced,
  type Announcement,
  announceBlobs,
  announceSource,
  type Blob,
  type Busy,
  findBlobs,
  hasSource,
  recordBlobs,
  recordSource,
} from "./stored-blobs.ts";
import { scheduleSweeps } from "./sweep-schedule.ts";
import { awaitsRun, breakOffAbandoned } from "./turns.ts";
import * as webhooks from "./webhooks.ts";

/** Who sweeps when nobody asked. */
const SWEEPS: PlatformActor = "retention";

type Outcome<T> = Result<T, Refusal>;
type NewDeployment = CreateDeployment & { readonly id: DeploymentId };

export class Project extends DurableObject<Env> implements RouteSource {
  readonly #db: Database;
  readonly #apps: AppsUrl;
  /** How long a deleted project can be restored, in milliseconds. */
  readonly #graceMs: number;
  /** How long what was announced is safe from sweeps, in milliseconds. */
  readonly #sweepGraceMs: number;
  readonly #envKeys: KeyRing;
  readonly #deliveries: Deliveries;
  readonly #defaultCanary: DefaultCanary;
  readonly #purgeStores: PurgeStores;
  /** Whether there is a database: not before the project is created, and not after it was purged. */
  #exists: boolean;
  /** Looks at the rollouts whose time has come, and waits for nothing. */
  readonly #watchRollouts: () => void;
  readonly #changeLimit: ReturnType<typeof createChangeLimit>;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    this.#db = openDatabase(ctx.storage);
    const { apps, deletionGraceMs, changes, sweeps, variantKey, defaultCanary, envKeys } = readSettings(env);
    this.#envKeys = envKeys;
    this.#apps = apps;
    this.#graceMs = deletionGraceMs;
    this.#sweepGraceMs = sweeps.graceMs;
    this.#defaultCanary = defaultCanary;
    this.#changeLimit = createChangeLimit(changes);
    const directory = createDirectory(env.DIRECTORY);
    const stores = {
      putCopy: (key, value) => env.REGISTRY.put(key, value),
      deleteCopy: (key) => env.REGISTRY.delete(key),
      indexDeployment: directory.indexDeployment,
      updateProject: directory.updateProject,
      confirm: async (project) => ((await directory.findProject(project)) ? this.announce() : this.discard()),
      purge: (project) => this.#purge(project),
      startBuild: (request) => runOf(env, request.deployment).start(request),
      stopBuild: (request) => runOf(env, request.deployment).stop(request),
      startSweep: (project) => sweeperOf(env, project).start(project, SWEEPS),
      dispatchWebhooks: (dispatch) => senderOf(env, dispatch.message.data.project).accept(dispatch),
      forgetTraffic: (project, rollout) => meterOf(env, project, rollout).forget(),
    } satisfies Stores;
    this.#deliveries = new Deliveries(this.#db, stores, (entry, delivered) => this.#settle(entry, delivered));
    this.#watchRollouts = this.#createRolloutWatch(env, variantKey);
    this.#purgeStores = {
      bucket: env.BUNDLES,
      directory,
      forgetSweeps: (project) => sweeperOf(env, project).forget(),
      forgetWebhooks: (project) => senderOf(env, project).forget(),
    };
    // An object that nobody created, or that was purged, keeps no storage because somebody asked for it.
    this.#exists = isMigrated(ctx.storage);
    void ctx.blockConcurrencyWhile(async () => {
      if (this.#exists) await migrateDatabase(this.#db);
      const self = this.#findIdentity();
      if (self) scheduleSweeps(this.#db, self, Date.now());
      await this.#schedule();
    });
  }

  /** @returns how many milliseconds an API token must wait before it may change something here; 0 when it may now */
  async admitChange(token: string): Promise<number> {
    return this.#changeLimit(token, Date.now());
  }

  /** Says which project this object is. The caller makes it known to others only afterwards. */
  async create(project: { id: ProjectId; slug: Slug; name: string }, actor: Actor): Promise<void> {
    const { id, slug, name } = project;
    await migrateDatabase(this.#db);
    this.#exists = true;
    this.#transact((now) => {
      if (findIdentity(this.#db)) return;
      const self = this.#db.insert(identity).values({ id, slug, name }).returning().get();
      scheduleSweeps(this.#db, self, now);
      recordEvent(this.#db, { at: isoTime(now), type: "project.created", actor, data: { slug, name } });
      awaitDirectory(this.#db, now);
    });
    await this.#schedule();
  }

  /** The directory holds this project now: tell the edge its host name. May be repeated. */
  async announce(): Promise<void> {
    this.#transact((now) => {
      const self = this.#identity();
      if (self.deletedAt === null) announceHost(this.#db, self, this.#apps.domain, now);
      isInDirectory(this.#db);
    });
    await this.#schedule();
  }

  /** The directory will never hold this project: nothing of it stays. */
  async discard(): Promise<void> {
    if (this.#exists) await this.#erase();
  }

  async readState(): Promise<ProjectState> {
    return stateOf(this.#identity());
  }

  async update(wish: UpdateProject, request: RequestKey | null, actor: Actor): Promise<Outcome<ProjectState>> {
    return this.#change(request, (now, self) => ok(updateProject(this.#db, { self, wish, actor, now })));
  }

  async delete(wish: DeleteProject, request: RequestKey | null, actor: Actor): Promise<Outcome<ProjectState>> {
    const graceMs = this.#graceMs;
    const appsDomain = this.#apps.domain;
    return this.#changeAny(request, (now, self) =>
      ok(deleteProject(this.#db, { self, wish, actor, now, graceMs, appsDomain })),
    );
  }

  async restore(wish: RestoreProject, request: RequestKey | null, actor: Actor): Promise<Outcome<ProjectState>> {
    const appsDomain = this.#apps.domain;
    return this.#changeAny(request, (now, self) => restoreProject(this.#db, { self, wish, actor, now, appsDomain }));
  }

  async deleteChannel(
    channel: Channel,
    wish: DeleteChannel,
    request: RequestKey | null,
    actor: Actor,
  ): Promise<Outcome<{ changed: boolean }>> {
    return this.#change(request, (now, { id: project }) =>
      deleteChannel(this.#db, { project, channel, wish, actor, now }),
    );
  }

  /** The sizes, in bytes, of those of the blobs that are stored. */
  async findBlobs(shas: Digest[]): Promise<Map<Digest, number>> {
    return findBlobs(this.#db, shas);
  }

  /** The caller is about to store these blobs. */
  async announceBlobs(wanted: Blob[]): Promise<Announced | Busy> {
    return this.#transact((now) => announceBlobs(this.#db, wanted, this.#announcement(now)));
  }

  /** The caller is about to commit a source of these blobs. */
  async announceSource(source: Digest, shas: Digest[]): Promise<Announced | Busy> {
    return this.#transact((now) => announceSource(this.#db, source, shas, this.#announcement(now)));
  }

  /** The caller has announced these blobs in that generation and stored them. False: announce and store them again. */
  async recordBlobs(written: Blob[], generation: number): Promise<boolean> {
    return this.#transact(() => recordBlobs(this.#db, written, generation));
  }

  /** The caller has announced this source in that generation and stored its list. False: announce and store it again. */
  async recordSource(
    source: { sha: Digest; files: number; bytes: number; generation: number },
    actor: Actor,
  ): Promise<Outcome<boolean>> {
    return this.#change(null, (now) => ok(recordSource(this.#db, source, actor, isoTime(now))));
  }

  async createDeployment(input: NewDeployment, request: RequestKey | null, actor: Actor): Promise<Outcome<Deployment>> {
    return this.#change(request, (now, self) => {
      if (!hasSource(this.#db, input.source)) {
        const detail = "Send the file list and its blobs first: POST /v1/projects/:project/sources.";
        return err({ code: "source_not_found", detail });
      }
      // Once more, for the case that the project's creation was cut short before it was announced.
      announceHost(this.#db, self, this.#apps.domain, now);
      const env = takeSnapshot(this.#db, this.#vault(self), environmentOf(input.channel), now);
      if (!env.ok) return env;
      const { build: settings } = withDefaults(self.settings);
      const fields = { ...input, env: env.value, settings, createdBy: actor };
      return ok(this.#view(progress.addDeployment(this.#db, self.id, fields, now)));
    });
  }

  async changeVariables(
    environment: Environment,
    wish: ChangeVariables,
    request: RequestKey | null,
    actor: Actor,
  ): Promise<Outcome<EnvState>> {
    return this.#change(request, (now, self) =>
      changeVariables(this.#db, this.#vault(self), { environment, wish, actor, now }),
    );
  }

  async listVariables(environment: Environment): Promise<EnvState> {
    return describeVariables(this.#db, this.#vault(this.#identity()), environment);
  }

  async readVariables(environment: Environment): Promise<Outcome<EnvValues>> {
    return readVariables(this.#db, this.#vault(this.#identity()), environment);
  }

  async resealVariables(request: RequestKey | null, actor: Actor): Promise<Outcome<Resealed>> {
    return this.#change(request, (now, self) => resealVariables(this.#db, this.#vault(self), { actor, now }));
  }

  /** What a deployment's build is given, in clear: for its run alone. */
  async readSnapshot(env: Digest): Promise<SnapshotContent> {
    return readSnapshot(this.#db, this.#vault(this.#identity()), env);
  }

  async getDeployment(id: DeploymentId): Promise<Deployment | null> {
    const row = findDeployment(this.#db, id);
    return row && this.#view(row);
  }

  async listDeployments(query: DeploymentQuery): Promise<Deployment[]> {
    return listDeployments(this.#db, query).map((row) => this.#view(row));
  }

  /** Whether its log may get further lines, of a run that is still to come or to hear of its end. */
  async awaitsRun(id: DeploymentId): Promise<boolean> {
    return awaitsRun(this.#db, id);
  }

  async cancelDeployment(
    deployment: DeploymentId,
    wish: CancelDeployment,
    request: RequestKey | null,
    actor: Actor,
  ): Promise<Outcome<CancelledDeployment>> {
    return this.#change(request, (now, { id: project }) => {
      const cancelled = cancel(this.#db, { project, deployment, wish, actor, now });
      if (!cancelled.ok) return cancelled;
      const { row, changed } = cancelled.value;
      return ok({ ...this.#view(row), changed });
    });
  }

  /** `wish.id` is the id of the new deployment. */
  async retryDeployment(
    deployment: DeploymentId,
    wish: RetryDeployment & { id: DeploymentId },
    request: RequestKey | null,
    actor: Actor,
  ): Promise<Outcome<Deployment>> {
    return this.#change(request, (now, self) => {
      const { build: settings } = withDefaults(self.settings);
      const command = { project: self.id, deployment, wish: { ...wish, settings }, actor, now };
      return this.#viewOf(retry(this.#db, command));
    });
  }

  async pinDeployment(
    deployment: DeploymentId,
    wish: UpdateDeployment,
    request: RequestKey | null,
    actor: Actor,
  ): Promise<Outcome<Deployment>> {
    return this.#change(request, (now, { id: project }) =>
      this.#viewOf(pin(this.#db, { project, deployment, wish, actor, now })),
    );
  }

  async enterPhase(id: DeploymentId, phase: DeploymentPhase): Promise<void> {
    this.#transact((now) => progress.enterPhase(this.#db, id, phase, now));
  }

  async beginBuild(id: DeploymentId, inputs: Digest): Promise<progress.BuildStart> {
    const start = this.#transact((now) =>
      progress.beginBuild(this.#db, this.#identity().id, id, inputs, now, this.#publishing()),
    );
    await this.#schedule();
    return start;
  }

  async markBuilt(id: DeploymentId, bundle: progress.BuiltBundle): Promise<progress.Reply> {
    const reply = this.#transact((now) => progress.markBuilt(this.#db, id, bundle, now));
    await this.#schedule();
    return reply;
  }

  /** Which blobs of what was built are not stored yet? */
  async announceUpload(id: DeploymentId, build: Digest, files: Blob[]): Promise<progress.UploadStart> {
    return this.#transact((now) => progress.announceUpload(this.#db, id, build, files, this.#announcement(now)));
  }

  /** The caller has seen these blobs of the deployment's bundle stored whole. */
  async recordVerified(id: DeploymentId, seen: Blob[]): Promise<void> {
    this.#transact((now) => progress.recordVerified(this.#db, id, seen, now));
  }

  async markUploading(id: DeploymentId): Promise<void> {
    this.#transact((now) => progress.markUploading(this.#db, id, now));
    await this.#schedule();
  }

  async publish(id: DeploymentId, verified: progress.VerifiedBundle): Promise<progress.Published> {
    const reply = this.#transact((now) =>
      progress.publish(this.#db, this.#identity().id, id, verified, now, this.#publishing()),
    );
    await this.#schedule();
    return reply;
  }

  async fail(id: DeploymentId, reason: FailureReason, detail: string): Promise<progress.Reply> {
    const reply = this.#transact((now) => progress.fail(this.#db, this.#identity().id, id, reason, detail, now));
    await this.#schedule();
    return reply;
  }

  async promote(channel: Channel, wish: Promote, request: RequestKey | null, actor: Actor): Promise<Outcome<Flip>> {
    return this.#flip(request, (project, now) => {
      const snapshot = () => takeSnapshot(this.#db, { project, keys: this.#envKeys }, environmentOf(channel), now);
      return promote(this.#db, { project, channel, wish, actor, now }, snapshot);
    });
  }

  async rollback(channel: Channel, wish: Rollback, request: RequestKey | null, actor: Actor): Promise<Outcome<Flip>> {
    return this.#flip(request, (project, now) => rollBack(this.#db, { project, channel, wish, actor, now }));
  }

  async changeRollout(wish: RolloutWish, request: RequestKey | null): Promise<Outcome<RolloutChange>> {
    return this.#change(request, (now, { id: project }) => changeRollout({ db: this.#db, project, now }, wish));
  }

  async getRollout(id: RolloutId): Promise<Rollout | null> {
    const row = findRollout(this.#db, id);
    return row && toView(row);
  }

  async listRollouts(query: RolloutQuery): Promise<Rollout[]> {
    return listRollouts(this.#db, query).map(toView);
  }

  async listVerdicts(id: RolloutId): Promise<RolloutVerdict[] | null> {
    return findRollout(this.#db, id) && listVerdicts(this.#db, id);
  }

  async planFlip(channel: Channel, wish: PlanFlip): Promise<Outcome<FlipPlan>> {
    return planFlip(this.#db, this.#vault(this.#identity()), channel, wish);
  }

  async getRoute(channel: Channel): Promise<RouteRecord | null> {
    return findOpenRoute(this.#db, channel)?.record ?? null;
  }

  /** By channel. */
  async listRoutes(query: { after: Channel | undefined; limit: number }): Promise<RouteRecord[]> {
    return listRoutes(this.#db, query);
  }

  async listReleases(channel: Channel, query: { before: number | undefined; limit: number }): Promise<Release[]> {
    return listReleases(this.#db, channel, query).map(toRelease);
  }

  async createWebhook(
    fields: webhooks.NewWebhookFields,
    request: RequestKey | null,
    actor: Actor,
  ): Promise<Outcome<Webhook>> {
    return this.#change(request, (now) => webhooks.addWebhook(this.#db, fields, { actor, now }));
  }

  async getWebhook(id: WebhookId): Promise<Outcome<Webhook>> {
    return webhooks.getWebhook(this.#db, id);
  }

  /** Oldest first. */
  async listWebhooks(query: { after: WebhookId | undefined; limit: number }): Promise<Webhook[]> {
    return webhooks.listWebhooks(this.#db, query);
  }

  async updateWebhook(
    id: WebhookId,
    change: UpdateWebhook,
    request: RequestKey | null,
    actor: Actor,
  ): Promise<Outcome<Webhook>> {
    return this.#change(request, (now) => webhooks.updateWebhook(this.#db, id, change, { actor, now }));
  }

  /** @returns also the `rotation` that made it so: another one than the caller's when the request is a repetition */
  async rotateWebhook(
    id: WebhookId,
    { secret, rotation }: { secret: string; rotation: string },
    request: RequestKey | null,
    actor: Actor,
  ): Promise<Outcome<{ webhook: Webhook; rotation: string }>> {
    return this.#change(request, (now) => {
      const rotated = webhooks.rotateSecret(this.#db, id, secret, { actor, now });
      return rotated.ok ? ok({ webhook: rotated.value, rotation }) : rotated;
    });
  }

  async deleteWebhook(id: WebhookId, request: RequestKey | null, actor: Actor): Promise<Outcome<null>> {
    return this.#change(request, (now) => webhooks.deleteWebhook(this.#db, id, { actor, now }));
  }

  /** Where a webhook's messages go now, and what signs them. Null: nowhere, it is off, deleted, or the project is. */
  async findReceiver(id: WebhookId): Promise<webhooks.Receiver | null> {
    return this.#exists ? webhooks.findReceiver(this.#db, id, Date.now()) : null;
  }

  /** The sender gives a receiver up, unless the webhook has another URL by now. */
  async switchOffWebhook(id: WebhookId, url: string, reason: string): Promise<void> {
    if (this.#exists) this.#transact((now) => webhooks.switchOff(this.#db, { id, url, reason, now }));
  }

  async listEvents(query: ListEvents): Promise<ProjectEvent[]> {
    return readEvents(this.#db, query);
  }

  /** What a sweep now would keep and let go of the deployments before one. */
  async planRetention(before: DeploymentId | null): Promise<ShownPage> {
    return showPage(planPage(this.#db, before, Date.now()));
  }

  async takeSweep(): Promise<SweepLicence> {
    return this.#transact(() => takeSweep(this.#db));
  }

  async openSweep(fence: number, before: DeploymentId | null, actor: Actor): Promise<Withdrawn | null> {
    return this.#transact((now) => openSweep(this.#db, fence, { before, actor, graceMs: this.#sweepGraceMs, now }));
  }

  async keptBuilds(after: Digest | null): Promise<Digest[]> {
    return keptBuilds(this.#db, after);
  }

  async keptSources(after: Digest | null): Promise<Digest[]> {
    return keptSources(this.#db, after);
  }

  async condemn(fence: number, listed: { key: string; uploadedAt: number }[]): Promise<string[] | null> {
    return this.#transact(() => condemn(this.#db, this.#identity().id, fence, listed, this.#sweepGraceMs));
  }

  async release(fence: number, keys: string[]): Promise<true | null> {
    return this.#transact(() => release(this.#db, fence, keys));
  }

  async endSweep(fence: number, outcome: SweepOutcome, actor: Actor): Promise<boolean | null> {
    return this.#transact((now) => endSweep(this.#db, fence, { outcome, actor, graceMs: this.#sweepGraceMs, now }));
  }

  async lookupRoute(hostname: string, channel: Channel): Promise<RouteAnswer> {
    const self = this.#findIdentity();
    const host = readHost(hostname, this.#apps.domain);
    if (!self || self.deletedAt !== null || host.kind !== "app" || host.slug !== self.slug || host.channel !== channel)
      return { kind: "not_owned" };
    const route = findRoute(this.#db, channel);
    if (route?.closedAt === null) return { kind: "route", record: route.record };
    return { kind: "empty", building: inProgressOn(this.#db, channel).length > 0, rev: route?.rev ?? 0 };
  }

  /**
   * Delivers what is due. While a deployment is in progress its entry is due every few minutes, so this is also when one
   * that stands still is found.
   */
  override async alarm(): Promise<void> {
    const id = this.#findIdentity()?.id;
    if (!id) return;
    // What goes wrong in one of them must not keep the outbox waiting.
    attempt("abandonment", id, () => this.#transact((now) => breakOffAbandoned(this.#db, id, now)));
    attempt("rollouts", id, () => this.#watchRollouts());
    await this.#deliverDue(id);
  }

  /** Waits for none of it: the alarm is free for what falls due meanwhile. */
  async #deliverDue(project: ProjectId): Promise<void> {
    this.#deliveries.start(project, Date.now());
    await this.#schedule();
  }

  async #settle(entry: OutboxEntry, delivered: boolean): Promise<void> {
    // Unless it was the last step of a purge.
    if (!this.#exists) return;
    this.#transact((now) => settle(this.#db, entry, delivered, now));
    await this.#deliverDue(this.#identity().id);
  }

  /** The next step of the end, after the grace period. The object's own storage goes last, and its alarm with it. */
  async #purge(project: ProjectId): Promise<void> {
    // Whatever still waits to be told, above all that the edge's copies are to go, must be told from here.
    if (hasUndelivered(this.#db)) throw new Error("other stores have not heard of the deletion yet");
    if ((await purgeStep(this.#purgeStores, project)) === "more") return;
    await this.#erase();
  }

  async #erase(): Promise<void> {
    await this.ctx.storage.deleteAll();
    this.#exists = false;
  }

  #publishing(): Publishing {
    return { rollout: rolloutIdFrom(uuidv7()), defaultCanary: this.#defaultCanary };
  }

  #createRolloutWatch(env: Env, variantKey: string): () => void {
    const sendProbe = createProber(env.ROUTER, variantKey);
    const scene = (now: number) => ({ db: this.#db, project: this.#identity().id, now });
    return createRolloutWatch({
      readTraffic: (rollout) => meterOf(env, this.#identity().id, rollout).read(),
      sendProbe: (rollout, probe) => {
        const { id: project, slug } = this.#identity();
        return sendProbe({ project, rollout, url: channelUrl(this.#apps, slug, PRODUCTION) }, probe);
      },
      newId: uuidv7,
      claimDue: () => this.#transact((now) => claimDue(scene(now))),
      // Unless the project was purged meanwhile.
      step: (id, totals, probeId) =>
        this.#exists ? this.#transact((now) => stepRollout(scene(now), { id, totals, probeId })) : null,
      schedule: () => this.#schedule(),
    });
  }

  async #flip(
    request: RequestKey | null,
    change: (project: ProjectId, now: number) => ReturnType<typeof promote>,
  ): Promise<Outcome<Flip>> {
    return this.#change(request, (now, { id, slug }) => {
      const flipped = change(id, now);
      if (!flipped.ok) return flipped;
      return ok({ ...flipped.value, url: channelUrl(this.#apps, slug, flipped.value.route.channel) });
    });
  }

  /** What somebody asks for: done once per key, and refused while the project is deleted. */
  #change<T>(request: RequestKey | null, change: (now: number, self: Identity) => Outcome<T>): Promise<Outcome<T>> {
    return this.#changeAny(request, (now, self) => {
      const refusal = refuseDeleted(self);
      return refusal ? err(refusal) : change(now, self);
    });
  }

  /** Also of a project that is deleted. */
  async #changeAny<T>(
    request: RequestKey | null,
    change: (now: number, self: Identity) => Outcome<T>,
  ): Promise<Outcome<T>> {
    const outcome = this.#transact((now) =>
      once<T>(this.#db, request, isoTime(now), () => change(now, this.#identity())),
    );
    await this.#schedule();
    return outcome;
  }

  /** Called right after a transaction, without an await between: the alarm is then written together with its rows. */
  async #schedule(): Promise<void> {
    if (!this.#exists) return;
    const times = [this.#deliveries.nextStartAt(Date.now()), nextTickAt(this.#db)].filter((time) => time !== null);
    if (times.length > 0) await this.ctx.storage.setAlarm(Math.min(...times));
  }

  #transact<T>(change: (now: number) => T extends Promise<unknown> ? never : T): T {
    const now = Date.now();
    return transact<T>(this.ctx.storage, () => change(now));
  }

  #findIdentity(): Identity | null {
    return this.#exists ? findIdentity(this.#db) : null;
  }

  #announcement(now: number): Announcement {
    return { project: this.#identity().id, now, graceMs: this.#sweepGraceMs };
  }

  #identity(): Identity {
    const self = this.#findIdentity();
    if (!self) throw new Error("this Project object was never created");
    return self;
  }

  #vault({ id: project }: Identity): Vault {
    return { project, keys: this.#envKeys };
  }

  #viewOf(changed: Outcome<DeploymentRow>): Outcome<Deployment> {
    return changed.ok ? ok(this.#view(changed.value)) : changed;
  }

  #view(row: DeploymentRow): Deployment {
    const { id, slug } = this.#identity();
    return toDeployment(row, id, channelUrl(this.#apps, slug, row.channel));
  }
}

function attempt(work: string, project: ProjectId, perform: () => void): void {
  try {
    perform();
  } catch (error) {
    console.error(JSON.stringify({ event: "alarm.failed", work, project, error: String(error) }));
  }
}

function runOf(env: Env, deployment: DeploymentId) {
  return env.BUILD_RUN.get(env.BUILD_RUN.idFromName(deployment));
}

function sweeperOf(env: Env, project: ProjectId) {
  return env.SWEEPER.get(env.SWEEPER.idFromName(project));
}

function senderOf(env: Env, project: ProjectId) {
  return env.WEBHOOK_SENDER.get(env.WEBHOOK_SENDER.idFromName(project));
}

function meterOf(env: Env, project: ProjectId, rollout: RolloutId) {
  return env.TRAFFIC_METER.get(env.TRAFFIC_METER.idFromName(trafficMeterName(project, rollout)));
}

function isoTime(now: number): string {
  return new Date(now).toISOString();
}
