/**
 * Between `collect` and the upload: every file of the output is searched for every value that must not be public, in all its forms.
 * What is found is told by file, variable and place, and never by what it is.
 */
import { ok, type Result } from "../schema/result.ts";
import type { Variable } from "../schema/variable.ts";
import type { OutputFile } from "./collect.ts";
import { type BuildFailure, fail } from "./failure.ts";
import { mapConcurrent } from "./map-concurrent.ts";
import { createPatternSearch, type PatternSearch } from "./pattern-search.ts";
import { openRegularFile } from "./regular-file.ts";
import { type FormName, formsOf } from "./value-forms.ts";

/** `offset` in bytes from the file's beginning; null in its name. */
export type Leak = {
  readonly path: string;
  readonly variable: string;
  readonly form: FormName;
  readonly offset: number | null;
};

type SearchedFile = Pick<OutputFile, "path" | "diskPath">;

const FILES_AT_ONCE = 4;
const READ_BYTES = 1024 * 1024;
/** In the message. */
const MAX_SHOWN = 5;

export async function refuseLeaks(
  files: readonly SearchedFile[],
  searched: readonly Variable[],
): Promise<Result<null, BuildFailure>> {
  const leaks = await findLeaks(files, searched);
  if (leaks.length === 0) return ok(null);
  const shown = leaks.slice(0, MAX_SHOWN).map(describeLeak).join("; ");
  const more = leaks.length > MAX_SHOWN ? `; and ${leaks.length - MAX_SHOWN} more` : "";
  return fail(
    "env_leaked",
    `${shown}${more}. Everybody could read it. If it may be public, say so: atelier env set ${leaks[0]?.variable} --public.`,
  );
}

/** The first place of each variable in each file, in the order of the files. */
export async function findLeaks(
  files: readonly SearchedFile[],
  searched: readonly Pick<Variable, "name" | "value">[],
): Promise<Leak[]> {
  const forms = searched.flatMap(({ name, value }) => formsOf(value).map((form) => ({ variable: name, ...form })));
  const search = createPatternSearch(forms.map(({ bytes }) => bytes));
  if (search.longest === 0) return [];
  const found = await mapConcurrent(files, FILES_AT_ONCE, async ({ path, diskPath }) => {
    const leaks = new Map<string, Leak>();
    const note = (pattern: number, offset: number | null) => {
      const { variable, form } = forms[pattern] as (typeof forms)[number];
      if (!leaks.has(variable)) leaks.set(variable, { path, variable, form, offset });
    };
    search.find(Buffer.from(path), (pattern) => note(pattern, null));
    await searchFile(diskPath, search, note);
    return [...leaks.values()];
  });
  return found.flat();
}

/** What lies across two reads is found by keeping the end of the one before. */
async function searchFile(
  diskPath: string,
  search: PatternSearch,
  onMatch: (pattern: number, offset: number) => void,
): Promise<void> {
  const handle = await openRegularFile(diskPath);
  if (handle === null) throw new Error("a file of the output changed while it was searched");
  try {
    const kept = search.longest - 1;
    const buffer = Buffer.allocUnsafe(kept + READ_BYTES);
    let [held, base] = [0, 0];
    for (;;) {
      const { bytesRead } = await handle.read(buffer, held, READ_BYTES);
      if (bytesRead === 0) return;
      const filled = held + bytesRead;
      search.find(buffer.subarray(0, filled), (pattern, start) => onMatch(pattern, base + start));
      held = Math.min(kept, filled);
      buffer.copyWithin(0, filled - held, filled);
      base += filled - held;
    }
  } finally {
    await handle.close();
  }
}

function describeLeak({ path, variable, form, offset }: Leak): string {
  const place = offset === null ? "in its name" : `at byte ${offset}`;
  return `${path} holds the value of ${variable} ${form}, ${place}`;
}
