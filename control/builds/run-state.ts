/** How far a `BuildRun` is. Stored after every step, so that an evicted or killed object goes on from here. */
import type { BuildEvent } from "../../schema/contracts/build.ts";
import { shortSha } from "../../schema/digest.ts";
import { formatBytes, formatCount } from "../../schema/figures.ts";
import { type BuildStep, FAILURES, type FailureReason } from "../../schema/lifecycle.ts";
import type { BuildRequest, BuiltBundle } from "../project/progress.ts";
import type { NewLine } from "./build-log.ts";

export type UploadedBlobs = { readonly blobs: number; readonly bytes: number };

export type RunStage =
  /** Ask whether a bundle of the same inputs exists; if not, hand the job to a builder. */
  | { readonly name: "start" }
  /** Read events until the bundle is built. */
  | { readonly name: "building" }
  /** Tell the builder which blobs to store; not while some of them are being deleted. */
  | { readonly name: "upload"; readonly bundle: BuiltBundle; readonly isStorageBusy?: true }
  /** Read events until the bundle is stored. */
  | { readonly name: "uploading"; readonly bundle: BuiltBundle }
  /** Look whether all of it is really there, then publish. */
  | { readonly name: "verify"; readonly bundle: BuiltBundle; readonly uploaded: UploadedBlobs }
  /** Tell `Project` that it is over. */
  | { readonly name: "fail"; readonly reason: FailureReason; readonly detail: string }
  /** It was ended elsewhere: the log's last line says by whom. */
  | { readonly name: "stop" }
  /** End the builder's job, with all its processes. */
  | { readonly name: "release" }
  /** Keep the log, let the builder forget the job, forget it here. */
  | { readonly name: "archive" };

export type RunState = {
  readonly request: BuildRequest;
  /** 2 after the first builder was lost. */
  readonly attempt: 1 | 2;
  /** The last builder event of this attempt that was taken in. */
  readonly after: number;
  readonly stage: RunStage;
  /** How often a builder that was asked to stop gave the job back. Absent in what an earlier version stored. */
  readonly handBacks?: number;
  /** Since when no builder answers; milliseconds since the epoch. */
  readonly unreachableSince: number | null;
  /** Steps in a row that ended in an error of our own. */
  readonly errors: number;
};

const MAX_ATTEMPTS = 2;
/** Builders that are stopped again and again do not keep a run going for ever. */
export const MAX_HAND_BACKS = 20;
/** A builder that is restarted is back well within this. */
export const UNREACHABLE_MS = 5 * 60_000;
export const MAX_ERRORS = 12;
const RETRY_MS = 500;
const MAX_RETRY_MS = 30_000;
const STORAGE_BUSY_MS = 1_000;

export function firstState(request: BuildRequest, stage: RunStage = { name: "start" }): RunState {
  return { request, attempt: 1, after: 0, stage, unreachableSince: null, errors: 0 };
}

/** The way out, which is only ever gone forwards. */
const ENDING: readonly RunStage["name"][] = ["stop", "release", "archive"];

/** What a step found does not lead a run back that was told to stop meanwhile. */
export function keepEnding(now: RunState | null, next: RunState): RunState {
  if (now === null || ENDING.indexOf(next.stage.name) >= ENDING.indexOf(now.stage.name)) return next;
  return { ...next, stage: now.stage };
}

export function isEnding({ stage }: Pick<RunState, "stage">): boolean {
  return ENDING.includes(stage.name);
}

/** The last line of the log is written. */
export function isLogClosed({ stage }: Pick<RunState, "stage">): boolean {
  return stage.name === "release" || stage.name === "archive";
}

/** A builder that does not hear that its job is over is told again for a while. */
export function afterRelease(state: RunState, heard: boolean, now: number): RunState {
  const since = state.unreachableSince ?? now;
  if (!heard && now - since <= UNREACHABLE_MS) return { ...state, unreachableSince: since };
  return { ...state, unreachableSince: null, stage: { name: "archive" } };
}

