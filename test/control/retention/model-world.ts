/**
 * A project, its storage and its sweeper in memory, so that every message and every effect between them is a moment which a
 * scheduler may put anywhere. The rows are real SQLite under the real code of `Project`, the sweeper is the real one; what is
 * modelled is R2, and the way of a message: it is sent, it takes effect, its answer arrives, each at a moment of its own.
 */
import { drizzle } from "drizzle-orm/durable-sqlite";
import type { ListedObject } from "../../../control/object-store.ts";
import * as condemning from "../../../control/project/condemn.ts";
import type { Database } from "../../../control/project/database.ts";
import type { SweepPorts, SweptProject } from "../../../control/retention/sweep.ts";
import { DEFAULT_SETTINGS } from "../../../schema/contracts/project-settings.ts";
import type { Digest } from "../../../schema/digest.ts";
import { blobKey, manifestKey, sourceKey } from "../../../schema/keys.ts";
import { deployments, identity, sources } from "../../../schema/project/tables.ts";
import { PROJECT, SLUG } from "../../support/plain-samples.ts";
import { createProjectStorage } from "../../support/sqlite-storage.ts";

/** Where the scheduler decides who goes on. */
export type Hop = (label: string) => Promise<void>;

type Stored = { readonly text: string; readonly uploadedAt: number };

export class ModelWorld {
  readonly db: Database;
  readonly bucket = new Map<string, Stored>();
  readonly hop: Hop;
  readonly graceMs: number;
  readonly #storage = createProjectStorage();
  readonly #removals = new Set<Promise<unknown>>();
  /** How many moments the next puts and removals take to have their effect, round and round. */
  readonly #delays: readonly number[];
  #effects = 0;
  #now = Date.UTC(2026, 10, 23, 12);

