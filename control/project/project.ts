/**
 * The `Project` object: the authority on one project's deployments, routes, releases and events. Every change is one
 * transaction without an await; what other stores must learn of it leaves through the outbox, by the alarm.
 */
import { DurableObject } from "cloudflare:workers";
import type { Flip, Promote, Release, Rollback } from "../../schema/contracts/channels.ts";
import type { CreateDeployment, Deployment } from "../../schema/contracts/deployments.ts";
import type { ListEvents, ProjectEvent } from "../../schema/contracts/events.ts";
import type { RouteAnswer, RouteSource } from "../../schema/contracts/route-lookup.ts";
import type { UpdateWebhook, Webhook } from "../../schema/contracts/webhooks.ts";
import type { Digest } from "../../schema/digest.ts";
import { appHostname, type Channel, PRODUCTION, readHost, type Slug } from "../../schema/hostname.ts";
import type { DeploymentId, ProjectId, WebhookId } from "../../schema/ids.ts";
import { hostKey } from "../../schema/keys.ts";
import type { DeploymentPhase, FailureReason } from "../../schema/lifecycle.ts";
import { identity } from "../../schema/project/tables.ts";
import { err, ok, type Result } from "../../schema/result.ts";
import type { HostRecord, RouteRecord } from "../../schema/route-record.ts";
import { type AppsUrl, channelUrl } from "../apps-url.ts";
import { createDirectory } from "../directory/directory.ts";
import { type Env, readSettings } from "../env.ts";
import { type Database, migrateDatabase, openDatabase, transact } from "./database.ts";
import { deliver, type Stores } from "./deliver.ts";
import {
  type DeploymentQuery,
  type DeploymentRow,
  findDeployment,
  inProgressOn,
  listDeployments,
  toDeployment,
} from "./deployment-rows.ts";
import { once, type RequestKey } from "./idempotency.ts";
import { readEvents, recordEvent } from "./journal.ts";
import { dueEntries, enqueue, nextDueAt, settle } from "./outbox.ts";
import * as progress from "./progress.ts";
import { promote, rollBack } from "./promote.ts";
import type { Refusal } from "./promote-gate.ts";
import { findRoute, listReleases, listRoutes, toRelease } from "./registry.ts";
import { findBlobs, hasSource, recordBlobs, recordSource } from "./stored-blobs.ts";
import * as webhooks from "./webhooks.ts";

type Outcome<T> = Result<T, Refusal>;
type NewDeployment = CreateDeployment & { readonly id: DeploymentId; readonly env: Digest };