/** The state after one builder event. */
export function afterEvent(state: RunState, event: BuildEvent): RunState {
  const next = { ...state, after: event.n, unreachableSince: null };
  switch (event.type) {
    case "built": {
      if (state.stage.name !== "building") return next;
      const { build, files, bytes, config } = event;
      return { ...next, stage: { name: "upload", bundle: { build, files, bytes, config } } };
    }
    case "uploaded": {
      if (state.stage.name !== "uploading") return next;
      const { blobs, bytes } = event;
      return { ...next, stage: { name: "verify", bundle: state.stage.bundle, uploaded: { blobs, bytes } } };
    }
    case "failed":
      return { ...next, stage: failStage(event.reason, event.detail) };
    case "step":
    case "note":
    case "output":
      return next;
    default:
      return event satisfies never;
  }
}

export function failStage(reason: FailureReason, detail: string): RunStage {
  return { name: "fail", reason, detail };
}

/** The builder forgot the job: once more from the start with the same source and env, then give up. */
export function afterLoss(state: RunState): RunState {
  if (state.attempt >= MAX_ATTEMPTS)
    return { ...state, stage: failStage("builder_lost", "The builder lost this build twice.") };
  return { ...state, attempt: 2, after: 0, stage: { name: "start" } };
}

/** A builder was asked to stop: once more from the start, as the same attempt. */
export function afterHandBack(state: RunState): RunState {
  const { handBacks = 0 } = state;
  if (handBacks >= MAX_HAND_BACKS) return afterLoss(state);
  return { ...state, handBacks: handBacks + 1, after: 0, stage: { name: "start" } };
}

/** The builder is further than this run remembers: its events tell where. */
export function afterRefusal(state: RunState): RunState {
  if (state.stage.name === "upload") return { ...state, stage: { name: "uploading", bundle: state.stage.bundle } };
  return afterError(state);
}

/** No builder answers: wait, but not for ever. */
export function afterSilence(state: RunState, now: number): RunState {
  const since = state.unreachableSince ?? now;
  if (now - since <= UNREACHABLE_MS) return { ...state, unreachableSince: since };
  return {
    ...state,
    unreachableSince: null,
    stage: failStage("builder_lost", "No builder answered for five minutes."),
  };
}

/** A step threw. It is tried again; what ends a run is tried until it works. */
export function afterError(state: RunState): RunState {
  const ending = state.stage.name === "fail" || isEnding(state);
  if (ending || state.errors < MAX_ERRORS) return { ...state, errors: state.errors + 1 };
  return {
    ...state,
    errors: 0,
    stage: failStage("builder_error", "The deployment could not go on because of an error on our side."),
  };
}

/** How long to wait before the next step, in milliseconds. */
export function pauseMs({ errors, unreachableSince, stage }: RunState): number {
  if (errors > 0) return Math.min(RETRY_MS * 2 ** errors, MAX_RETRY_MS);
  if (stage.name === "upload" && stage.isStorageBusy) return STORAGE_BUSY_MS;
  return unreachableSince === null ? 0 : RETRY_MS;
}

const STEP_TITLES: Record<BuildStep, string> = {
  stage: "Staging the source",
  config: "Reading the config",
  install: "Installing packages",
  build: "Building",
  collect: "Collecting the output",
  upload: "Storing the bundle",
};

/** How the log shows an event. */
export function toLine(event: BuildEvent): NewLine {
  const { at } = event;
  switch (event.type) {
    case "step":
      return { at, kind: "step", step: event.step, text: STEP_TITLES[event.step] };
    case "note":
      return { at, kind: "note", step: event.step, text: event.text };
    case "output":
      return { at, kind: event.stream === "stderr" ? "error" : "output", step: event.step, text: event.text };
    case "built":
      return {
        at,
        kind: "note",
        step: "collect",
        text: `Built ${shortSha(event.build)}: ${formatCount(event.files, "file")}, ${formatBytes(event.bytes)}`,
      };
    case "uploaded":
      return {
        at,
        kind: "note",
        step: "upload",
        text: `Stored ${formatCount(event.blobs, "new file")}, ${formatBytes(event.bytes)}`,
      };
    case "failed":
      return {
        at,
        kind: "error",
        step: event.step,
        text: `${event.reason}: ${event.detail} ${FAILURES[event.reason].help}`,
      };
    default:
      return event satisfies never;
  }
}
