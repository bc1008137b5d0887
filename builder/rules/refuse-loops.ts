/**
 * Redirects that come back to themselves: a browser would give up with an error where the app has a page. Each rule is
 * followed with an example of what it matches, through the other rules and through the address of the page it leads to.
 */
import { addressOf, type HtmlHandling } from "../../schema/html-handling.ts";
import { fillPattern } from "../../schema/path-pattern.ts";
import { indexRedirects } from "../../schema/rules.ts";
import { readPath } from "../../schema/url-path.ts";
import type { PlacedRedirect, Warning } from "./parse-redirects.ts";

/** More than any browser follows (20). */
const MAX_STEPS = 25;

export type Site = {
  readonly html: HtmlHandling;
  readonly hasFile: (path: string) => boolean;
};

export function refuseLoops(
  rules: readonly PlacedRedirect[],
  site: Site,
): { readonly rules: readonly PlacedRedirect[]; readonly warnings: readonly Warning[] } {
  const warnings: Warning[] = [];
  let kept = rules;
  let find = indexRedirects(kept.map(({ rule }) => rule));
  for (const placed of rules) {
    const steps = follow(placed, find, site);
    if (steps === null) continue;
    warnings.push({ line: placed.line, text: `leads in a circle (${steps.join(" -> ")}) and is left out` });
    kept = kept.filter((other) => other !== placed);
    find = indexRedirects(kept.map(({ rule }) => rule));
  }
  return { rules: kept, warnings };
}

/** @returns the way back to the rule, null when there is none */
function follow(
  { rule }: PlacedRedirect,
  find: ReturnType<typeof indexRedirects>,
  site: Site,
): readonly string[] | null {
  const gaps = rule.from.flatMap((piece) => (typeof piece === "string" ? [] : [[piece.gap, "x"] as const]));
  let path: string | null = readPath(`/${fillPattern(rule.from, Object.fromEntries(gaps))}`);
  const steps: string[] = [];
  while (path !== null && steps.length < MAX_STEPS) {
    steps.push(`/${path}`);
    const found = find(path);
    if (found?.rule === rule && steps.length > 1) return steps;
    path = found ? pathOf(found.target, found.rule.status) : pageAddress(path, site);
  }
  return null;
}

/** Null where the way ends: at another host, or with an answer. */
function pathOf(target: string, status: number): string | null {
  return status === 200 || !target.startsWith("/") ? null : readPath(target.split(/[?#]/)[0] ?? "");
}

/** Where the edge sends who asks for a page by another spelling than its address. */
function pageAddress(path: string, { html, hasFile }: Site): string | null {
  if (html === "none") return null;
  const page = [path, `${path}.html`].find((candidate) => /\.html$/.test(candidate) && hasFile(candidate));
  if (page === undefined || (page !== path && !/(?:^|\/)index$/.test(path))) return null;
  const address = addressOf(page, html);
  return address === path ? null : address;
}
