/**
 * What a page is about to ask for, as the value of a `Link` header: so that a browser (or a CDN, as early hints) can begin
 * before it has read the page. Taken from the page's own `<link rel="modulepreload|preload|preconnect">`, module scripts and
 * style sheets, only where the header says the very same as the element. The text is hostile, and read in one pass.
 */
import type { OutputFile } from "./collect.ts";
import { contentTypeOf } from "./content-type.ts";
import { mapConcurrent } from "./map-concurrent.ts";
import { openRegularFile } from "./regular-file.ts";

/** Pages name these in their head. */
const MAX_READ_BYTES = 64 * 1024;
const PAGES_AT_ONCE = 8;
const MAX_LINKS = 20;
/** Of the header: together with the others it must fit what clients and proxies take. */
const MAX_VALUE_CHARS = 2_048;

/** Values of `Link` headers by the path of the page. */
export async function readPageLinks(files: readonly OutputFile[]): Promise<ReadonlyMap<string, string>> {
  const pages = files.filter(({ path }) => contentTypeOf(path).startsWith("text/html"));
  const links = await mapConcurrent(
    pages,
    PAGES_AT_ONCE,
    async (page) => [page.path, pageLinks(await readHead(page))] as const,
  );
  return new Map(links.flatMap(([path, value]) => (value === null ? [] : [[path, value] as const])));
}

async function readHead({ path, diskPath }: OutputFile): Promise<string> {
  const file = await openRegularFile(diskPath);
  if (file === null) throw new Error(`${path} changed while it was read`);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(MAX_READ_BYTES), 0, MAX_READ_BYTES, 0);
    return buffer.toString("utf8", 0, bytesRead);
  } finally {
    await file.close();
  }
}

/** @param html the page, or its beginning. @returns null when there is nothing to name */
export function pageLinks(html: string): string | null {
  const links = new Set<string>();
  let length = 0;
  for (const tag of readTags(html)) {
    // It changes what every address on the page means.
    if (tag.name === "base") return null;
    if (tag.name === "body" || links.size === MAX_LINKS) break;
    const link = toLink(tag);
    if (link === null || links.has(link)) continue;
    length += link.length + 2;
    if (length > MAX_VALUE_CHARS) break;
    links.add(link);
  }
  return links.size === 0 ? null : [...links].join(", ");
}

interface Tag {
  readonly name: string;
  readonly attributes: ReadonlyMap<string, string>;
}

/** Start tags of the head, without what is in comments and in elements whose content is text. */
function* readTags(html: string): Generator<Tag> {
  const lower = html.toLowerCase();
  for (let at = html.indexOf("<"); at !== -1; at = html.indexOf("<", at)) {
    if (html.startsWith("<!--", at)) {
      const end = html.indexOf("-->", at + 4);
      if (end === -1) return;
      at = end + 3;
      continue;
    }
    NAME.lastIndex = at + 1;
    const name = NAME.exec(html)?.[0]?.toLowerCase();
    if (name === undefined) {
      at += 1;
      continue;
    }
    const tag = readAttributes(html, at + 1 + name.length);
    if (tag === null) return;
    yield { name, attributes: tag.attributes };
    at = tag.end;
    if (!TEXT_ELEMENTS.has(name)) continue;
    const end = lower.indexOf(`</${name}`, at);
    if (end === -1) return;
    at = end + 2;
  }
}

const NAME = /[a-z][a-z0-9-]*/iy;
const ATTRIBUTE = /[\s/]*([^\s"'<>/=]+)(?:\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'=<>`]+)))?/y;
const TAG_END = /[\s/]*>/y;
/** Their content is no markup, or not for a browser that runs scripts. */
const TEXT_ELEMENTS: ReadonlySet<string> = new Set(["script", "style", "title", "noscript", "template", "textarea"]);

function readAttributes(
  html: string,
  from: number,
): { readonly attributes: Tag["attributes"]; readonly end: number } | null {
  const attributes = new Map<string, string>();
  for (let at = from; ; at = ATTRIBUTE.lastIndex) {
    TAG_END.lastIndex = at;
    if (TAG_END.test(html)) return { attributes, end: TAG_END.lastIndex };
    ATTRIBUTE.lastIndex = at;
    const [, name, ...values] = ATTRIBUTE.exec(html) ?? [];
    if (name === undefined) return null;
    const key = name.toLowerCase();
    if (!attributes.has(key)) attributes.set(key, values.find((value) => value !== undefined) ?? "");
  }
}

/** Any other attribute (media, integrity, imagesrcset, ...) says something that would be lost. */
const KNOWN_ATTRIBUTES: ReadonlySet<string> = new Set([
  "rel",
  "href",
  "as",
  "crossorigin",
  "type",
  "src",
  "fetchpriority",
]);

function toLink({ name, attributes }: Tag): string | null {
  if ([...attributes.keys()].some((attribute) => !KNOWN_ATTRIBUTES.has(attribute))) return null;
  const rel = attributes.get("rel")?.trim().toLowerCase();
  if (name === "script" && attributes.get("type") === "module") {
    return linkTo(attributes.get("src"), "modulepreload", null, attributes);
  }
  if (name !== "link") return null;
  const href = attributes.get("href");
  switch (rel) {
    case "modulepreload":
      return linkTo(href, rel, null, attributes);
    case "preload":
      return linkTo(href, rel, attributes.get("as") ?? "", attributes);
    case "preconnect":
      return linkTo(href, rel, null, attributes);
    case "stylesheet":
      return linkTo(href, "preload", "style", attributes);
    default:
      return null;
  }
}

/** Printable ASCII without what ends an address in the header, or begins something else in HTML. */
const PLAIN_ADDRESS = /^[!#-;=?-~]+$/;

function linkTo(
  written: string | undefined,
  rel: string,
  as: string | null,
  attributes: Tag["attributes"],
): string | null {
  const address = written?.trim().replaceAll("&amp;", "&");
  if (!address || !PLAIN_ADDRESS.test(address) || /&\w+;|&#/.test(address) || address.startsWith("data:")) return null;
  if (as !== null && !/^[a-z]+$/.test(as)) return null;
  const crossOrigin = attributes.get("crossorigin")?.toLowerCase();
  const parts = [
    `<${address}>; rel=${rel}`,
    ...(as === null ? [] : [`as=${as}`]),
    ...(crossOrigin === undefined
      ? []
      : [crossOrigin === "use-credentials" ? "crossorigin=use-credentials" : "crossorigin"]),
  ];
  return parts.join("; ");
}
