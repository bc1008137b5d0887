/** `_redirects`, in Cloudflare's syntax: `source target [status]`, one a line. What is wrong is left out and said. */
import { plainText } from "../../schema/path-pattern.ts";
import { err, ok, type Result } from "../../schema/result.ts";
import {
  MAX_DYNAMIC_REDIRECTS,
  MAX_RULE_LINE_CHARS,
  MAX_STATIC_REDIRECTS,
  REDIRECT_STATUSES,
  type RedirectRule,
  type RedirectStatus,
} from "../../schema/rules.ts";
import { parsePathPattern, parseTarget } from "./parse-pattern.ts";

export type Warning = { readonly line: number; readonly text: string };
/** A rule and where it stands, so that what is found later can be said about its line. */
export type PlacedRedirect = { readonly line: number; readonly rule: RedirectRule };

export function parseRedirects(text: string): { readonly rules: PlacedRedirect[]; readonly warnings: Warning[] } {
  const rules: PlacedRedirect[] = [];
  const warnings: Warning[] = [];
  const sources = new Map<string, number>();
  const counts = { fixed: 0, dynamic: 0 };
  for (const [at, raw] of text.split("\n").entries()) {
    const line = at + 1;
    const rule = parseLine(raw.trim());
    if (rule === null) continue;
    if (!rule.ok) {
      warnings.push({ line, text: rule.failure });
      continue;
    }
    const source = JSON.stringify(rule.value.from);
    const earlier = sources.get(source);
    if (earlier !== undefined) {
      warnings.push({ line, text: `line ${earlier} has the same source and comes first; this one is left out` });
      continue;
    }
    const kind = plainText(rule.value.from) === null ? "dynamic" : "fixed";
    const limit = kind === "fixed" ? MAX_STATIC_REDIRECTS : MAX_DYNAMIC_REDIRECTS;
    if (counts[kind] === limit) {
      const what = kind === "fixed" ? "rules without placeholders" : "rules with placeholders or *";
      warnings.push({ line, text: `there can be at most ${limit} ${what}; this one is left out` });
      continue;
    }
    counts[kind] += 1;
    sources.set(source, line);
    rules.push({ line, rule: rule.value });
  }
  return { rules, warnings };
}

function parseLine(line: string): Result<RedirectRule, string> | null {
  if (line === "" || line.startsWith("#")) return null;
  if (line.length > MAX_RULE_LINE_CHARS) return err(`is longer than ${MAX_RULE_LINE_CHARS} characters`);
  const [source = "", target = "", status, ...more] = line.split(/\s+/).filter(isBeforeComment());
  if (target === "" || more.length > 0) return err("a redirect is a source, a target and, if not 302, a status");
  if (!source.startsWith("/")) return err(`the source must be a path that begins with /, not ${show(source)}`);
  const code = Number(status ?? "302");
  const known = REDIRECT_STATUSES.find((candidate) => candidate === code);
  if (known === undefined)
    return err(`the status must be one of ${REDIRECT_STATUSES.join(", ")}, not ${show(status ?? "")}`);
  const from = parsePathPattern(source);
  if (!from.ok) return err(`${show(source)}: ${from.failure}`);
  const address = normalizeTarget(target, known);
  if (!address.ok) return address;
  const to = parseTarget(address.value, from.value);
  if (known === 200 && from.value.length === 1 && plainText(from.value) === null && plainText(to) !== null) {
    return err(
      `would answer every request, for scripts and styles too, with ${show(target)}. A single-page app needs no rule: navigations to nothing get index.html where there is no 404.html`,
    );
  }
  return ok({ from: from.value, to, status: known });
}

/** A comment may stand behind a rule, set off by a space. */
function isBeforeComment(): (token: string) => boolean {
  let isComment = false;
  return (token) => {
    isComment ||= token.startsWith("#");
    return !isComment;
  };
}

/** The target as a URL has it: escaped, without steps in the tree. Placeholders come through that unchanged. */
function normalizeTarget(target: string, status: RedirectStatus): Result<string, string> {
  if (target.startsWith("/") && !target.startsWith("//")) {
    if (!URL.canParse(target, HERE)) return err(`${show(target)} is no address`);
    const { origin, pathname, search, hash } = new URL(target, HERE);
    // `/\evil` and `/.//evil` are the addresses of another host once they stand in a header.
    if (origin !== HERE || pathname.startsWith("//")) return err(`${show(target)} would lead to another host`);
    return ok(`${pathname}${search}${hash}`);
  }
  if (status === 200) return err("with 200 the target must be a path of this app that begins with /");
  const host = /^https?:\/\/([^/?#]*)/i.exec(target)?.[1];
  if (host !== undefined && /[*@]|:[A-Za-z]/.test(host)) return err("the host of a target must be written out");
  if (host === undefined || !URL.canParse(target)) {
    return err(`the target must begin with /, https:// or http://, not be ${show(target)}`);
  }
  return ok(new URL(target).href);
}

const HERE = "https://here.invalid";

function show(text: string): string {
  return JSON.stringify(text.length > 100 ? `${text.slice(0, 100)}…` : text);
}
