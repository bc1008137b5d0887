/** Who acts on a `ModelWorld`: people who deploy, promote and delete channels, and a sweeper that dies now and then. */

import { deleteChannel } from "../../../control/project/channel-deletion.ts";
import { cancel } from "../../../control/project/deployment-commands.ts";
import { findDeployment, listDeployments } from "../../../control/project/deployment-rows.ts";
import * as progress from "../../../control/project/progress.ts";
import { promote, rollBack } from "../../../control/project/promote.ts";
import {
  announceBlobs,
  announceSource,
  findBlobs,
  hasSource,
  missingFrom,
  recordBlobs,
  recordSource,
} from "../../../control/project/stored-blobs.ts";
import { Marks } from "../../../control/retention/marks.ts";
import { LifeOver, SweepLife } from "../../../control/retention/sweep.ts";
import { firstRun, type SweepRun } from "../../../control/retention/sweep-run.ts";
import { DEFAULT_SETTINGS } from "../../../schema/contracts/project-settings.ts";
import type { Digest } from "../../../schema/digest.ts";
import { EMPTY_ENV } from "../../../schema/env-snapshot.ts";
import { Channel, PRODUCTION } from "../../../schema/hostname.ts";
import type { DeploymentId } from "../../../schema/ids.ts";
import { blobKey, manifestKey, sourceKey } from "../../../schema/keys.ts";
import { isInProgress } from "../../../schema/lifecycle.ts";
import { encodeManifest } from "../../../schema/manifest.ts";
import { RelativePath } from "../../../schema/relative-path.ts";
import { ok } from "../../../schema/result.ts";
import { encodeSource } from "../../../schema/source.ts";
import { PROJECT } from "../../support/plain-samples.ts";
import { publishingOf } from "../../support/project-rows.ts";
import { deploymentId, digest } from "../../support/samples.ts";
import { createSqliteStorage } from "../../support/sqlite-storage.ts";
import { blobsNamedBy, type ModelWorld } from "./model-world.ts";

export const CHANNELS = [PRODUCTION, Channel.parse("pr-1"), Channel.parse("pr-2")] as const;
const MODEL = { token: "0123456789abcdef", name: "model" };
const ENV = digest("{}");
/** Nobody asks for ever: one who meets a sweep at every turn gives up, as a CLI does. */
const PATIENCE = 6;

/** Blobs are single letters, which sources and builds share. */
const SOURCES = ["ab", "bc", "ca"] as const;
const OUTPUTS = ["ax", "bx", "ax"] as const;
export type SourceNumber = 0 | 1 | 2;

export type Command =
  | {
      readonly kind: "deploy";
      readonly source: SourceNumber;
      readonly channel: number;
      readonly fresh: boolean;
      readonly cancelAfter: number | null;
    }
  | { readonly kind: "promote"; readonly nth: number }
  | { readonly kind: "rollback"; readonly channel: number }
  | { readonly kind: "delete_channel"; readonly channel: number }
  | { readonly kind: "pass_time"; readonly days: number };

let deploymentNumber = 0;

export async function perform(world: ModelWorld, command: Command): Promise<void> {
  const { db } = world;
  switch (command.kind) {
    case "deploy":
      return deploy(world, command);
    case "promote":
      return world.call("promote", (now) => {
        const rows = listDeployments(db, {
          channel: undefined,
          status: undefined,
          build: undefined,
          before: undefined,
          limit: 100,
        });
        const row = rows[command.nth % Math.max(rows.length, 1)];
        if (!row) return;
        const wish = {
          deployment: row.id,
          force: true,
          reason: "model",
          abortRollout: false,
          env: "snapshot",
        } as const;
        promote(db, { project: PROJECT, channel: row.channel, wish, actor: MODEL, now }, () => ok(EMPTY_ENV));
      });
    case "rollback":
      return world.call("rollback", (now) => {
        rollBack(db, {
          project: PROJECT,
          channel: channelOf(command),
          wish: { abortRollout: false },
          actor: MODEL,
          now,
        });
      });
    case "delete_channel":
      return world.call("delete channel", (now) => {
        deleteChannel(db, { project: PROJECT, channel: channelOf(command), wish: {}, actor: MODEL, now });
      });
    case "pass_time":
      await world.hop("time passes");
      return world.passTime(command.days * 24 * 60 * 60_000);
    default:
      return command satisfies never;
  }
}

