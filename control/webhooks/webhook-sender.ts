/**
 * The `WebhookSender` object: brings one project's events to its receivers. It stands apart from `Project`, so that a receiver who hangs,
 * floods or lies never delays a flip or a build. It keeps what it sent and how that went; who the receivers are and what secrets sign,
 * it asks `Project` before every attempt.
 */
import { DurableObject } from "cloudflare:workers";
import { migrate } from "drizzle-orm/durable-sqlite/migrator";
import type { Delivery, DeliveryAttempt } from "../../schema/contracts/webhooks.ts";
import type { DeliveryId, ProjectId, WebhookId } from "../../schema/ids.ts";
import { err, ok, type Result } from "../../schema/result.ts";
import migrations from "../../schema/webhooks/migrations/migrations.js";
import { createResolver } from "../dns/resolver.ts";
import { type Env, readSettings } from "../env.ts";
import { type Database, isMigrated, openDatabase, transact } from "../project/database.ts";
import { once, type RequestKey } from "../project/idempotency.ts";
import type { Refusal } from "../project/promote-gate.ts";
import type { WebhookDispatch } from "../project/webhook-outbox.ts";
import type { Receiver } from "../project/webhooks.ts";
import { type Outcome, planStep, type Step, whySwitchOff } from "./attempt-plan.ts";
import { chooseNext } from "./choose-next.ts";
import { deliveryIdOf } from "./delivery-id.ts";
import * as rows from "./delivery-rows.ts";
import { postMessage } from "./post-message.ts";
import { refuseAddresses, refuseReceiver } from "./refuse-receiver.ts";
import { signedHeaders } from "./signed-headers.ts";

/** An attempt whose outcome is not known by then is lost and made again; it is well over by itself before. */
const LEASE_MS = 60_000;
/** What is due and has no place is looked at again, should the end of an attempt have been missed. */
const LOOK_AGAIN_MS = 5_000;

