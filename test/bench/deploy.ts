/**
 * What a deploy costs over the work itself, and what a flip costs. Local simulators of S3, KV and Durable Objects on
 * loopback: the figures compare, they do not promise production's milliseconds.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { cpSync, mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { Deployment } from "../../schema/contracts/deployments.ts";
import { type ApiTarget, callApi, deployFiles, promote } from "../support/api-deploy.ts";
import { plainApp, scaffoldViteApp } from "../support/apps.ts";
import { runCli } from "../support/cli.ts";
import { freePort } from "../support/free-port.ts";
import { type LocalWorld, startLocalWorld } from "../support/local-world.ts";
import { makeWorldFolder } from "../support/world-folder.ts";
import type { Bench, Figure } from "./main.ts";
import { type PackageMirror, startPackageMirror } from "./package-mirror.ts";
import { figure, median, percentile, spread } from "./statistics.ts";

const ROUNDS = 5;
const TEMPLATE = "template";
const FLIPS = 300;
const SMALL = 10;
const LARGE = 5_000;
/** Files of the plain app that are not counted by its `files`: page, mark, script, style. */
const PLAIN_FILES = 4;

export const benchDeploy: Bench = {
  about:
    "A fresh react-ts app by the CLI, against the same install and build without us (caches empty on both sides, alternated,\npackages from a mirror on loopback); an unchanged deploy; and flips of a large and a small bundle, interleaved.\nLoopback, local storage simulators.",
  async run(say) {
    const folder = makeWorldFolder();
    const port = await freePort();
    if (port === null) throw new Error("no port of loopback is free");
    const mirror = await startPackageMirror();
    try {
      say("starting a local world ...");
      const world = await startLocalWorld({ folder: join(folder, "world"), port, builderEnv: mirror.npmEnv });
      try {
        return [...(await benchBuilds({ world, mirror, folder }, say)), ...(await benchFlips(world, say))];
      } finally {
        await world.stop();
      }
    } finally {
      mirror.close();
      rmSync(folder, { recursive: true, force: true });
    }
  },
};

type Place = { readonly world: LocalWorld; readonly mirror: PackageMirror; readonly folder: string };

async function benchBuilds(place: Place, say: (line: string) => void): Promise<Figure[]> {
  const { mirror, folder } = place;
  await scaffoldViteApp(join(folder, TEMPLATE), "react-ts");
  say("filling the package mirror ...");
  await buildRound(place, 0);
  const passedOnBefore = mirror.passedOn();
  const rounds: Round[] = [];
  for (let number = 1; number <= ROUNDS; number += 1) {
    const round = await buildRound(place, number);
    rounds.push(round);
    const [cold, raw, unchanged] = [round.cold, round.raw, round.unchanged].map((seconds) => seconds.toFixed(2));
    say(`round ${number}: deploy ${cold} s, raw ${raw} s, unchanged ${unchanged} s`);
  }
  const cold = rounds.map((round) => round.cold);
  const raw = rounds.map((round) => round.raw);
  const unchanged = rounds.map((round) => round.unchanged);
  const ratios = rounds.map((round) => round.cold / round.raw);
  return [
    { name: "coldSeconds", value: figure(median(cold)), unit: "s" },
    { name: "coldSecondsSpread", value: figure(spread(cold)), unit: "s" },
    { name: "rawSeconds", value: figure(median(raw)), unit: "s" },
    { name: "rawSecondsSpread", value: figure(spread(raw)), unit: "s" },
    { name: "overheadRatio", value: figure(median(cold) / median(raw)), unit: "x", target: "<= 1.25" },
    { name: "overheadRatioSpread", value: figure(spread(ratios)), unit: "x" },
    { name: "mirrorMisses", value: mirror.passedOn() - passedOnBefore, unit: "", target: "0" },
    { name: "unchangedSeconds", value: figure(median(unchanged)), unit: "s", target: "<= 3" },
    { name: "unchangedSecondsSpread", value: figure(spread(unchanged)), unit: "s" },
    { name: "unchangedBlobs", value: Math.max(...rounds.map(({ blobs }) => blobs)), unit: "", target: "0" },
  ];
}

/** In seconds; `blobs` is how many the unchanged deploy stored. */
type Round = { readonly cold: number; readonly raw: number; readonly unchanged: number; readonly blobs: number };

