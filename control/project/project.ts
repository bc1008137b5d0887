/**
 * The `Project` object: the authority on one project's deployments, routes, releases and events. Every change is one
 * transaction without an await; what other stores must learn of it leaves through the outbox, by the alarm.
 */
import { DurableObject } from "cloudflare:workers";
import { inArray } from "drizzle-orm";
import type { Flip, Promote, Release, Rollback } from "../../schema/contracts/channels.ts";
import type { CreateDeployment, Deployment, ListDeployments } from "../../schema/contracts/deployments.ts";
import type { ProjectEvent } from "../../schema/contracts/events.ts";
import type { RouteAnswer, RouteSource } from "../../schema/contracts/route-lookup.ts";
import type { Digest } from "../../schema/digest.ts";
import { appHostname, type Channel, PRODUCTION, readHost, type Slug } from "../../schema/hostname.ts";
import type { DeploymentId, ProjectId } from "../../schema/ids.ts";
import { hostKey } from "../../schema/keys.ts";
import type { DeploymentPhase, FailureReason } from "../../schema/lifecycle.ts";
import { blobs, identity, sources } from "../../schema/project/tables.ts";
import { err, ok, type Result } from "../../schema/result.ts";
import type { RouteRecord } from "../../schema/route-record.ts";
import { type AppsUrl, channelUrl } from "../apps-url.ts";
import { createDirectory } from "../directory/directory.ts";
import { type Env, readSettings } from "../env.ts";
import { type Database, migrateDatabase, openDatabase, transact } from "./database.ts";
import { deliver, type Stores } from "./deliver.ts";
import { type DeploymentRow, findDeployment, inProgressOn, listDeployments, toDeployment } from "./deployment-rows.ts";
import { once, type RequestKey } from "./idempotency.ts";
import { readEvents, recordEvent } from "./journal.ts";
import { dueEntries, enqueue, nextDueAt, settle } from "./outbox.ts";
import {
  addDeployment,
  type BuildStart,
  type BuiltBundle,
  beginBuild,
  enterPhase,
  fail,
  markBuilt,
  markUploading,
  publish,
} from "./progress.ts";
import { canPromote, type Refusal } from "./promote-gate.ts";
import { findRelease, findRoute, flipTo, listReleases, toRelease } from "./registry.ts";

type Outcome<T> = Result<T, Refusal>;
type NewDeployment = CreateDeployment & { readonly id: DeploymentId; readonly env: Digest };

