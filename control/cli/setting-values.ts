/** A project's settings as people write them: `build.root=apps/web`, one name and value each. */
import { DEFAULT_SETTINGS, type ProjectSettings, SettingsPatch } from "../../schema/contracts/project-settings.ts";
import { parseJson } from "../../schema/parse-json.ts";
import { Failure } from "./failure.ts";

/** The names there are, with their defaults: `build.root`, `canary`. */
const DEFAULTS: ReadonlyMap<string, unknown> = new Map(leavesOf(DEFAULT_SETTINGS));

export const SETTING_NAMES: readonly string[] = [...DEFAULTS.keys()];

/**
 * What these assignments change. Nothing behind the `=` resets to the default.
 * @throws Failure `usage` that names the settings there are, or says what a value must be
 */
export function parseSettings(assignments: readonly string[]): SettingsPatch {
  const values = new Map<string, unknown>();
  for (const assignment of assignments) {
    const [name, text] = splitAssignment(assignment);
    if (values.has(name)) throw new Failure("usage", `${name} is given twice.`);
    values.set(name, text === "" ? DEFAULTS.get(name) : parseValue(name, text));
  }
  return SettingsPatch.parse(nest(values));
}

/** The same the other way: each setting with its value as `parseSettings` takes it, null for a default. */
export function listSettings(settings: ProjectSettings): [name: string, text: string | null][] {
  return leavesOf(settings).map(([name, value]) => {
    if (value === null) return [name, null];
    return [name, typeof value === "string" ? value : JSON.stringify(value)];
  });
}

function splitAssignment(assignment: string): [name: string, text: string] {
  const [, name = "", text] = /^([^=]*)=(.*)$/s.exec(assignment) ?? [];
  if (text === undefined) {
    throw new Failure("usage", `"${assignment}" sets nothing. Write name=value, or name= for the default.`);
  }
  if (!DEFAULTS.has(name)) {
    throw new Failure("usage", `"${name}" is no setting. There are: ${SETTING_NAMES.join(", ")}.`);
  }
  return [name, text];
}

/** As text where the contract takes text, else as JSON: numbers, and canary's stages. */
function parseValue(name: string, text: string): unknown {
  const asText = SettingsPatch.safeParse(nest(new Map([[name, text]])));
  if (asText.success) return text;
  const value = parseJson(text);
  const asJson = value === undefined ? asText : SettingsPatch.safeParse(nest(new Map([[name, value]])));
  if (asJson.success) return value;
  const messages = asJson.error.issues.map(({ path, message }) => `${path.join(".")}: ${message}`);
  throw new Failure("usage", `${name} can not be "${text}". ${messages.join("; ")}.`);
}

function nest(values: ReadonlyMap<string, unknown>): Record<string, unknown> {
  const nested: Record<string, unknown> = {};
  for (const [name, value] of values) {
    const [group = "", field] = name.split(".");
    nested[group] = field === undefined ? value : { ...(nested[group] as object), [field]: value };
  }
  return nested;
}

/** Groups of settings are one deep. `canary` is one setting, whatever its value. */
function leavesOf({ canary, ...groups }: ProjectSettings): [name: string, value: unknown][] {
  const grouped = Object.entries(groups).flatMap(([group, fields]) =>
    Object.entries(fields).map(([field, value]): [string, unknown] => [`${group}.${field}`, value]),
  );
  return [...grouped, ["canary", canary]];
}
