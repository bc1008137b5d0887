/** `sweep`: one sweep of a project with 20 kept builds of 5 000 files and 10 that go, on local workerd. */

import { uuidv7 } from "uuidv7";
import { deploymentIdFrom, projectIdFrom } from "../../schema/ids.ts";
import { blobKey, manifestKey } from "../../schema/keys.ts";
import { encodeManifest } from "../../schema/manifest.ts";
import { RelativePath } from "../../schema/relative-path.ts";
import { callApi } from "../support/api-deploy.ts";
import { type HarnessWorld, startHarnessWorld } from "../support/harness-world.ts";
import { digest } from "../support/samples.ts";
import { sweep, WITHOUT_GRACE } from "../support/sweeps.ts";
import type { Bench, Figure } from "./main.ts";
import { figure } from "./statistics.ts";

const FILES = 5_000;
const KEPT = 20;
const GOING = 10;
/** Of a build's files, that no other build has. */
const OWN_FILES = 1_000;
const PARALLEL = 64;
const SLUG = "sweep-bench";

export const benchSweep: Bench = {
  about: `One sweep: ${KEPT} kept builds of ${FILES} files, ${GOING} that go with ${OWN_FILES} files of their own each.`,
  run: async (say) => {
    const harness = await startHarnessWorld(WITHOUT_GRACE);
    const world = { ...harness, token: harness.credentials.apiToken.token };
    try {
      const { id } = JSON.parse((await callApi(world, "POST", "/projects", { slug: SLUG })).text) as { id: string };
      const project = projectIdFrom(id.slice("prj_".length));
      const stored = new Set<string>();
      for (let build = 0; build < KEPT + GOING; build += 1) {
        await storeBuild(world, project, build, stored);
        say(`stored ${stored.size} objects`);
      }
      const plan = await seconds(() => callApi(world, "GET", `/projects/${SLUG}/retention/plan`));
      let swept: Awaited<ReturnType<typeof sweep>> | null = null;
      const first = await seconds(async () => {
        swept = await sweep(world, SLUG);
      });
      say(JSON.stringify(swept));
      const second = await seconds(() => sweep(world, SLUG));
      const figures: Figure[] = [
        { name: "objects", value: stored.size, unit: "" },
        { name: "removed", value: swept === null ? 0 : (swept as { objects: number }).objects, unit: "" },
        { name: "planSeconds", value: figure(plan), unit: "s" },
        { name: "sweepSeconds", value: figure(first), unit: "s" },
        { name: "idleSweepSeconds", value: figure(second), unit: "s" },
      ];
      return figures;
    } finally {
      await world.close();
    }
  },
};

async function storeBuild(
  world: HarnessWorld,
  project: ReturnType<typeof projectIdFrom>,
  n: number,
  stored: Set<string>,
) {
  const names = Array.from({ length: FILES }, (_, file) => (file < OWN_FILES ? `${n}/${file}` : `shared/${file}`));
  const files = names.map((name) => ({
    path: RelativePath.parse(name),
    size: name.length,
    sha256: digest(name),
    type: "text/plain",
    fingerprinted: false,
  }));
  const manifest = encodeManifest({ version: 1, source: digest("source"), env: digest("{}"), files });
  const build = digest(manifest);
  const fresh = names.filter((name) => !stored.has(blobKey(project, digest(name))));
  for (let start = 0; start < fresh.length; start += PARALLEL) {
    await Promise.all(
      fresh.slice(start, start + PARALLEL).map((name) => {
        stored.add(blobKey(project, digest(name)));
        return world.putObject(blobKey(project, digest(name)), name);
      }),
    );
  }
  stored.add(manifestKey(project, build));
  await world.putObject(manifestKey(project, build), manifest);
  const rows = JSON.stringify(fresh.map((name) => [digest(name), name.length]));
  await world.projectSql(
    project,
    "INSERT INTO blobs (sha, size) SELECT value ->> 0, value ->> 1 FROM json_each(?)",
    rows,
  );
  const at = "2026-01-01T00:00:00.000Z";
  await world.projectSql(
    project,
    `INSERT INTO deployments (id, channel, status, source, env, fresh, build, whole, files, bytes, pinned, created_by, created_at, updated_at)
     VALUES (?, 'production', 'superseded', ?, ?, 0, ?, 1, ${FILES}, 1, ${n < KEPT ? 1 : 0}, 'bench', '${at}', '${at}')`,
    deploymentIdFrom(uuidv7()),
    digest("source"),
    digest("{}"),
    build,
  );
}

async function seconds(work: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now();
  await work();
  return (performance.now() - startedAt) / 1_000;
}
