/**
 * The fingerprinted files that a text of a build names, so that a request for one that is not there can be told from a name
 * that somebody made up. Only what stands alone in quotes, in an attribute or in `url()` counts: minified code is full of
 * things that look like file names, and comments of tools are no page's request.
 */
import { mayBeFingerprinted } from "./skew.ts";

/** Before and after a name: quotes, `=` and white space of an attribute without quotes, brackets of `url()`. */
const NAME = /(["'`=(])([A-Za-z0-9_@%~+./-]{10,300})(?=["'`)?#\s>])/g;

/**
 * @param path of the text, in its build
 * @returns each name as the paths that it can mean: beside the text, or from the top, as scripts that know their base write it
 */
export function referencesIn(text: string, path: string, isScript: boolean): readonly (readonly string[])[] {
  const found = new Map<string, readonly string[]>();
  for (const [, before, name = ""] of text.matchAll(NAME)) {
    // Another host's; and in a script, an assignment or a call of something that is no text.
    // No page asks for a source map; tools name those that were not published.
    if (name.endsWith(".map")) continue;
    if (name.startsWith("//") || found.has(name) || (isScript && (!isQuote(before) || !name.includes("/")))) continue;
    const candidates = new Set([resolve(name, path), resolve(name, "")]);
    const paths = [...candidates].filter((candidate) => candidate !== null && mayBeFingerprinted(candidate, false));
    if (paths.length > 0)
      found.set(
        name,
        paths.filter((candidate) => candidate !== null),
      );
  }
  return [...found.values()];
}

function isQuote(before: string | undefined): boolean {
  return before === '"' || before === "'" || before === "`";
}

/** @returns the path as manifests write it; null for what is no path */
function resolve(name: string, base: string): string | null {
  const url = URL.parse(name, `https://build/${encodeURI(base)}`);
  if (url?.host !== "build") return null;
  try {
    return decodeURIComponent(url.pathname.slice(1));
  } catch {
    return null;
  }
}
