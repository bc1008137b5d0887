/** Real deploys by the real builder through a storage that breaks a share of its requests. */
import { plainApp } from "../support/apps.ts";
import type { BuilderWorld } from "./builder-world.ts";
import { measure, type Problem, type Row } from "./campaign.ts";
import { checkEnd, checkInvariants } from "./invariants.ts";
import { deployTo, endOf, observe, openSite, watch } from "./site.ts";

/** More files than a page needs, so that a deploy makes some 30 requests. */
const FILES = 12;
/** Of a deploy whose storage does not come back: the platform's side, and said by name. */
const STORAGE_FAILURES = ["source_unreadable", "upload_failed", "verification_failed"] as const;

export type StorageResult = Row & { readonly deploys: number; readonly live: number; readonly injected: number };

export async function tryStorageFaults(world: BuilderWorld, percent: number, deploys: number): Promise<StorageResult> {
  const { storage } = world;
  let live = 0;
  let injected = 0;
  const row = await measure(`storage fails at ${percent} %`, async () => {
    const problems: Problem[] = [];
    const site = await openSite(world.target, world.bucket, `storage-${percent}`);
    await deployTo(site, plainApp("before", FILES));
    const before = total(storage.injected);
    for (let number = 1; number <= deploys; number += 1) {
      const where = `${percent} %, deploy ${number}`;
      const visitors = watch(site);
      storage.rate = percent / 100;
      const end = await endOf(deployTo(site, plainApp(`${percent} % ${number}`, FILES)));
      storage.rate = 0;
      if (end.deployment?.status === "live") live += 1;
      const seen = await observe(site, await visitors.stop());
      problems.push(...checkEnd(where, end, percent > 10 ? STORAGE_FAILURES : []), ...checkInvariants(where, seen));
    }
    injected = total(storage.injected) - before;
    if (storage.mismatches > 0)
      problems.push({ kind: "torn", where: `${percent} %`, text: "a write had other bytes than its hash" });
    return { points: injected, problems };
  });
  return { ...row, deploys, live, injected };
}

function total(injected: ReadonlyMap<string, number>): number {
  return [...injected.values()].reduce((sum, count) => sum + count, 0);
}
