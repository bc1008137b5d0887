/** Rollouts by API: a canary deployment's way from its first stage to everybody. */
import * as z from "zod";
import { Channel } from "../hostname.ts";
import { DeploymentId, RolloutId } from "../ids.ts";
import {
  Evidence,
  Finding,
  HoldReason,
  RolloutOutcome,
  RolloutPhase,
  RolloutSettings,
  VERDICT_ACTIONS,
  Verdict,
} from "../rollout.ts";
import { FreeText } from "./free-text.ts";
import { Paging } from "./paging.ts";

export const Rollout = z.object({
  id: RolloutId,
  channel: Channel,
  deployment: DeploymentId,
  /** What was live when it began: the other arm, and what a rollback returns to. */
  control: DeploymentId,
  phase: RolloutPhase,
  /** Null until it is over, but `completed` as soon as everybody has the deployment. */
  outcome: RolloutOutcome.nullable(),
  /** Counted from 1. */
  stage: z.int().min(1),
  /** Percent of visitors, stage by stage. */
  stages: z.array(z.number()),
  /** Percent of visitors that have the deployment now. */
  weight: z.number(),
  /** When the stage's window ends, if nothing holds it; null while paused, and when it is over. */
  stageEndsAt: z.iso.datetime().nullable(),
  pausedAt: z.iso.datetime().nullable(),
  /** Why a stage goes on beyond its window. */
  hold: z.object({ reason: HoldReason, since: z.iso.datetime() }).nullable(),
  /** What it goes by, copied at its start. */
  settings: RolloutSettings,
  startedAt: z.iso.datetime(),
  endedAt: z.iso.datetime().nullable(),
});
export type Rollout = z.infer<typeof Rollout>;

/** With what is known of its visitors at this moment. */
export const RolloutDetail = Rollout.extend({
  /** Null when the meter could not be asked, and when the rollout is over: its verdicts keep theirs. */
  evidence: Evidence.omit({ probe: true }).nullable(),
  findings: z.array(Finding.extend({ sentence: z.string() })),
});
export type RolloutDetail = z.infer<typeof RolloutDetail>;

/** Newest first. */
export const RolloutPage = z.object({ rollouts: z.array(Rollout), next: z.string().nullable() });
export type RolloutPage = z.infer<typeof RolloutPage>;

export const ListRollouts = Paging.extend({ channel: Channel.optional() });
export type ListRollouts = z.infer<typeof ListRollouts>;

export const RolloutVerdict = z.object({ action: z.enum(VERDICT_ACTIONS), verdict: Verdict });
export type RolloutVerdict = z.infer<typeof RolloutVerdict>;

/** Oldest first; a rollout has two at most: a warning, and its end. */
export const RolloutVerdicts = z.object({ verdicts: z.array(RolloutVerdict) });
export type RolloutVerdicts = z.infer<typeof RolloutVerdicts>;

/** `POST .../rollouts/:rollout/pause`, `resume`, `advance`, `abort`, `complete` */
export const ChangeRollout = z.strictObject({
  /** Refuse unless the rollout is still at this stage, counted from 1. */
  expectedStage: z.int().min(1).optional(),
  reason: FreeText.trim().min(1).max(500).optional(),
});
export type ChangeRollout = z.infer<typeof ChangeRollout>;

export const ROLLOUT_COMMANDS = ["pause", "resume", "advance", "abort", "complete"] as const;
export type RolloutCommand = (typeof ROLLOUT_COMMANDS)[number];

/** `changed` is false when it was so before. */
export const RolloutChange = z.object({ changed: z.boolean(), rollout: Rollout });
export type RolloutChange = z.infer<typeof RolloutChange>;

/** `POST .../rollouts/:rollout/preview`: a pass by which a tester sees one arm, whatever the hash says. His visits are no evidence. */
export const PreviewRollout = z.strictObject({
  variant: z.enum(["canary", "live"]).default("canary"),
  /** At most a week. */
  expiresInSeconds: z.int().min(60).max(604_800).default(3_600),
});
export type PreviewRollout = z.infer<typeof PreviewRollout>;

export const RolloutPreview = z.object({
  /** Opened once, it keeps the pass in a cookie and leads to the app. */
  link: z.url(),
  /** The same for programs: a request header. */
  header: z.object({ name: z.string(), value: z.string() }),
  expiresAt: z.iso.datetime(),
});
export type RolloutPreview = z.infer<typeof RolloutPreview>;
