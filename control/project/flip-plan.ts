/** What a promote or a rollback would change, said before it is done. Nothing is written. */
import type { FlipPlan, PlanFlip } from "../../schema/contracts/channels.ts";
import { EMPTY_ENV } from "../../schema/env-snapshot.ts";
import { environmentOf } from "../../schema/environment.ts";
import type { Channel } from "../../schema/hostname.ts";
import type { SnapshotEntry } from "../../schema/project/tables.ts";
import { err, ok, type Result } from "../../schema/result.ts";
import type { Database } from "./database.ts";
import { findDeployment } from "./deployment-rows.ts";
import { currentDigest, currentEntries, lostVariables, snapshotEntries } from "./env-snapshots.ts";
import type { Vault } from "./env-values.ts";
import { canPromote, type Refusal } from "./promote-gate.ts";
import { armOf, findOpenRoute, findRelease } from "./registry.ts";

/** Of the deployment that is named; without one, of a rollback. */
export function planFlip(
  db: Database,
  vault: Vault,
  channel: Channel,
  { deployment: id, env: choice }: PlanFlip,
): Result<FlipPlan, Refusal> {
  const route = findOpenRoute(db, channel);
  const back = id === undefined && route ? (findRelease(db, route.release)?.back ?? null) : null;
  const release = back === null ? null : findRelease(db, back);
  const target = id ?? release?.deployment;
  if (target === undefined) {
    const detail = "There is no release before the live one. Name a deployment to plan its promote.";
    return err({ code: "no_earlier_release", detail });
  }
  const row = findDeployment(db, target);
  if (!row) return err({ code: "deployment_not_found", detail: "This project has no such deployment." });
  // Whether it has to be forced is for the promote itself to say.
  const gate = canPromote(row, route?.rev ?? 0, { channel, force: true, reason: "plan" });
  if (!gate.ok) return gate;
  const arm = { ...armOf(row), ...(release && { env: release.env }) };
  const entries = choice === "current" ? currentEntries(db, environmentOf(channel)) : snapshotEntries(db, arm.env);
  const env = choice === "current" ? currentDigest(db, vault, environmentOf(channel)) : arm.env;
  if (env === null) return err(lostVariables(db, vault, entries));
  const from = route?.record.live ?? null;
  return ok({
    channel,
    rev: route?.rev ?? 0,
    from,
    to: { ...arm, env },
    sameBuild: from?.build === arm.build,
    env: diffEntries(snapshotEntries(db, from?.env ?? EMPTY_ENV), entries),
  });
}

/** By name. A value is told apart by its keyed digest: nothing is decrypted. */
export function diffEntries(before: readonly SnapshotEntry[], after: readonly SnapshotEntry[]): FlipPlan["env"] {
  const earlier = new Map(before.map((entry) => [entry.name, entry]));
  const later = new Set(after.map(({ name }) => name));
  const known = after.filter(({ name }) => earlier.has(name));
  return {
    added: after.filter(({ name }) => !earlier.has(name)).map(({ name }) => name),
    removed: before.filter(({ name }) => !later.has(name)).map(({ name }) => name),
    changed: known.filter(({ name, value }) => earlier.get(name)?.value !== value).map(({ name }) => name),
  };
}
