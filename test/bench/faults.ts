/**
 * How much was broken on purpose, and what came of it: the campaigns of test/faults at full size. Local simulators: KV is
 * immediate, there is one colo; the storage faults are a proxy's before the local S3 endpoint.
 */
import { tryBuilderKills } from "../faults/builder-kills.ts";
import { startBuilderWorld } from "../faults/builder-world.ts";
import { countKind, describeProblem, formatTable, type ProblemKind, type Row } from "../faults/campaign.ts";
import { tryCopyFaults } from "../faults/copy-faults.ts";
import { startFaultWorld } from "../faults/fault-world.ts";
import { tryHistories } from "../faults/histories.ts";
import { startMortalWorld } from "../faults/mortal-world.ts";
import { tryObjectCrashes } from "../faults/object-crashes.ts";
import { readFaultSettings } from "../faults/settings.ts";
import { type StorageResult, tryStorageFaults } from "../faults/storage-faults.ts";
import { trySweeps } from "../faults/sweeps.ts";
import { tryWorldKills } from "../faults/world-kills.ts";
import { seededRandom } from "../support/seeded-random.ts";
import type { Bench } from "./main.ts";
import { figure } from "./statistics.ts";

const HISTORIES = 500;
/** Of all crash points of the objects, and of all moments to kill the builder. */
const OBJECT_SHARE = 0.5;
const BUILDER_SHARE = 0.5;
const COPY_ROUNDS = 3;
const WORLD_KILLS = 10;
const DEPLOYS = { 1: 12, 10: 12, 30: 8 };

export const benchFaults: Bench = {
  about:
    "Objects, builders and the whole local world killed, copies and storage broken, and random histories of clients judged.\nLocal simulators on loopback: KV is immediate, one colo. FAULTS_SEED chooses other faults.",
  async run(say) {
    const settings = readFaultSettings(process.env);
    const rows: Row[] = [];
    const note = <R extends Row>(row: R): R => {
      rows.push(row);
      say(`${row.fault}: ${row.points} in ${row.seconds.toFixed(0)} s, ${row.problems.length} problems`);
      for (const problem of row.problems) say(describeProblem(problem));
      return row;
    };

    const faulty = await startFaultWorld();
    let histories: Row;
    let copies: Row;
    const crashes: Row[] = [];
    try {
      histories = note(await tryHistories(faulty, settings, HISTORIES));
      crashes.push(note(await tryObjectCrashes(faulty, settings, OBJECT_SHARE)));
      copies = note(await tryCopyFaults(faulty, settings, COPY_ROUNDS));
      note(await trySweeps(faulty, "objects died"));
    } finally {
      await faulty.close();
    }

    const building = await startBuilderWorld(seededRandom(settings.seed));
    const storage: StorageResult[] = [];
    try {
      for (const [percent, deploys] of Object.entries(DEPLOYS)) {
        storage.push(note(await tryStorageFaults(building, Number(percent), Math.ceil(deploys * settings.scale))));
      }
      crashes.push(note(await tryBuilderKills(building, settings, BUILDER_SHARE)));
      note(await trySweeps(building.target, "builders died"));
    } finally {
      await building.close();
    }

    const mortal = await startMortalWorld();
    try {
      crashes.push(note(await tryWorldKills(mortal, settings, WORLD_KILLS)));
      note(await trySweeps(mortal, "worlds died"));
    } finally {
      await mortal.close();
    }

    say(`\n${formatTable(rows)}\n`);
    const count = (kind: ProblemKind) => countKind(rows, kind);
    const [, at10, at30] = storage.map(({ live, deploys }) => figure(live / deploys));
    const total = (list: readonly Row[]) => list.reduce((sum, { points }) => sum + points, 0);
    return [
      { name: "crashPoints", value: total(crashes), unit: "", target: ">= 300" },
      { name: "tornDeployments", value: count("torn"), unit: "", target: "0" },
      { name: "lostAcknowledged", value: count("lost"), unit: "", target: "0" },
      { name: "stuckDeployments", value: count("stuck"), unit: "", target: "0" },
      { name: "disagreements", value: count("disagree"), unit: "", target: "0" },
      { name: "histories", value: histories.points, unit: "", target: ">= 500" },
      { name: "violations", value: count("order"), unit: "", target: "0" },
      { name: "duplicates", value: count("double"), unit: "", target: "0" },
      { name: "orphansAfterSweep", value: count("orphan"), unit: "", target: "0" },
      { name: "copiesAstray", value: copies.points, unit: "" },
      { name: "storageFaults", value: total(storage), unit: "" },
      { name: "deploysOkAt10PercentFaults", value: at10 ?? 0, unit: "", target: "1" },
      { name: "deploysOkAt30PercentFaults", value: at30 ?? 0, unit: "" },
      { name: "seconds", value: figure(rows.reduce((sum, { seconds }) => sum + seconds, 0)), unit: "s" },
    ];
  },
};
