/**
 * The `TrafficMeter` object: counts the visitors of one rollout. Routers tell it about once a second, control reads it. What
 * it has acknowledged is stored, but for the count of visitors, which is stored once a second: an eviction takes a second of
 * that at most, and those visitors count when they come again.
 */
import { DurableObject } from "cloudflare:workers";
import { TrafficBatch, type TrafficSink, type TrafficTotals } from "../../schema/contracts/traffic.ts";
import type { Env } from "../env.ts";
import { transact } from "../project/database.ts";
import { Counts } from "./counts.ts";
import { addVisitor, countVisitors, createSketch, type VisitorSketch } from "./visitor-sketch.ts";

const STORE_VISITORS_MS = 1_000;
/** A meter that control has not read for so long belongs to no rollout any more: it removes itself. */
const UNREAD_MS = 30 * 24 * 60 * 60_000;
const HOUR_MS = 60 * 60_000;

const NOTHING: TrafficTotals = { metrics: [], canaryVisitors: 0, integrityFailures: [], countedProbes: [] };

export class TrafficMeter extends DurableObject<Env> implements TrafficSink {
  #counts: Counts;
  #visitors: VisitorSketch;
  /** `forgotten`: routers still tell of a rollout that is over. */
  #state: "empty" | "counting" | "forgotten";
  #visitorsDueAt: number | null = null;
  #alarmSetAt = 0;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    this.#counts = new Counts(ctx.storage.sql);
    this.#state = this.#counts.exist() ? "counting" : "empty";
    this.#visitors = ctx.storage.kv.get<VisitorSketch>("visitors") ?? createSketch();
  }

  /** Told again, it changes nothing. */
  async record(batch: TrafficBatch): Promise<void> {
    if (this.#state === "forgotten") return;
    const facts = TrafficBatch.parse(batch);
    const isNew = this.#state === "empty";
    transact(this.ctx.storage, () => {
      if (isNew) this.#counts.create();
      this.#counts.add(facts);
    });
    this.#state = "counting";
    let changed = false;
    for (const visitor of facts.visitors) changed = addVisitor(this.#visitors, visitor) || changed;
    if (changed) this.#storeVisitorsSoon();
    if (isNew) await this.#expectReader();
  }

  async read(): Promise<TrafficTotals> {
    if (this.#state !== "counting") return NOTHING;
    await this.#expectReader();
    return {
      metrics: this.#counts.metrics(),
      canaryVisitors: countVisitors(this.#visitors),
      integrityFailures: this.#counts.integrityFailures(),
      countedProbes: this.#counts.countedProbes(),
    };
  }

  /** The rollout is over: nothing is kept, and what still comes is not counted. */
  async forget(): Promise<void> {
    await this.#removeAll("forgotten");
  }

  override async alarm(): Promise<void> {
    await this.#removeAll("empty");
  }

  async #removeAll(state: "empty" | "forgotten"): Promise<void> {
    this.#state = state;
    this.#counts = new Counts(this.ctx.storage.sql);
    this.#visitors = createSketch();
    this.#visitorsDueAt = null;
    await this.ctx.storage.deleteAlarm();
    await this.ctx.storage.deleteAll();
  }

  #storeVisitorsSoon(): void {
    if (this.#visitorsDueAt !== null) return;
    const dueAt = Date.now() + STORE_VISITORS_MS;
    this.#visitorsDueAt = dueAt;
    setTimeout(() => {
      // Unless all was removed meanwhile.
      if (this.#visitorsDueAt !== dueAt) return;
      this.#visitorsDueAt = null;
      this.ctx.storage.kv.put("visitors", this.#visitors);
    }, STORE_VISITORS_MS);
  }

  /** Once an hour at most: an alarm is a write. */
  async #expectReader(): Promise<void> {
    const now = Date.now();
    if (now < this.#alarmSetAt + HOUR_MS) return;
    this.#alarmSetAt = now;
    await this.ctx.storage.setAlarm(now + UNREAD_MS);
  }
}