function channelOf({ channel }: { channel: number }): Channel {
  return CHANNELS[channel % CHANNELS.length] ?? PRODUCTION;
}

async function deploy(world: ModelWorld, command: Command & { kind: "deploy" }): Promise<void> {
  const { db } = world;
  deploymentNumber += 1;
  const id = deploymentId(deploymentNumber);
  for (let attempt = 0; attempt < PATIENCE; attempt += 1) {
    const source = await sendSource(world, command.source);
    if (source === null) return;
    const created = await world.call("create deployment", (now) => {
      if (!hasSource(db, source)) return false;
      const fields = { id, source, env: ENV, channel: channelOf(command), fresh: command.fresh, createdBy: MODEL };
      progress.addDeployment(db, PROJECT, { ...fields, settings: DEFAULT_SETTINGS.build }, now);
      return true;
    });
    if (!created) continue;
    const { cancelAfter } = command;
    await Promise.all([
      build(world, id, command.source),
      cancelAfter === null ? null : cancelLater(world, id, cancelAfter),
    ]);
    return;
  }
}

/** As control/api/sources.ts does. @returns null when it gave up */
async function sendSource(world: ModelWorld, number: SourceNumber): Promise<Digest | null> {
  const { db, graceMs } = world;
  const blobs = [...SOURCES[number]].map((letter) => ({ sha: digest(letter), size: 1, letter }));
  const files = blobs.map(({ sha, size, letter }) => ({
    path: RelativePath.parse(letter),
    mode: "file" as const,
    size,
    sha256: sha,
  }));
  const text = encodeSource(files);
  const source = digest(text);
  for (let attempt = 0; attempt < PATIENCE; attempt += 1) {
    const announced = await world.call("announce source", (now) =>
      announceSource(
        db,
        source,
        blobs.map(({ sha }) => sha),
        { project: PROJECT, now, graceMs },
      ),
    );
    if (announced.kind === "busy") continue;
    const missing = missingFrom(
      announced.stored,
      blobs.map(({ sha }) => sha),
    );
    if (missing.length > 0) {
      const wanted = blobs.filter(({ sha }) => missing.includes(sha));
      const own = await world.call("announce blobs", (now) =>
        announceBlobs(db, wanted, { project: PROJECT, now, graceMs }),
      );
      if (own.kind === "busy") continue;
      await Promise.all(wanted.map(({ sha, letter }) => world.put(blobKey(PROJECT, sha), letter)));
      await world.call("record blobs", () => recordBlobs(db, wanted, own.generation));
      continue;
    }
    await world.put(sourceKey(PROJECT, source), text);
    const { generation } = announced;
    const recorded = await world.call("record source", () =>
      recordSource(db, { sha: source, files: files.length, bytes: 2, generation }, MODEL, "2026-11-23T12:00:00.000Z"),
    );
    if (recorded) return source;
  }
  return null;
}

