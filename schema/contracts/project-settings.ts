/** What a project's owner may set by API. A field in the app's `atelier.config.ts` wins over the same one here. */
import * as z from "zod";
import { RelativePath } from "../relative-path.ts";
import { CanaryConfig } from "./atelier-config.ts";

const Command = z
  .string()
  .trim()
  .min(1)
  .max(1_000)
  .refine((command) => !/\p{Cc}/u.test(command), "must be one line without control characters; join commands with &&");

export const BuildSettings = z.strictObject({
  /** The folder of the source that holds the app, for repositories with several. Null: the top. */
  root: RelativePath.nullable(),
  /** A shell command instead of `npm ci` or `npm install`. */
  installCommand: Command.nullable(),
  /** A shell command instead of the package's `build` script. */
  command: Command.nullable(),
  output: RelativePath.nullable(),
});
export type BuildSettings = z.infer<typeof BuildSettings>;

export const RetentionSettings = z.strictObject({
  /** How long what is neither live, pinned nor among a channel's last 10 releases is kept after its creation. */
  days: z.int().min(1).max(3_650),
});
export type RetentionSettings = z.infer<typeof RetentionSettings>;

export const ProjectSettings = z.strictObject({
  build: BuildSettings,
  /** Defaults of production rollouts. Null: the platform's. */
  canary: z
    .union([z.literal("skip"), CanaryConfig], 'must be "skip", or an object like {"stages":[10,50,100]}')
    .nullable(),
  retention: RetentionSettings,
});
export type ProjectSettings = z.infer<typeof ProjectSettings>;

export const DEFAULT_SETTINGS: ProjectSettings = {
  build: { root: null, installCommand: null, command: null, output: null },
  canary: null,
  retention: { days: 30 },
};

/** What is named changes, the rest stays. */
export const SettingsPatch = z.strictObject({
  build: BuildSettings.partial().optional(),
  canary: ProjectSettings.shape.canary.optional(),
  retention: RetentionSettings.partial().optional(),
});
export type SettingsPatch = z.infer<typeof SettingsPatch>;
