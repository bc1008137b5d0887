/** `sweep`: one sweep of a project with 20 kept builds of 5 000 files and 10 that go, on local workerd. */

import { uuidv7 } from "uuidv7";
import { deploymentIdFrom, projectIdFrom } from "../../schema/ids.ts";
import { blobKey, manifestKey } from "../../schema/keys.ts";
import { encodeManifest } from "../../schema/manifest.ts";
import { RelativePath } from "../../schema/relative-path.ts";
import { type ApiTarget, callApi } from "../support/api-deploy.ts";
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
/** Of another project: open channels, and what was live on each. */
const MANY_SLUG = "channels-bench";
const CHANNELS = 2_000;
const PER_CHANNEL = 5;
const CHANNELS_AT_ONCE = 200;

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
      const many = await storeChannels(world, world.projectSql);
      const manyPlan = await seconds(() => callApi(world, "GET", `/projects/${MANY_SLUG}/retention/plan`));
      say(`${many} deployments on ${CHANNELS} channels`);
      const figures: Figure[] = [
        { name: "objects", value: stored.size, unit: "" },
        { name: "removed", value: swept === null ? 0 : (swept as { objects: number }).objects, unit: "" },
        { name: "planSeconds", value: figure(plan), unit: "s" },
        { name: "sweepSeconds", value: figure(first), unit: "s" },
        { name: "idleSweepSeconds", value: figure(second), unit: "s" },
        { name: "planOfChannelsSeconds", value: figure(manyPlan), unit: "s" },
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

/** @returns how many deployments there are */
async function storeChannels(world: ApiTarget, sql: HarnessWorld["projectSql"]): Promise<number> {
  const { id } = JSON.parse((await callApi(world, "POST", "/projects", { slug: MANY_SLUG })).text) as { id: string };
  const env = digest("{}");
  const channels = Array.from({ length: CHANNELS }, (_, index) => {
    const channel = `pr-${index + 1}`;
    const arms = Array.from({ length: PER_CHANNEL }, (_, n) => ({
      deployment: deploymentIdFrom(uuidv7()),
      build: digest(`${channel}/${n}`),
      env,
    }));
    const live = arms.at(-1);
    const releases = arms.map((arm, n) => ({
      ...arm,
      ...{ channel, rev: n + 1, status: arm === live ? "live" : "superseded" },
      back: n === 0 ? null : index * PER_CHANNEL + n,
    }));
    const retained = arms.slice(0, -1).map(({ build }) => build);
    const record = { version: 1, project: id, channel, rev: PER_CHANNEL, live, retained };
    return { releases, route: { channel, record, release: (index + 1) * PER_CHANNEL } };
  });
  const at = "2026-01-01T00:00:00.000Z";
  for (let start = 0; start < CHANNELS; start += CHANNELS_AT_ONCE) {
    const some = channels.slice(start, start + CHANNELS_AT_ONCE);
    const rows = JSON.stringify(some.flatMap(({ releases }) => releases));
    await sql(
      id,
      `INSERT INTO deployments (id, channel, status, source, env, fresh, build, whole, created_by, created_at, updated_at)
       SELECT value ->> 'deployment', value ->> 'channel', value ->> 'status', ?, ?, 0, value ->> 'build', 1, 'bench', '${at}', '${at}' FROM json_each(?)`,
      ...[digest("source"), env, rows],
    );
    await sql(
      id,
      `INSERT INTO releases (channel, kind, deployment, build, env, rev, back, "by", at)
       SELECT value ->> 'channel', 'deploy', value ->> 'deployment', value ->> 'build', ?, value ->> 'rev', value ->> 'back', 'bench', '${at}' FROM json_each(?)`,
      ...[env, rows],
    );
    await sql(
      id,
      `INSERT INTO routes (channel, rev, record, release)
       SELECT value ->> 'channel', ${PER_CHANNEL}, value -> 'record', value ->> 'release' FROM json_each(?)`,
      JSON.stringify(some.map(({ route }) => route)),
    );
  }
  return CHANNELS * PER_CHANNEL;
}

async function seconds(work: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now();
  await work();
  return (performance.now() - startedAt) / 1_000;
}