  constructor(hop: Hop, { graceMs, delays }: { readonly graceMs: number; readonly delays: readonly number[] }) {
    this.hop = hop;
    this.graceMs = graceMs;
    this.#delays = delays;
    this.db = drizzle(this.#storage, { casing: "snake_case" });
    // Canaries are kept like what is live: here every deployment goes to everybody at once.
    const settings = { ...DEFAULT_SETTINGS, canary: "skip" } as const;
    this.db.insert(identity).values({ id: PROJECT, slug: SLUG, settings }).run();
  }

  /** Never twice the same. */
  now(): number {
    this.#now += 1;
    return this.#now;
  }

  passTime(ms: number): void {
    this.#now += ms;
  }

  /** One call of `Project`: on its way, a transaction, its answer on its way. */
  async call<T>(label: string, change: (now: number) => T): Promise<T> {
    await this.hop(`> ${label}`);
    const result = this.#storage.transactionSync(() => change(this.now()));
    this.checkPromises(label);
    await this.hop(`< ${label}`);
    return result;
  }

  async put(key: string, text: string, onlyNew = false): Promise<void> {
    await this.#travel(`> put ${key}`);
    if (!onlyNew || !this.bucket.has(key)) this.bucket.set(key, { text, uploadedAt: this.now() });
    await this.hop(`< put ${key}`);
  }

  async get(key: string): Promise<string | null> {
    await this.hop(`> get ${key}`);
    const found = this.bucket.get(key)?.text ?? null;
    await this.hop(`< get ${key}`);
    return found;
  }

  /** What one life of the sweeper sees. A life that was killed sends nothing more, but what it sent still takes effect. */
  sweeperPorts(isDead: () => boolean, marks: SweepPorts["marks"]): SweepPorts {
    const { graceMs } = this;
    const alive = async <T>(send: () => Promise<T>): Promise<T> => {
      if (isDead()) return new Promise(() => undefined);
      const answer = await send();
      return isDead() ? new Promise(() => undefined) : answer;
    };
    const ask = <T>(label: string, change: (now: number) => T) => alive(() => this.call(label, change));
    const project: SweptProject = {
      takeSweep: () => ask("takeSweep", () => condemning.takeSweep(this.db)),
      openSweep: (fence, before, actor) =>
        ask("openSweep", (now) => condemning.openSweep(this.db, fence, { before, actor, graceMs, now })),
      keptBuilds: (after) => ask("keptBuilds", () => condemning.keptBuilds(this.db, after)),
      keptSources: (after) => ask("keptSources", () => condemning.keptSources(this.db, after)),
      condemn: (fence, listed) => ask("condemn", () => condemning.condemn(this.db, PROJECT, fence, listed, graceMs)),
      release: (fence, keys) => ask("release", () => condemning.release(this.db, fence, keys)),
      endSweep: (fence, outcome, actor) =>
        ask("endSweep", (now) => condemning.endSweep(this.db, fence, { outcome, actor, graceMs, now })),
    };
    return {
      project,
      store: {
        open: (key) =>
          alive(async () => {
            const text = await this.get(key);
            return text === null ? null : new Blob([text]).stream();
          }),
        list: (prefix, after) => alive(() => this.#list(prefix, after)),
        remove: (keys) => alive(() => this.#remove(keys)),
      },
      marks,
      // That no call takes effect later is what the quarantine stands for.
      pause: async () => {
        await Promise.all([...this.#removals]);
      },
      quarantineMs: 60_000,
    };
  }

  async #travel(label: string): Promise<void> {
    const delay = this.#delays[this.#effects % Math.max(this.#delays.length, 1)] ?? 0;
    this.#effects += 1;
    for (let n = 0; n <= delay; n += 1) await this.hop(label);
  }

  async #list(prefix: string, after: string | null): Promise<{ objects: ListedObject[]; more: boolean }> {
    await this.hop(`> list ${prefix}`);
    // Small pages, so that a sweep has many steps.
    const keys = [...this.bucket.keys()]
      .filter((key) => key.startsWith(prefix) && key > (after ?? ""))
      .sort(byCodeUnit);
    const objects = keys.slice(0, 3).flatMap((key) => {
      const stored = this.bucket.get(key);
      return stored ? { key, size: stored.text.length, uploadedAt: stored.uploadedAt } : [];
    });
    await this.hop(`< list ${prefix}`);
    return { objects, more: keys.length > objects.length };
  }

  /** Each key at a moment of its own: a delete of many is not one effect. */
  async #remove(keys: readonly string[]): Promise<void> {
    const removal = Promise.all(
      keys.map(async (key) => {
        await this.#travel(`> remove ${key}`);
        this.bucket.delete(key);
        this.checkPromises(`remove ${key}`);
      }),
    );
    this.#removals.add(removal);
    await removal;
    this.#removals.delete(removal);
    await this.hop("< remove");
  }

  /** What must hold at every moment: what may go live is whole, what is called stored is stored. */
  checkPromises(at: string): void {
    const lost = new Set<string>();
    const need = (key: string) => {
      const stored = this.bucket.get(key);
      if (!stored) lost.add(key);
      return stored?.text ?? null;
    };
    const rows = (query: string) => this.#storage.sql.exec<{ sha: Digest }>(query).toArray();
    for (const { sha } of rows("SELECT DISTINCT build AS sha FROM deployments WHERE whole")) {
      for (const blob of blobsNamedBy(need(manifestKey(PROJECT, sha)))) need(blobKey(PROJECT, blob));
    }
    for (const { sha } of rows("SELECT sha FROM blobs WHERE stored")) need(blobKey(PROJECT, sha));
    for (const { sha } of rows("SELECT sha FROM sources WHERE stored")) {
      for (const blob of blobsNamedBy(need(sourceKey(PROJECT, sha)))) need(blobKey(PROJECT, blob));
    }
    if (lost.size > 0) throw new Error(`lost at ${at}: ${[...lost].join(", ")}`);
  }

  /** What is stored although nothing that is kept names it. */
  leftovers(): string[] {
    const needed = new Set<string>();
    const need = (key: string) => {
      needed.add(key);
      for (const sha of blobsNamedBy(this.bucket.get(key)?.text ?? null)) needed.add(blobKey(PROJECT, sha));
    };
    for (const { whole, build } of this.db.select().from(deployments).all()) {
      if (whole && build) need(manifestKey(PROJECT, build));
    }
    for (const { sha, stored } of this.db.select().from(sources).all()) if (stored) need(sourceKey(PROJECT, sha));
    return [...this.bucket.keys()].filter((key) => !needed.has(key));
  }
}

function byCodeUnit(a: string, b: string): number {
  return a < b ? -1 : 1;
}

const named = new Map<string, Digest[]>();

/** The blobs that a manifest or a list of files names. */
export function blobsNamedBy(text: string | null): Digest[] {
  if (text === null) return [];
  const known =
    named.get(text) ?? (JSON.parse(text) as { files: { sha256: Digest }[] }).files.map((file) => file.sha256);
  named.set(text, known);
  return known;
}