async function buildRound({ world, mirror, folder }: Place, number: number): Promise<Round> {
  const app = join(folder, `app-${number}`);
  cpSync(join(folder, TEMPLATE), app, { recursive: true });
  // A new project, and a new folder: both npm caches are empty.
  const deploy = async () => {
    const args = ["deploy", app, "--project", `bench-${number}`, "--json"];
    return readDeployment(await runCli(world, args));
  };
  const installAndBuildRaw = () => installAndBuild(app, join(folder, `raw-${number}`), mirror.npmEnv);
  // In turns, so that neither side is always the first.
  const rawFirst = number % 2 === 0 ? await seconds(installAndBuildRaw) : null;
  const cold = await seconds(deploy);
  const raw = rawFirst ?? (await seconds(installAndBuildRaw));
  let blobs = Number.NaN;
  const unchanged = await seconds(async () => {
    const { bundle, reused } = await deploy();
    if (!reused) throw new Error("the unchanged deploy was built");
    blobs = bundle?.uploadedBlobs ?? Number.NaN;
  });
  return { cold, raw, unchanged, blobs };
}

async function benchFlips(world: LocalWorld, say: (line: string) => void): Promise<Figure[]> {
  say(`deploying bundles of ${SMALL} and ${LARGE} files ...`);
  const small = await twoBuilds(world, "flip-small", SMALL);
  const large = await twoBuilds(world, "flip-large", LARGE);
  const times: Record<"small" | "large", number[]> = { small: [], large: [] };
  for (let flip = 0; flip < FLIPS; flip += 1) {
    const turn = flip % 2;
    for (const [size, builds] of [
      ["small", small],
      ["large", large],
    ] as const) {
      const started = performance.now();
      const { changed } = await promote(world, builds[turn] ?? builds[0]);
      times[size].push(performance.now() - started);
      if (!changed) throw new Error("a flip changed nothing");
    }
  }
  const all = [...times.small, ...times.large];
  return [
    { name: "promoteSmallMs", value: figure(median(times.small)), unit: "ms" },
    { name: "promoteLargeMs", value: figure(median(times.large)), unit: "ms" },
    { name: "promoteRatio", value: figure(median(times.large) / median(times.small)), unit: "x", target: "<= 1.10" },
    { name: "promoteRatioSpread", value: figure(ratioSpread(times.large, times.small)), unit: "x" },
    { name: "promoteP99Ms", value: figure(percentile(all, 0.99)), unit: "ms" },
  ];
}

/** Two deployments of a project; the first is live in the end, so that every flip of the bench changes something. */
async function twoBuilds(target: ApiTarget, project: string, files: number): Promise<[Deployment, Deployment]> {
  const created = await callApi(target, "POST", "/projects", { slug: project });
  if (created.status !== 201) throw new Error(created.text);
  const first = await deployFiles(target, project, plainApp("one", files - PLAIN_FILES));
  const second = await deployFiles(target, project, plainApp("two", files - PLAIN_FILES));
  for (const deployment of [first, second]) {
    if (deployment.bundle?.files !== files)
      throw new Error(`not the bundle that was wanted: ${JSON.stringify(deployment)}`);
  }
  return [first, second];
}

/** How far the ratio of medians moves between fifths of the run. */
function ratioSpread(a: readonly number[], b: readonly number[]): number {
  const part = Math.floor(a.length / 5);
  const ratios = Array.from({ length: 5 }, (_, index) => {
    const range = [index * part, (index + 1) * part] as const;
    return median(a.slice(...range)) / median(b.slice(...range));
  });
  return spread(ratios);
}

/** What the builder runs for this app, in a copy and with an npm cache of its own. */
async function installAndBuild(app: string, folder: string, npmEnv: PackageMirror["npmEnv"]): Promise<void> {
  const copy = join(folder, "app");
  mkdirSync(folder, { recursive: true });
  cpSync(app, copy, { recursive: true });
  const env = { ...process.env, ...npmEnv, npm_config_cache: join(folder, "npm"), CI: "true" };
  for (const args of [
    ["install", "--no-audit", "--no-fund"],
    ["run", "build"],
  ]) {
    const npm = spawn("npm", args, { cwd: copy, env, stdio: "ignore" });
    const [code] = await once(npm, "exit");
    if (code !== 0) throw new Error(`npm ${args.join(" ")} ended with ${code}`);
  }
}

function readDeployment({ code, stdout, stderr }: { code: number | null; stdout: string; stderr: string }): Deployment {
  if (code !== 0) throw new Error(`atelier deploy ended with ${code}: ${stderr}`);
  return Deployment.parse(JSON.parse(stdout));
}

async function seconds(run: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await run();
  return (performance.now() - started) / 1_000;
}
