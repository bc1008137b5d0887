/**
 * Sweeps against deploys, re-deploys, cancels, promotes, rollbacks and channel deletions, in orders that fast-check chooses: between
 * any two messages anything may happen, the sweeper may die, and what a dead one sent may still take effect. After every effect:
 * all that may go live is whole in storage, all that is called stored is stored.
 */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { condemned } from "../../../schema/project/tables.ts";
import { type Command, ModelSweeper, perform, type SourceNumber } from "./model-actors.ts";
import { ModelWorld } from "./model-world.ts";

const RUNS = Number(process.env.SWEEP_RUNS ?? 80);
const DAY_MS = 24 * 60 * 60_000;

const command: fc.Arbitrary<Command> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant("deploy" as const),
      source: fc.constantFrom<SourceNumber>(0, 1, 2),
      channel: fc.nat(2),
      fresh: fc.boolean(),
      cancelAfter: fc.option(fc.nat(40), { freq: 4 }),
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("promote" as const), nth: fc.nat(5) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("rollback" as const), channel: fc.nat(2) }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant("delete_channel" as const), channel: fc.nat(2) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("pass_time" as const), days: fc.constantFrom(0.1, 1, 31) }) },
);

const script = fc.record({
  lanes: fc.array(fc.array(command, { minLength: 1, maxLength: 5 }), { minLength: 1, maxLength: 3 }),
  sweeps: fc.integer({ min: 1, max: 4 }),
  /** After how many moments a life of the sweeper ends. */
  deaths: fc.array(fc.nat(60), { maxLength: 6 }),
  graceMs: fc.constantFrom(0, 0, 0, DAY_MS),
  delays: fc.array(fc.oneof(fc.constant(0), fc.nat(30)), { minLength: 1, maxLength: 7 }),
});
type Script = typeof script extends fc.Arbitrary<infer T> ? T : never;

async function play(s: fc.Scheduler, { lanes, sweeps, deaths, ...conditions }: Script): Promise<ModelWorld> {
  const world = new ModelWorld((label) => s.schedule(Promise.resolve(), label), conditions);
  const sweeper = new ModelSweeper(world);
  let isOver = false;
  const everything = Promise.all([
    ...lanes.map(async (commands) => {
      for (const each of commands) await perform(world, each);
    }),
    (async () => {
      for (let n = 0; n < sweeps; n += 1) await sweeper.sweep();
      isOver = true;
    })(),
    (async () => {
      for (const after of deaths) {
        for (let n = 0; n < after && !isOver; n += 1) await world.hop("the sweeper lives");
        sweeper.endLife();
      }
    })(),
  ]);
  await s.waitFor(everything);
  return world;
}

describe("sweeps at the same time as everything else", () => {
  it("lose nothing that is needed, leave nothing that is not", async () => {
    await fc.assert(
      fc.asyncProperty(fc.scheduler(), script, async (s, played) => {
        const world = await play(s, played);
        // What was sent by lives that ended lands; then all is quiet, and old enough.
        await s.waitIdle();
        world.passTime(40 * DAY_MS);
        await s.waitFor(new ModelSweeper(world).sweep());
        world.checkPromises("the end");
        expect(world.leftovers()).toEqual([]);
        expect(world.db.select().from(condemned).all()).toEqual([]);
      }),
      { numRuns: RUNS, endOnFailure: false },
    );
  }, 120_000);
});