export class WebhookSender extends DurableObject<Env> {
  readonly #db: Database;
  readonly #refuses: (url: string) => Promise<string | null>;
  /** Whom something is being sent to, and what. */
  readonly #busy = new Map<WebhookId, { readonly failing: boolean; readonly delivery: DeliveryId }>();
  /** Whether there are tables: null before the first event, and once all is forgotten. */
  #ready: Promise<void> | null = null;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    this.#db = openDatabase(ctx.storage);
    const { rules, resolverUrl } = readSettings(env).webhooks;
    const resolve = createResolver((request) => fetch(request), resolverUrl);
    this.#refuses = async (url) => refuseReceiver(url, rules) ?? (await refuseAddresses(url, rules, resolve));
    if (!isMigrated(ctx.storage)) return;
    void ctx.blockConcurrencyWhile(async () => {
      await this.#open();
      await this.#schedule();
    });
  }

  /** Takes over an event for some webhooks. Told again, it changes nothing. */
  async accept({ message, webhooks }: WebhookDispatch): Promise<void> {
    const added = await Promise.all(
      webhooks.map(async (webhook) => ({ webhook, id: await deliveryIdOf(message.data.event, webhook) })),
    );
    await this.#open();
    this.ctx.storage.kv.put("project", message.data.project);
    this.#transact((now) => {
      rows.addDeliveries(this.#db, message, added, now);
      rows.prune(this.#db, now);
    });
    await this.#work();
  }

  /** Newest first. */
  async listDeliveries(webhook: WebhookId, query: rows.DeliveryQuery): Promise<Delivery[]> {
    if (this.#ready === null) return [];
    return rows.listDeliveries(this.#db, webhook, query).map(rows.toDelivery);
  }

  /**
   * Sends a message once more, under its id and at once: with all its retries when it was over, else ahead of its time.
   * @param refusal why nothing new is sent for this project; a repeated request has its first answer all the same
   */
  async redeliver(
    webhook: WebhookId,
    id: DeliveryId,
    request: RequestKey | null,
    refusal: Refusal | null,
  ): Promise<Result<Delivery, Refusal>> {
    const absent = err({
      code: "delivery_not_found",
      detail: `This webhook has no delivery "${id}" (any more).`,
    } as const);
    if (this.#ready === null) return absent;
    const outcome = this.#transact((now) =>
      once<Delivery>(this.#db, request, new Date(now).toISOString(), () => {
        if (refusal) return err(refusal);
        const row = rows.findDelivery(this.#db, id);
        if (row?.webhook !== webhook) return absent;
        // An attempt that goes on is what was asked for.
        if (this.#busy.get(webhook)?.delivery === id) return ok(rows.toDelivery(row));
        const again = rows.startAgain(row, now);
        rows.patchDelivery(this.#db, id, again);
        return ok(rows.toDelivery(again));
      }),
    );
    await this.#work();
    return outcome;
  }

  /** The project is gone: nothing more is sent, nothing is kept. */
  async forget(): Promise<void> {
    this.#ready = null;
    await this.ctx.storage.deleteAlarm();
    await this.ctx.storage.deleteAll();
  }

  override async alarm(): Promise<void> {
    if (this.#ready === null) return;
    this.#transact((now) => rows.prune(this.#db, now));
    await this.#work();
  }

  /** Starts what is due, side by side, and waits for none of it: the alarm is free for what falls due meanwhile. */
  async #work(): Promise<void> {
    const started = this.#transact((now) => {
      const candidates = rows.dueReceivers(this.#db, now).filter(({ webhook }) => !this.#busy.has(webhook));
      return chooseNext(candidates, [...this.#busy.values()]).flatMap(({ webhook, failing }) => {
        const row = rows.nextTurn(this.#db, webhook);
        if (!row) return [];
        rows.patchDelivery(this.#db, row.id, { nextAttemptAt: now + LEASE_MS });
        return [{ row, failing }];
      });
    });
    for (const { row, failing } of started) {
      this.#busy.set(row.webhook, { failing, delivery: row.id });
      void this.#run(row);
    }
    await this.#schedule();
  }

  async #run(row: rows.DeliveryRow): Promise<void> {
    try {
      await this.#attempt(row);
    } catch (error) {
      // Of our own making: the attempt is made again when its lease ends.
      console.error(JSON.stringify({ event: "webhook.error", delivery: row.id, error: String(error) }));
    }
    this.#busy.delete(row.webhook);
    if (this.#ready !== null) await this.#work();
  }

  async #attempt(row: rows.DeliveryRow): Promise<void> {
    const project = this.#project();
    if (!project) return;
    const startedAt = Date.now();
    const receiver = await project.findReceiver(row.webhook);
    if (!receiver) {
      this.#record(row, () => rows.dropPending(this.#db, row.webhook, startedAt));
      return;
    }
    const outcome = await this.#send(receiver, row);
    const now = Date.now();
    const step = planStep(outcome, row.tries + 1, now, Math.random());
    const failingSince =
      step.kind === "delivered" ? null : (rows.failingSince(this.#db, row.webhook, receiver.activeSince) ?? startedAt);
    const reason = step.kind === "failed" && failingSince !== null ? whySwitchOff(outcome, failingSince, now) : null;
    // Before the outcome is kept: if this is cut short, the attempt is made again and says the same.
    if (reason !== null) await project.switchOffWebhook(row.webhook, receiver.url, reason);
    this.#record(row, (held) => {
      const attempt = toAttempt(outcome, step, startedAt, now);
      rows.patchDelivery(this.#db, row.id, rows.afterStep(held, step, attempt));
      rows.setFailingSince(this.#db, row.webhook, failingSince);
    });
  }

  async #send({ url, secrets }: Receiver, { id, body }: rows.DeliveryRow): Promise<Outcome> {
    const error = await this.#refuses(url);
    if (error !== null) return { kind: "unanswered", error };
    const headers = signedHeaders({ id, body, secrets, now: Date.now() });
    return postMessage((to, init) => fetch(to, init), { id, url, headers, body });
  }

  /** Unless it was forgotten meanwhile. */
  #record(row: rows.DeliveryRow, change: (held: rows.DeliveryRow) => void): void {
    if (this.#ready === null) return;
    this.#transact(() => {
      const held = rows.findDelivery(this.#db, row.id);
      if (held) change(held);
    });
  }

  /** Whose sender this is: null once all is forgotten. */
  #project() {
    const id = this.ctx.storage.kv.get<ProjectId>("project");
    return id === undefined ? null : this.env.PROJECT.get(this.env.PROJECT.idFromName(id));
  }

  async #open(): Promise<void> {
    this.#ready ??= migrate(this.#db, migrations);
    await this.#ready;
  }

  async #schedule(): Promise<void> {
    const due = rows.nextDueAt(this.#db);
    const soonest = this.#busy.size > 0 ? Date.now() + LOOK_AGAIN_MS : 0;
    if (due !== null) await this.ctx.storage.setAlarm(Math.max(due, soonest));
  }

  #transact<T>(change: (now: number) => T extends Promise<unknown> ? never : T): T {
    const now = Date.now();
    return transact<T>(this.ctx.storage, () => change(now));
  }
}

function toAttempt(outcome: Outcome, step: Step, startedAt: number, now: number): DeliveryAttempt {
  return {
    at: new Date(startedAt).toISOString(),
    status: outcome.kind === "answered" ? outcome.status : null,
    error: step.kind === "delivered" ? null : step.error,
    durationMs: now - startedAt,
  };
}
