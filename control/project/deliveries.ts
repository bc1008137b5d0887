import type { ProjectId } from "../../schema/ids.ts";
import type { Database } from "./database.ts";
import { deliver, type Stores } from "./deliver.ts";
import { dueEntries, nextDueAt, type OutboxEntry } from "./outbox.ts";
import type { OutboxKind } from "./outbox-plan.ts";

/** While something is under way its object is woken so often, in case that it was dropped before the end of it. */
const LOOK_AGAIN_MS = 5_000;

/**
 * What is on its way from the outbox to its stores: side by side, one delivery per key, and nobody waits for it, so that a
 * store that hangs delays nothing else. Only memory knows of it: an object that was dropped meanwhile delivers it again.
 */
export class Deliveries {
  readonly #underWay = new Map<string, OutboxKind>();
  readonly #db: Database;
  readonly #stores: Stores;
  readonly #onEnd: (entry: OutboxEntry, delivered: boolean) => Promise<void>;

  /** @param onEnd settles the entry, and starts what is due by then */
  constructor(db: Database, stores: Stores, onEnd: (entry: OutboxEntry, delivered: boolean) => Promise<void>) {
    this.#db = db;
    this.#stores = stores;
    this.#onEnd = onEnd;
  }

  /** Starts what is due. */
  start(project: ProjectId, now: number): void {
    for (const entry of dueEntries(this.#db, this.#underWay, now)) {
      this.#underWay.set(entry.key, entry.kind);
      void this.#bring(project, entry);
    }
  }

  /** When to start again, whatever ends before; null: there is nothing to deliver. */
  nextStartAt(now: number): number | null {
    const due = nextDueAt(this.#db, this.#underWay);
    return this.#underWay.size === 0 ? due : Math.min(due ?? Number.POSITIVE_INFINITY, now + LOOK_AGAIN_MS);
  }

  async #bring(project: ProjectId, entry: OutboxEntry): Promise<void> {
    const delivered = await deliver(this.#stores, project, entry);
    this.#underWay.delete(entry.key);
    try {
      await this.#onEnd(entry, delivered);
    } catch (error) {
      // It is still in the outbox: the next start delivers it again.
      console.error(JSON.stringify({ event: "outbox.error", project, key: entry.key, error: String(error) }));
    }
  }
}
