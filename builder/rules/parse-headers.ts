/** `_headers`, in Cloudflare's syntax: a path, below it `Name: value` and `! Name`. What is wrong is left out and said. */
import { err, ok, type Result } from "../../schema/result.ts";
import { type HeaderRule, MAX_HEADER_RULES, MAX_RULE_LINE_CHARS } from "../../schema/rules.ts";
import { parseHostPattern, parsePathPattern, parseTarget } from "./parse-pattern.ts";
import type { Warning } from "./parse-redirects.ts";

/** They say how the bytes are sent, or whose answer it is: the edge alone knows. */
const OURS =
  /^(?:accept-ranges|age|allow|connection|content-encoding|content-length|content-range|date|etag|keep-alive|last-modified|location|set-cookie|te|traceparent|trailer|transfer-encoding|upgrade|via|x-atelier-.*)$/;
const NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
const VALUE = /^[\t\x20-\x7e]+$/;

type OpenRule = {
  readonly line: number;
  readonly target: Pick<HeaderRule, "host" | "path">;
  readonly set: HeaderRule["set"];
  readonly unset: string[];
};

export function parseHeaders(text: string): { readonly rules: HeaderRule[]; readonly warnings: Warning[] } {
  const rules: OpenRule[] = [];
  const warnings: Warning[] = [];
  let open: OpenRule | "refused" | null = null;
  for (const [at, raw] of text.split("\n").entries()) {
    const line = at + 1;
    const content = raw.trim();
    if (content === "" || content.startsWith("#")) continue;
    if (content.length > MAX_RULE_LINE_CHARS) {
      warnings.push({ line, text: `is longer than ${MAX_RULE_LINE_CHARS} characters` });
      continue;
    }
    if (/^(?:\/|[^\s:]+:\/\/)/.test(content)) {
      const target = parseRuleTarget(content);
      open = target.ok ? { line, target: target.value, set: [], unset: [] } : "refused";
      if (!target.ok) warnings.push({ line, text: `${target.failure}; the headers below it are left out` });
      else if (rules.length === MAX_HEADER_RULES) {
        warnings.push({
          line,
          text: `there can be at most ${MAX_HEADER_RULES} rules; this one and those below it are left out`,
        });
        break;
      } else if (open !== "refused") rules.push(open);
      continue;
    }
    if (open === "refused") continue;
    const change = open === null ? err("a header needs a line with a path above it") : parseChange(content, open);
    if (!change.ok) warnings.push({ line, text: change.failure });
  }
  for (const { line, set, unset } of rules) {
    if (set.length + unset.length === 0) warnings.push({ line, text: "has no headers below it" });
  }
  const filled = rules.filter(({ set, unset }) => set.length + unset.length > 0);
  return { rules: filled.map(({ target, set, unset }) => ({ ...target, set, unset })), warnings };
}

function parseRuleTarget(text: string): Result<OpenRule["target"], string> {
  if (text.startsWith("/")) {
    const path = parsePathPattern(text);
    return path.ok ? ok({ path: path.value }) : err(path.failure);
  }
  const [, host, rest = "/"] = /^https:\/\/([^/?#]+)(\/.*)?$/.exec(text) ?? [];
  if (host === undefined || /[@:]\d|@/.test(host))
    return err("a rule begins with / or with https:// and a host without a port");
  const path = parsePathPattern(rest);
  if (!path.ok) return err(path.failure);
  const parsed = parseHostPattern(host);
  if (!parsed.ok) return err(parsed.failure);
  const names = [...parsed.value, ...path.value].flatMap((piece) => (typeof piece === "string" ? [] : [piece.gap]));
  if (new Set(names).size < names.length) return err("each placeholder, and *, can occur once");
  return ok({ host: parsed.value, path: path.value });
}

function parseChange(text: string, { target, set, unset }: OpenRule): Result<null, string> {
  const removed = /^!\s+(.+)$/.exec(text)?.[1];
  const [head = "", ...rest] = text.split(":");
  const name = (removed ?? head).trim().toLowerCase();
  if (removed === undefined && rest.length === 0)
    return err("a header is a name, a colon and a value, or ! and a name");
  if (!NAME.test(name)) return err("a header's name is of letters, digits and hyphens");
  if (OURS.test(name)) return err(`${name} says how the bytes are sent, so the edge alone sets it`);
  if (removed !== undefined) {
    if (name === "vary") return err("vary keeps caches apart and can not be taken away");
    unset.push(name);
    return ok(null);
  }
  const value = rest.join(":").trim();
  if (!VALUE.test(value)) return err(`the value of ${name} must be printable ASCII`);
  set.push([name, parseTarget(value, [...(target.host ?? []), ...target.path])]);
  return ok(null);
}
