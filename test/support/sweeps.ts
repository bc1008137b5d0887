/** Sweeps by the API, and what storage must hold after one. */
import { setTimeout as sleep } from "node:timers/promises";
import { RetentionPlan, SweepState } from "../../schema/contracts/retention.ts";
import { ProjectId } from "../../schema/ids.ts";
import { keyOf, readKey, type StoredObject } from "../../schema/keys.ts";
import { type ApiTarget, callApi } from "./api-deploy.ts";
import type { HarnessWorld } from "./harness-world.ts";

export type SweptWorld = ApiTarget & Pick<HarnessWorld, "projectSql" | "listObjects" | "readObject">;

/** Nothing is protected by its age: what a sweep removes is whatever nobody refers to. */
export const WITHOUT_GRACE = { controlVars: { RETENTION_GRACE_SECONDS: "0", SWEEP_QUARANTINE_SECONDS: "1" } };

export async function readPlan(target: ApiTarget, project: string): Promise<RetentionPlan> {
  return RetentionPlan.parse(JSON.parse((await callApi(target, "GET", `/projects/${project}/retention/plan`)).text));
}

/** Starts a sweep, or joins the one that runs, and waits for its end. */
export async function sweep(target: ApiTarget, project: string): Promise<NonNullable<SweepState["last"]>> {
  const path = `/projects/${project}/retention/sweep`;
  const started = await callApi(target, "POST", path);
  if (started.status !== 202) throw new Error(`the sweep was refused: ${started.text}`);
  for (;;) {
    const { running, last } = SweepState.parse(JSON.parse((await callApi(target, "GET", path)).text));
    if (!running && last) return last;
    await sleep(20);
  }
}

/** What is stored of a project, and what must be: by the rows of what is kept, and what their manifests and lists name. */
export async function compareStorage(
  world: SweptWorld,
  id: string,
): Promise<{ readonly missing: string[]; readonly left: string[] }> {
  const project = ProjectId.parse(id);
  const rows = await world.projectSql(
    id,
    "SELECT id, source, build, whole FROM deployments WHERE collected_at IS NULL",
  );
  const sources = await world.projectSql(id, "SELECT sha FROM sources WHERE stored");
  const named = [
    ...rows.flatMap(({ build, whole }) => (whole ? [{ kind: "manifest", sha: build }] : [])),
    ...[...rows.map(({ source }) => source), ...sources.map(({ sha }) => sha)].map((sha) => ({ kind: "source", sha })),
  ].map((object) => keyOf(project, object as StoredObject));
  const needed = new Set(named);
  for (const key of [...needed]) {
    const { files } = JSON.parse((await world.readObject(key)) ?? '{"files":[]}') as { files: { sha256: string }[] };
    for (const { sha256 } of files) needed.add(keyOf(project, { kind: "blob", sha: sha256 } as StoredObject));
  }
  const stored = await world.listObjects(id);
  // A log is there as soon as its run is archived, not before.
  const logs = new Set(rows.map((row) => keyOf(project, { kind: "log", deployment: row.id } as StoredObject)));
  return {
    missing: [...needed].filter((key) => !stored.includes(key)),
    left: stored.filter((key) => !needed.has(key) && !logs.has(key) && readKey(project, key) !== null),
  };
}

/** Makes deployments so old that only what refers to them keeps them. */
export async function age(world: Pick<HarnessWorld, "projectSql">, project: string): Promise<void> {
  await world.projectSql(project, "UPDATE deployments SET created_at = '2026-01-01T00:00:00.000Z'");
}
