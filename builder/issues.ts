/** What a schema refused, in one line: "field.path: message; other.path: message". */
import type { z } from "zod";

/** `root` names the value itself. */
export function describeIssues(error: z.ZodError, root: string): string {
  return error.issues.flatMap((issue) => describeIssue(issue, [], root)).join("; ");
}

type Issue = z.core.$ZodIssue;

/** "path: message". Of a union's alternatives, the one that came furthest: it is what was meant. */
function describeIssue(issue: Issue, base: readonly PropertyKey[], root: string): string[] {
  const path = [...base, ...issue.path];
  if (issue.code === "invalid_union" && issue.errors.length > 0) {
    const depth = (issues: readonly Issue[]) =>
      Math.max(...issues.map((inner) => inner.path.length + issueWeight(inner)));
    const meant = issue.errors.toSorted((a, b) => depth(b) - depth(a))[0] ?? [];
    return meant.flatMap((inner) => describeIssue(inner, path, root));
  }
  if (issue.code === "unrecognized_keys") {
    return issue.keys.map((key) => `${[...path, key].map(String).join(".")}: is not a known field`);
  }
  return [`${path.map(String).join(".") || root}: ${issue.message}`];
}

/** An unknown field lies one level below the object that is named as its path. */
function issueWeight(issue: Issue): number {
  return issue.code === "unrecognized_keys" ? 1 : 0;
}