export class Project extends DurableObject<Env> implements RouteSource {
  readonly #db: Database;
  readonly #apps: AppsUrl;
  readonly #stores: Stores;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    this.#db = openDatabase(ctx.storage);
    this.#apps = readSettings(env).apps;
    this.#stores = {
      putCopy: (key, value) => env.REGISTRY.put(key, value),
      indexDeployment: createDirectory(env.DIRECTORY).indexDeployment,
      startBuild: (request) => env.BUILD_RUN.get(env.BUILD_RUN.idFromName(request.deployment)).start(request),
    };
    void ctx.blockConcurrencyWhile(async () => {
      await migrateDatabase(this.#db);
      await this.#schedule();
    });
  }

  /** Says which project this object is. The caller makes it known to others only afterwards. */
  async create(project: { id: ProjectId; slug: Slug; name: string }, actor: string): Promise<void> {
    const { id, slug, name } = project;
    this.#transact((now) => {
      if (this.#db.select().from(identity).get()) return;
      this.#db.insert(identity).values({ id, slug, name }).run();
      recordEvent(this.#db, { at: isoTime(now), type: "project.created", actor, data: { slug, name } });
    });
  }

  /** The directory holds this project now: tell the edge its host name. May be repeated. */
  async announce(): Promise<void> {
    this.#transact((now) => this.#announce(now));
    await this.#schedule();
  }

  /** The sizes, in bytes, of those of the blobs that are stored. */
  async findBlobs(shas: Digest[]): Promise<Map<Digest, number>> {
    return findBlobs(this.#db, shas);
  }

  /** The caller has seen these blobs stored whole. */
  async recordBlobs(stored: { sha: Digest; size: number }[]): Promise<void> {
    this.#transact(() => recordBlobs(this.#db, stored));
  }

  /** The caller has stored this source's list, and all its blobs are recorded. */
  async recordSource(source: { sha: Digest; files: number; bytes: number }, actor: string): Promise<void> {
    this.#transact((now) => recordSource(this.#db, source, actor, isoTime(now)));
  }

  async createDeployment(
    input: NewDeployment,
    request: RequestKey | null,
    actor: string,
  ): Promise<Outcome<Deployment>> {
    const outcome = this.#transact((now) =>
      once<Deployment>(this.#db, request, isoTime(now), () => {
        if (!hasSource(this.#db, input.source)) {
          const detail = "Send the file list and its blobs first: POST /v1/projects/:project/sources.";
          return err({ code: "source_not_found", detail });
        }
        // Once more, for the case that the project's creation was cut short before it was announced.
        this.#announce(now);
        const { id } = this.#identity();
        return ok(this.#view(progress.addDeployment(this.#db, id, { ...input, createdBy: actor }, now)));
      }),
    );
    await this.#schedule();
    return outcome;
  }

  async getDeployment(id: DeploymentId): Promise<Deployment | null> {
    const row = findDeployment(this.#db, id);
    return row && this.#view(row);
  }

  async listDeployments(query: DeploymentQuery): Promise<Deployment[]> {
    return listDeployments(this.#db, query).map((row) => this.#view(row));
  }

  async enterPhase(id: DeploymentId, phase: DeploymentPhase): Promise<void> {
    this.#transact((now) => progress.enterPhase(this.#db, id, phase, now));
  }

  async beginBuild(id: DeploymentId, inputs: Digest): Promise<progress.BuildStart> {
    const start = this.#transact((now) => progress.beginBuild(this.#db, this.#identity().id, id, inputs, now));
    await this.#schedule();
    return start;
  }

  async markBuilt(id: DeploymentId, bundle: progress.BuiltBundle): Promise<void> {
    this.#transact((now) => progress.markBuilt(this.#db, id, bundle, now));
  }

  async markUploading(id: DeploymentId): Promise<void> {
    this.#transact((now) => progress.markUploading(this.#db, id, now));
  }

  async publish(id: DeploymentId, verified: progress.VerifiedBundle): Promise<void> {
    this.#transact((now) => progress.publish(this.#db, this.#identity().id, id, verified, now));
    await this.#schedule();
  }

  async fail(id: DeploymentId, reason: FailureReason, detail: string): Promise<void> {
    this.#transact((now) => progress.fail(this.#db, this.#identity().id, id, reason, detail, now));
    await this.#schedule();
  }

  async promote(channel: Channel, wish: Promote, request: RequestKey | null, actor: string): Promise<Outcome<Flip>> {
    return this.#flip(request, (project, now) => promote(this.#db, { project, channel, wish, actor, now }));
  }

  async rollback(channel: Channel, wish: Rollback, request: RequestKey | null, actor: string): Promise<Outcome<Flip>> {
    return this.#flip(request, (project, now) => rollBack(this.#db, { project, channel, wish, actor, now }));
  }

  async getRoute(channel: Channel): Promise<RouteRecord | null> {
    return findRoute(this.#db, channel)?.record ?? null;
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
    actor: string,
  ): Promise<Outcome<Webhook>> {
    return this.#transact((now) =>
      once<Webhook>(this.#db, request, isoTime(now), () => webhooks.addWebhook(this.#db, fields, { actor, now })),
    );
  }

  async getWebhook(id: WebhookId): Promise<Outcome<Webhook>> {
    return webhooks.getWebhook(this.#db, id);
  }

  /** Oldest first. */
  async listWebhooks(query: { after: WebhookId | undefined; limit: number }): Promise<Webhook[]> {
    return webhooks.listWebhooks(this.#db, query);
  }

  async updateWebhook(id: WebhookId, change: UpdateWebhook, actor: string): Promise<Outcome<Webhook>> {
    return this.#transact((now) => webhooks.updateWebhook(this.#db, id, change, { actor, now }));
  }

  /** @returns also the `rotation` that made it so: another one than the caller's when the request is a repetition */
  async rotateWebhook(
    id: WebhookId,
    { secret, rotation }: { secret: string; rotation: string },
    request: RequestKey | null,
    actor: string,
  ): Promise<Outcome<{ webhook: Webhook; rotation: string }>> {
    return this.#transact((now) =>
      once<{ webhook: Webhook; rotation: string }>(this.#db, request, isoTime(now), () => {
        const rotated = webhooks.rotateSecret(this.#db, id, secret, { actor, now });
        return rotated.ok ? ok({ webhook: rotated.value, rotation }) : rotated;
      }),
    );
  }

  async deleteWebhook(id: WebhookId, actor: string): Promise<Outcome<null>> {
    return this.#transact((now) => webhooks.deleteWebhook(this.#db, id, { actor, now }));
  }

  async listEvents(query: ListEvents): Promise<ProjectEvent[]> {
    return readEvents(this.#db, query);
  }

  async lookupRoute(hostname: string, channel: Channel): Promise<RouteAnswer> {
    const self = this.#db.select().from(identity).get();
    const host = readHost(hostname, this.#apps.domain);
    if (!self || host.kind !== "app" || host.slug !== self.slug || host.channel !== channel)
      return { kind: "not_owned" };
    const route = findRoute(this.#db, channel);
    if (route) return { kind: "route", record: route.record };
    return { kind: "empty", building: inProgressOn(this.#db, channel).length > 0 };
  }

  /** Delivers what is due, side by side: one store that hangs keeps nothing else waiting. */
  override async alarm(): Promise<void> {
    const { id } = this.#identity();
    await Promise.all(
      dueEntries(this.#db, Date.now()).map(async (entry) => {
        const delivered = await deliver(this.#stores, id, entry);
        this.#transact((now) => settle(this.#db, entry, delivered, now));
      }),
    );
    await this.#schedule();
  }

  async #flip(
    request: RequestKey | null,
    change: (project: ProjectId, now: number) => ReturnType<typeof promote>,
  ): Promise<Outcome<Flip>> {
    const outcome = this.#transact((now) =>
      once<Flip>(this.#db, request, isoTime(now), () => {
        const { id, slug } = this.#identity();
        const flipped = change(id, now);
        if (!flipped.ok) return flipped;
        return ok({ ...flipped.value, url: channelUrl(this.#apps, slug, flipped.value.route.channel) });
      }),
    );
    await this.#schedule();
    return outcome;
  }

  /** Called right after a transaction, without an await between: the alarm is then written together with its rows. */
  async #schedule(): Promise<void> {
    const due = nextDueAt(this.#db);
    if (due !== null) await this.ctx.storage.setAlarm(due);
  }

  #transact<T>(change: (now: number) => T extends Promise<unknown> ? never : T): T {
    const now = Date.now();
    return transact<T>(this.ctx.storage, () => change(now));
  }

  #announce(now: number): void {
    const { id, slug } = this.#identity();
    const record: HostRecord = { version: 1, project: id };
    enqueue(this.#db, "kv", hostKey(appHostname(slug, PRODUCTION, this.#apps.domain)), record, now);
  }

  #identity(): { id: ProjectId; slug: Slug } {
    const self = this.#db.select().from(identity).get();
    if (!self) throw new Error("this Project object was never created");
    return self;
  }

  #view(row: DeploymentRow): Deployment {
    const { id, slug } = this.#identity();
    return toDeployment(row, id, channelUrl(this.#apps, slug, row.channel));
  }
}

function isoTime(now: number): string {
  return new Date(now).toISOString();
}
