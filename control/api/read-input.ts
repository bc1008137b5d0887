import type { Context } from "hono";
import type * as z from "zod";
import { ProblemError } from "./problem-error.ts";

/** A file list of 20 000 paths is about 4 MB. */
export const MAX_JSON_BYTES = 16 * 1024 * 1024;

/** The request's JSON body as `schema` reads it, or a problem that names every field that does not fit. */
export async function readBody<S extends z.ZodType>(c: Context, schema: S): Promise<z.output<S>> {
  const text = await c.req.text();
  let body: unknown;
  try {
    body = text === "" ? {} : JSON.parse(text);
  } catch {
    throw new ProblemError("body_not_json", "Send a JSON object with the header Content-Type: application/json.");
  }
  return read(schema, body, "body_invalid", "Correct the fields named in errors.");
}

export function readQuery<S extends z.ZodType>(c: Context, schema: S): z.output<S> {
  return read(schema, c.req.query(), "query_invalid", "Correct the parameters named in errors.");
}

function read<S extends z.ZodType>(
  schema: S,
  value: unknown,
  code: "body_invalid" | "query_invalid",
  advice: string,
): z.output<S> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const errors = parsed.error.issues.slice(0, 50).map(({ path, message }) => ({ path: path.join("."), message }));
  const [first] = errors;
  throw new ProblemError(code, first ? `${first.path || "It"}: ${first.message}. ${advice}` : advice, errors);
}
