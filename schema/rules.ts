/**
 * What an app's `_redirects` and `_headers` say, as the builder has compiled them into the manifest. Paths are as `readPath`
 * gives them: decoded, without the leading slash.
 */
import * as z from "zod";
import { compilePattern, fillPattern, type Matcher, Pattern, plainText, type Taken } from "./path-pattern.ts";

/** Cloudflare's limits (https://developers.cloudflare.com/workers/static-assets/redirects/ and .../headers/). */
export const MAX_STATIC_REDIRECTS = 2_000;
export const MAX_DYNAMIC_REDIRECTS = 100;
export const MAX_HEADER_RULES = 100;
export const MAX_RULE_LINE_CHARS = 2_000;

/** 200 answers with another file and leaves the address as it is. */
export const REDIRECT_STATUSES = [200, 301, 302, 303, 307, 308] as const;
export type RedirectStatus = (typeof REDIRECT_STATUSES)[number];

export const RedirectRule = z.object({
  from: Pattern,
  /** As in a URL: escaped, with query and fragment. Begins with `/` or `https://`. */
  to: Pattern,
  status: z.literal(REDIRECT_STATUSES),
});
export type RedirectRule = z.infer<typeof RedirectRule>;

export const HeaderRule = z.object({
  /** Absent: on every host. */
  host: Pattern.optional(),
  path: Pattern,
  /** Lower-case names, in the order of the file. */
  set: z.array(z.tuple([z.string().min(1), Pattern])),
  unset: z.array(z.string().min(1)),
});
export type HeaderRule = z.infer<typeof HeaderRule>;

export const Rules = z.object({
  redirects: z.array(RedirectRule).max(MAX_STATIC_REDIRECTS + MAX_DYNAMIC_REDIRECTS),
  headers: z.array(HeaderRule).max(MAX_HEADER_RULES),
});
export type Rules = z.infer<typeof Rules>;

export interface FoundRedirect {
  readonly rule: RedirectRule;
  readonly target: string;
}

/** Which redirect applies to a path: those without gaps first, then the others in their order. */
export function indexRedirects(rules: readonly RedirectRule[]): (path: string) => FoundRedirect | null {
  const fixed = new Map<string, RedirectRule>();
  const others: { readonly matches: Matcher; readonly rule: RedirectRule }[] = [];
  for (const rule of rules) {
    const text = plainText(rule.from);
    if (text === null) others.push({ matches: compilePattern(rule.from, "/"), rule });
    else if (!fixed.has(text)) fixed.set(text, rule);
  }
  return (path) => {
    const rule = fixed.get(path);
    if (rule) return { rule, target: targetOf(rule, {}) };
    for (const other of others) {
      const taken = other.matches(path);
      if (taken) return { rule: other.rule, target: targetOf(other.rule, taken) };
    }
    return null;
  };
}

/** What a splat takes may begin with a slash, and `//evil.com` would be another host. */
function targetOf({ to }: RedirectRule, taken: Taken): string {
  return fillPattern(to, taken).replace(/^\/{2,}/, "/");
}

export interface HeaderChanges {
  readonly unset: readonly string[];
  /** A name that occurs again adds to what it had before. */
  readonly set: readonly (readonly [name: string, value: string])[];
}

/** What the rules say about a path, those of all rules that match it together; null when none does. */
export function indexHeaderRules(rules: readonly HeaderRule[]): (path: string, host: string) => HeaderChanges | null {
  const compiled = rules.map((rule) => ({
    rule,
    matchesPath: compilePattern(rule.path, "/"),
    matchesHost: rule.host && compilePattern(rule.host, "."),
  }));
  return (path, host) => {
    let changes: { unset: string[]; set: (readonly [string, string])[] } | null = null;
    for (const { rule, matchesPath, matchesHost } of compiled) {
      const inPath = matchesPath(path);
      const inHost = inPath && (matchesHost ? matchesHost(host) : inPath);
      if (!inPath || !inHost) continue;
      changes ??= { unset: [], set: [] };
      changes.unset.push(...rule.unset);
      const taken = { ...inHost, ...inPath };
      for (const [name, value] of rule.set) changes.set.push([name, fillPattern(value, taken)]);
    }
    return changes;
  };
}
