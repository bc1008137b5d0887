/** The model-based test can fail: of a project that is broken on purpose it finds a history, makes it small, and finds it again. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { BrokenRegister } from "../support/fault-orders.ts";
import { type FaultWorld, startFaultWorld } from "./fault-world.ts";
import { checkHistories } from "./histories.ts";
import { openPlaces } from "./history-place.ts";

const SEED = 20_261_123;

let world: FaultWorld;

beforeAll(async () => {
  world = await startFaultWorld();
}, 60_000);
afterAll(() => world.close());

describe.each<{ register: BrokenRegister }>([{ register: "doubled" }, { register: "lost" }])(
  "rollbacks that are $register",
  ({ register }) => {
    it("are found, by the smallest history there is, which is found again", { timeout: 180_000 }, async () => {
      const nextPlace = await openPlaces(world, register);
      const { project } = await nextPlace();
      await world.order({ project, register });
      const { failure } = await checkHistories(nextPlace, { seed: SEED }, 200);
      expect(failure?.violations).not.toEqual([]);
      expect(failure?.script.map(({ command }) => command.kind)).toEqual(["rollback"]);
      const again = failure?.again ?? { seed: 0 };
      expect(again.path?.split(":").length).toBeGreaterThan(1);
      expect((await checkHistories(nextPlace, again, 1)).failure?.script).toEqual(failure?.script);
    });
  },
);