/** As `BuildRun` and a builder do, in their steps. */
async function build(world: ModelWorld, id: DeploymentId, number: SourceNumber): Promise<void> {
  const { db, graceMs } = world;
  const inProgress = () => isInProgress(findDeployment(db, id)?.status ?? "failed");
  while (findDeployment(db, id)?.phase === "queued") await world.hop("waits for its turn");
  const inputs = digest(`inputs ${number}`);
  const start = await world.call("begin build", (now) =>
    progress.beginBuild(db, PROJECT, id, inputs, now, publishingOf(number)),
  );
  if (start.kind !== "build") return;
  const source = findDeployment(db, id)?.source ?? ENV;
  const list = await world.get(sourceKey(PROJECT, source));
  const staged = await Promise.all(blobsNamedBy(list).map((sha) => world.get(blobKey(PROJECT, sha))));
  if (list === null || staged.includes(null)) return mustBeOver("its source can not be read");

  const letters = [...OUTPUTS[number]];
  const text = encodeManifest({
    version: 1,
    source,
    env: ENV,
    files: letters.map((letter) => ({
      path: RelativePath.parse(letter),
      size: 1,
      sha256: digest(letter),
      type: "text/plain",
      fingerprinted: false,
    })),
  });
  const bundle = { build: digest(text), files: 2, bytes: 2, config: {} };
  await world.call("mark built", (now) => progress.markBuilt(db, id, bundle, now));
  const wanted = letters.map((letter) => ({ sha: digest(letter), size: 1 }));
  const announce = () =>
    world.call("announce upload", (now) =>
      progress.announceUpload(db, id, bundle.build, wanted, { project: PROJECT, now, graceMs }),
    );
  let upload = await announce();
  while (upload.kind === "busy") upload = await announce();
  if (upload.kind === "over") return;
  const { missing } = upload;
  await Promise.all(
    letters
      .filter((letter) => missing.includes(digest(letter)))
      .map((letter) => world.put(blobKey(PROJECT, digest(letter)), letter, true)),
  );
  await world.put(manifestKey(PROJECT, bundle.build), text, true);
  await world.call("mark uploading", (now) => progress.markUploading(db, id, now));

  if ((await world.get(manifestKey(PROJECT, bundle.build))) === null) return mustBeOver("its manifest is gone");
  const shas = wanted.map(({ sha }) => sha);
  const unknown = missingFrom(await world.call("find blobs", () => findBlobs(db, shas)), shas);
  const found = await Promise.all(unknown.map((sha) => world.get(blobKey(PROJECT, sha))));
  if (found.includes(null)) return mustBeOver("a blob of its bundle is gone");
  const seen = wanted.filter(({ sha }) => unknown.includes(sha));
  await world.call("record verified", (now) => progress.recordVerified(db, id, seen, now));
  await world.call("publish", (now) =>
    progress.publish(db, PROJECT, id, { build: bundle.build, blobs: 0, bytes: 0 }, now, publishingOf(number)),
  );

  function mustBeOver(what: string): void {
    if (inProgress()) throw new Error(`${id} is in progress, but ${what}`);
  }
}

async function cancelLater(world: ModelWorld, deployment: DeploymentId, hops: number): Promise<void> {
  for (let n = 0; n < hops; n += 1) await world.hop("before a cancel");
  await world.call("cancel", (now) => {
    cancel(world.db, { project: PROJECT, deployment, wish: {}, actor: MODEL, now });
  });
}

/** The `Sweeper` object, without its alarm: it is killed, or a step of it hangs and is given up, wherever a test says so. */
export class ModelSweeper {
  readonly #world: ModelWorld;
  readonly #marks = new Marks(createSqliteStorage().sql);
  #interrupt: (() => void) | null = null;

  constructor(world: ModelWorld) {
    this.#world = world;
    this.#marks.create();
  }

  /** Sweeps until it is done, through as many lives as it takes. */
  async sweep(): Promise<void> {
    let run: SweepRun | null = firstRun(PROJECT, MODEL, new Date(this.#world.now()).toISOString());
    while (run) run = await this.#live(run);
  }

  /** What is under way takes effect or does not; nothing of it is heard of any more. */
  endLife(): void {
    this.#interrupt?.();
  }

  /** One life. @returns how far it came */
  async #live(run: SweepRun): Promise<SweepRun | null> {
    let dead = false;
    let reached: SweepRun | null = run;
    const ports = this.#world.sweeperPorts(() => dead, this.#marks);
    const death = new Promise<void>((resolve) => {
      this.#interrupt = () => {
        dead = true;
        resolve();
      };
    });
    const life = (async () => {
      const own = await SweepLife.begin(ports);
      while (reached && !dead) {
        const next = await own.step(reached);
        if (!dead) reached = next;
      }
    })().catch((error: unknown) => {
      // A message of an earlier life came late: the object begins another life, as after any error.
      if (!(error instanceof LifeOver)) throw error;
    });
    await Promise.race([life, death]);
    return reached;
  }
}
