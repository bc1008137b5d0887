/** `_redirects` and `_headers` of an output, compiled; what is wrong with them is for the build's log, by line. */
import type { Rules } from "../../schema/rules.ts";
import { META_FILES } from "../unpublished.ts";
import { parseHeaders } from "./parse-headers.ts";
import { parseRedirects, type Warning } from "./parse-redirects.ts";
import { refuseLoops, type Site } from "./refuse-loops.ts";

/** Of one file, in the log. */
const MAX_WARNINGS = 50;

export type CompiledRules = {
  /** Null when there is no rule. */
  readonly rules: Rules | null;
  readonly notes: readonly string[];
};

export function compileRules(
  texts: { readonly redirects: string | null; readonly headers: string | null },
  site: Site,
): CompiledRules {
  const parsed = parseRedirects(texts.redirects ?? "");
  const redirects = refuseLoops(parsed.rules, site);
  const headers = parseHeaders(texts.headers ?? "");
  const rules = { redirects: redirects.rules.map(({ rule }) => rule), headers: headers.rules };
  return {
    rules: rules.redirects.length + rules.headers.length === 0 ? null : rules,
    notes: [
      ...toNotes(META_FILES.redirects, [...parsed.warnings, ...redirects.warnings]),
      ...toNotes(META_FILES.headers, headers.warnings),
    ],
  };
}

function toNotes(file: string, warnings: readonly Warning[]): string[] {
  const ordered = warnings.toSorted((a, b) => a.line - b.line);
  const shown = ordered.slice(0, MAX_WARNINGS).map(({ line, text }) => `Warning: ${file}, line ${line}: ${text}.`);
  const more = ordered.length - shown.length;
  return more > 0 ? [...shown, `Warning: ${file} has ${more} more problems.`] : shown;
}
