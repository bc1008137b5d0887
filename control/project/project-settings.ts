/** What a project's owner has set: the defaults, what a change makes of them, and what the history says of it. Pure. */
import { DEFAULT_SETTINGS, type ProjectSettings, type SettingsPatch } from "../../schema/contracts/project-settings.ts";

export type NamedSettings = { readonly name: string; readonly settings: ProjectSettings };

/** What was stored by an earlier version may lack what came later. */
export function withDefaults(stored: Partial<ProjectSettings> | null): ProjectSettings {
  return {
    build: { ...DEFAULT_SETTINGS.build, ...stored?.build },
    canary: stored?.canary ?? DEFAULT_SETTINGS.canary,
    retention: { ...DEFAULT_SETTINGS.retention, ...stored?.retention },
  };
}

/** What is named changes, the rest stays. The canary settings are one value: they hold only together. */
export function mergeSettings({ build, canary, retention }: ProjectSettings, patch: SettingsPatch): ProjectSettings {
  return {
    build: {
      root: named(patch.build?.root, build.root),
      installCommand: named(patch.build?.installCommand, build.installCommand),
      command: named(patch.build?.command, build.command),
      output: named(patch.build?.output, build.output),
    },
    canary: named(patch.canary, canary),
    retention: { days: named(patch.retention?.days, retention.days) },
  };
}

/** An event's data: `build.root.from` and `build.root.to` of each field that differs. */
export function describeChanges(before: NamedSettings, after: NamedSettings): Record<string, string | number | null> {
  const earlier = fieldsOf(before);
  const changed = Object.entries(fieldsOf(after)).filter(([field, value]) => earlier[field] !== value);
  return Object.fromEntries(
    changed.flatMap(([field, value]) => [
      [`${field}.from`, earlier[field] ?? null],
      [`${field}.to`, value],
    ]),
  );
}

function fieldsOf({ name, settings }: NamedSettings): Record<string, string | number | null> {
  const { build, canary, retention } = settings;
  return {
    name,
    "build.root": build.root,
    "build.installCommand": build.installCommand,
    "build.command": build.command,
    "build.output": build.output,
    canary: canary === null ? null : JSON.stringify(canary),
    "retention.days": retention.days,
  };
}

function named<T>(value: T | undefined, otherwise: T): T {
  return value === undefined ? otherwise : value;
}
