/** Environment variables of a project. What was given as a value never comes back, except by `EnvValues`, and no secret does. */
import * as z from "zod";
import { Digest } from "../digest.ts";
import { Environment } from "../environment.ts";
import { MAX_NAME_CHARS, MAX_VARIABLES, VariableName, VariableValue, Visibility } from "../variable.ts";

const NewVariable = z.strictObject({
  name: VariableName,
  value: VariableValue,
  /** Of a variable that is there, without this, it stays as it is; a new one is `private`. */
  visibility: Visibility.optional(),
});

const TOO_MANY = `an environment has at most ${MAX_VARIABLES} variables`;

/** `PATCH /v1/projects/:project/env/:environment`: all of it at once, or nothing. */
export const ChangeVariables = z
  .strictObject({
    set: z.array(NewVariable).max(MAX_VARIABLES, TOO_MANY).default([]),
    remove: z.array(z.string().min(1).max(MAX_NAME_CHARS)).max(MAX_VARIABLES, TOO_MANY).default([]),
  })
  .check(({ value: { set, remove }, issues }) => {
    const names = [...set.map(({ name }) => name), ...remove];
    const twice = names.find((name, index) => names.indexOf(name) !== index);
    if (twice !== undefined) issues.push({ code: "custom", input: twice, message: `${twice} is named twice` });
  });
export type ChangeVariables = z.infer<typeof ChangeVariables>;

export const EnvVariable = z.object({
  name: z.string(),
  visibility: Visibility,
  /** Whether leaks of the value are looked for. Not of short and ordinary ones, nor of public ones. */
  searched: z.boolean(),
  /** The frameworks that put a variable of this name into the browser's code. */
  publishedBy: z.array(z.string()),
  /** The key that it was encrypted with is not there any more: set it again, or bring the key back. */
  lost: z.boolean(),
  updatedAt: z.iso.datetime(),
  updatedBy: z.string(),
});
export type EnvVariable = z.infer<typeof EnvVariable>;

/** By name. */
export const EnvState = z.object({
  environment: Environment,
  /** Of the snapshot that the next deployment gets; null when a key is lost that it would need. */
  digest: Digest.nullable(),
  variables: z.array(EnvVariable),
});
export type EnvState = z.infer<typeof EnvState>;

/** `value` is null for a secret one. */
export const EnvValues = z.object({
  environment: Environment,
  variables: z.array(z.object({ name: z.string(), visibility: Visibility, value: z.string().nullable() })),
});
export type EnvValues = z.infer<typeof EnvValues>;

/** `POST /v1/projects/:project/env/reseal`: what was encrypted with an older key is encrypted with the newest. */
export const Resealed = z.object({
  /** The key that all readable values are encrypted with now. */
  key: z.string(),
  resealed: z.int(),
  /** Values whose key is not there, and which those are: they stay as they are. */
  lost: z.int(),
  lostKeys: z.array(z.string()),
});
export type Resealed = z.infer<typeof Resealed>;