/** SQLite takes at most 100 bound parameters a statement in a Durable Object. */
const MAX_PARAMETERS = 90;

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
    this.#transact(() => {
      if (this.#db.select().from(identity).get()) return;
      this.#db.insert(identity).values({ id: project.id, slug: project.slug }).run();
      recordEvent(this.#db, {
        at: new Date().toISOString(),
        type: "project.created",
        actor,
        data: { slug: project.slug, name: project.name },
      });
    });
  }

  /** The directory holds this project now: tell the edge its host name. May be repeated. */
  async announce(): Promise<void> {
    this.#transact(() => {
      const { id, slug } = this.#identity();
      enqueue(
        this.#db,
        "kv",
        hostKey(appHostname(slug, PRODUCTION, this.#apps.domain)),
        { version: 1, project: id },
        Date.now(),
      );
    });
    await this.#schedule();
  }

  // ---- sources and blobs

  async missingBlobs(shas: Digest[]): Promise<Digest[]> {
    const known = new Set<Digest>();
    const wanted = [...new Set(shas)];
    for (let start = 0; start < wanted.length; start += MAX_PARAMETERS) {
      const part = wanted.slice(start, start + MAX_PARAMETERS);
      for (const { sha } of this.#db.select({ sha: blobs.sha }).from(blobs).where(inArray(blobs.sha, part)).all())
        known.add(sha);
    }
    return wanted.filter((sha) => !known.has(sha));
  }

  /** The caller has seen these blobs stored whole. */
  async recordBlobs(stored: { sha: Digest; size: number }[]): Promise<void> {
    this.#transact(() => {
      for (const blob of stored) this.#db.insert(blobs).values(blob).onConflictDoNothing().run();
    });
  }

  async recordSource(source: { sha: Digest; files: number; bytes: number }, actor: string): Promise<void> {
    this.#transact(() => {
      const at = new Date().toISOString();
      const added = this.#db
        .insert(sources)
        .values({ ...source, committedAt: at })
        .onConflictDoNothing()
        .returning()
        .get();
      if (added)
        recordEvent(this.#db, {
          at,
          type: "source.committed",
          actor,
          data: { source: source.sha, files: source.files },
        });
    });
  }

  // ---- deployments

  async createDeployment(
    input: NewDeployment,
    request: RequestKey | null,
    actor: string,
  ): Promise<Outcome<Deployment>> {
    const outcome = this.#transact(() => {
      const now = Date.now();
      return once<Deployment>(this.#db, request, new Date(now).toISOString(), () => {
        const { id: project } = this.#identity();
        const source = this.#db
          .select()
          .from(sources)
          .where(inArray(sources.sha, [input.source]))
          .get();
        if (!source) {
          return err({
            code: "source_not_found",
            detail: "Send the file list and its blobs first: POST /v1/projects/:project/sources.",
          });
        }
        return ok(this.#view(addDeployment(this.#db, project, { ...input, createdBy: actor }, now)));
      });
    });
    await this.#schedule();
    return outcome;
  }

  async getDeployment(id: DeploymentId): Promise<Deployment | null> {
    const row = findDeployment(this.#db, id);
    return row && this.#view(row);
  }

  async listDeployments(query: ListDeployments): Promise<Deployment[]> {
    return listDeployments(this.#db, query).map((row) => this.#view(row));
  }

  // ---- what a BuildRun tells; each may be told again

  async enterPhase(id: DeploymentId, phase: DeploymentPhase): Promise<void> {
    this.#transact(() => enterPhase(this.#db, id, phase, Date.now()));
  }

  async beginBuild(id: DeploymentId, inputs: Digest): Promise<BuildStart> {
    const start = this.#transact(() => beginBuild(this.#db, this.#identity().id, id, inputs, Date.now()));
    await this.#schedule();
    return start;
  }

  async markBuilt(id: DeploymentId, bundle: BuiltBundle): Promise<void> {
    this.#transact(() => markBuilt(this.#db, id, bundle, Date.now()));
  }

  async markUploading(id: DeploymentId): Promise<void> {
    this.#transact(() => markUploading(this.#db, id, Date.now()));
  }

  async publish(id: DeploymentId, uploaded: { blobs: number; bytes: number }): Promise<void> {
    this.#transact(() => publish(this.#db, this.#identity().id, id, uploaded, Date.now()));
    await this.#schedule();
  }

  async fail(id: DeploymentId, reason: FailureReason, detail: string): Promise<void> {
    this.#transact(() => fail(this.#db, this.#identity().id, id, reason, detail, Date.now()));
    await this.#schedule();
  }

  // ---- channels

  async promote(channel: Channel, wish: Promote, request: RequestKey | null, actor: string): Promise<Outcome<Flip>> {
    return this.#flip(request, (now) => {
      const row = findDeployment(this.#db, wish.deployment);
      if (!row) return err({ code: "deployment_not_found", detail: "This project has no such deployment." });
      const current = findRoute(this.#db, channel);
      const gate = canPromote(row, current?.record.rev ?? 0, { ...wish, channel });
      if (!gate.ok) return gate;
      if (gate.value === "already_live" && current) return ok(this.#flipView(false, current.record));
      const { id: project } = this.#identity();
      const flip = { project, deployment: row, kind: "promote", by: actor, reason: wish.reason ?? null, now } as const;
      return ok(this.#flipView(true, flipTo(this.#db, flip)));
    });
  }

  async rollback(channel: Channel, wish: Rollback, request: RequestKey | null, actor: string): Promise<Outcome<Flip>> {
    return this.#flip(request, (now) => {
      const current = findRoute(this.#db, channel);
      if (!current) return err({ code: "channel_not_found", detail: "Nothing has been live on this channel yet." });
      const back = findRelease(this.#db, current.release)?.back ?? null;
      const target = back === null ? null : findRelease(this.#db, back);
      const row = target && findDeployment(this.#db, target.deployment);
      if (!target || !row) {
        return err({
          code: "no_earlier_release",
          detail: "The live release is the channel's first. Promote a deployment instead.",
        });
      }
      const gate = canPromote(row, current.record.rev, {
        ...wish,
        channel,
        force: true,
        reason: wish.reason ?? "rollback",
      });
      if (!gate.ok) return gate;
      const { id: project } = this.#identity();
      const flip = {
        project,
        deployment: row,
        kind: "rollback",
        target,
        by: actor,
        reason: wish.reason ?? null,
        now,
      } as const;
      return ok(this.#flipView(true, flipTo(this.#db, flip)));
    });
  }

  async getRoute(channel: Channel): Promise<RouteRecord | null> {
    return findRoute(this.#db, channel)?.record ?? null;
  }

  async listReleases(channel: Channel, limit: number): Promise<Release[]> {
    return listReleases(this.#db, channel, limit).map(toRelease);
  }

  async listEvents(after: number, limit: number): Promise<ProjectEvent[]> {
    return readEvents(this.#db, after, limit);
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

  // ---- the outbox

  override async alarm(): Promise<void> {
    for (const entry of dueEntries(this.#db, Date.now())) {
      const delivered = await deliver(this.#stores, this.#identity().id, entry);
      this.#transact(() => settle(this.#db, entry, delivered, Date.now()));
    }
    await this.#schedule();
  }

  async #flip(request: RequestKey | null, change: (now: number) => Outcome<Flip>): Promise<Outcome<Flip>> {
    const outcome = this.#transact(() => {
      const now = Date.now();
      return once(this.#db, request, new Date(now).toISOString(), () => change(now));
    });
    await this.#schedule();
    return outcome;
  }

  /** Called right after a transaction, without an await between: the alarm is then written together with its rows. */
  async #schedule(): Promise<void> {
    const due = nextDueAt(this.#db);
    if (due !== null) await this.ctx.storage.setAlarm(due);
  }

  #transact<T>(change: () => T extends Promise<unknown> ? never : T): T {
    return transact(this.ctx.storage, change);
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

  #flipView(changed: boolean, route: RouteRecord): Flip {
    return { changed, route, url: channelUrl(this.#apps, this.#identity().slug, route.channel) };
  }
}
