import type * as z from "zod";
import { Failure } from "./failure.ts";

/** What was given, as the contract takes it. @throws Failure `usage` that says what it must be */
export function parseArgument<S extends z.ZodType>(schema: S, given: unknown, name: string): z.output<S> {
  const parsed = schema.safeParse(given);
  if (parsed.success) return parsed.data;
  const issues = parsed.error.issues.map(({ path, message }) => [path.join("."), message].filter(Boolean).join(": "));
  throw new Failure("usage", `${name} is not usable: ${issues.join("; ")}.`);
}

/** One of a closed list of words, as an option gives it. */
export function parseChoice<const T extends string>(choices: readonly T[], given: string, name: string): T {
  const found = choices.find((choice) => choice === given);
  if (found) return found;
  throw new Failure("usage", `"${given}" is no ${name}. There are: ${choices.join(", ")}.`);
}
