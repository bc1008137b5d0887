/**
 * The `Sweeper` object: one per project, named by its id, so that the work on R2 never delays a transaction or an alarm of
 * `Project`. The alarm does steps for a while, stores where the run stands after each, and sets itself again.
 */
import { DurableObject } from "cloudflare:workers";
import type { Actor } from "../../schema/actor.ts";
import type { SweepState } from "../../schema/contracts/retention.ts";
import type { ProjectId } from "../../schema/ids.ts";
import { type Env, readSettings } from "../env.ts";
import { createObjectStore } from "../object-store.ts";
import { within } from "../within.ts";
import { Marks } from "./marks.ts";
import { SweepLife, type SweepPorts } from "./sweep.ts";
import { firstRun, lastOf, retryMs, type SweepRun } from "./sweep-run.ts";

/** An alarm ends by then: the platform gives one 15 minutes. */
const ALARM_MS = 20_000;
/** A step that takes longer hangs. A page of a list with its deletes takes about a second. */
const STEP_TIMEOUT_MS = 120_000;

export class Sweeper extends DurableObject<Env> {
  readonly #marks: Marks;
  readonly #ports: Omit<SweepPorts, "project">;
  #life: SweepLife | null = null;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    this.#marks = new Marks(ctx.storage.sql);
    this.#ports = {
      store: createObjectStore(env.BUNDLES),
      marks: this.#marks,
      pause: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
      quarantineMs: readSettings(env).sweeps.quarantineMs,
    };
  }

  /** Starts a sweep, or joins the one that runs. */
  async start(project: ProjectId, actor: Actor): Promise<SweepState> {
    if (!this.#run) {
      this.#marks.create();
      this.#save(firstRun(project, actor, isoTime()));
    }
    await this.ctx.storage.setAlarm(Date.now());
    return this.#state();
  }

  async state(): Promise<SweepState> {
    return this.#state();
  }

  /** The project is gone, with all that there was to sweep. */
  async forget(): Promise<void> {
    this.#life?.abandon();
    this.#life = null;
    await this.ctx.storage.deleteAll();
  }

  override async alarm(): Promise<void> {
    const until = Date.now() + ALARM_MS;
    let run = this.#run;
    do {
      run = run && (await this.#advance(run));
    } while (run?.errors === 0 && Date.now() < until);
    if (run) await this.ctx.storage.setAlarm(Date.now() + (run.errors === 0 ? 0 : retryMs(run.errors)));
  }

  /** One step, and what comes of it stored. @returns null when the sweep is over */
  async #advance(run: SweepRun): Promise<SweepRun | null> {
    try {
      const next = await this.#step(run);
      if (!this.#run) return null;
      if (next) return this.#save({ ...next, errors: 0 });
      this.ctx.storage.kv.put("last", lastOf(run, isoTime()));
      this.ctx.storage.kv.delete("run");
      return null;
    } catch (error) {
      this.#life?.abandon();
      this.#life = null;
      if (!this.#run) return null;
      const { project, stage } = run;
      console.error(JSON.stringify({ event: "sweep.error", project, stage: stage.name, error: String(error) }));
      return this.#save({ ...run, errors: run.errors + 1 });
    }
  }

  async #step(run: SweepRun): Promise<SweepRun | null> {
    const project = this.env.PROJECT.get(this.env.PROJECT.idFromName(run.project));
    this.#life ??= await SweepLife.begin({ ...this.#ports, project });
    return within(STEP_TIMEOUT_MS, this.#life.step(run));
  }

  #state(): SweepState {
    return { running: this.#run !== null, last: this.ctx.storage.kv.get<SweepState["last"]>("last") ?? null };
  }

  get #run(): SweepRun | null {
    return this.ctx.storage.kv.get<SweepRun>("run") ?? null;
  }

  #save(run: SweepRun): SweepRun {
    this.ctx.storage.kv.put("run", run);
    return run;
  }
}

function isoTime(): string {
  return new Date().toISOString();
}
