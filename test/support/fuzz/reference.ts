/**
 * What the answer to a request must be, worked out slowly from the lists of files: no maps, no caches, nothing of the router's.
 * Each rule is written as its promise reads. What the URL parser does to a request happens before the router, so it is used here
 * too.
 */
import { type Build, bytesOf, isFingerprinted, SITES, type Site } from "./sites.ts";

export interface FuzzRequest {
  readonly method: string;
  /** As on the wire, behind `http://`. */
  readonly host: string;
  readonly target: string;
  readonly headers: Readonly<Partial<Record<string, string>>>;
}

export interface Expected {
  readonly status: number;
  /** Of a GET; null where it is the platform's own page. */
  readonly body: string | null;
  readonly location: string | null;
}

export function expectedAnswer({ method, headers, ...request }: FuzzRequest): Expected {
  const url = new URL(`http://${request.host}${request.target}`);
  if (method !== "GET" && method !== "HEAD") return refusal(405);
  const host = url.hostname.endsWith(".") ? url.hostname.slice(0, -1) : url.hostname;
  if (!isHostName(host) || isBadAppsName(host)) return refusal(404);
  const path = decodedPath(url.pathname);
  if (path === null) return refusal(400);
  if (path === "_atelier" || path.startsWith("_atelier/")) return refusal(404);
  const site = SITES.find(({ hosts }) => hosts.includes(host));
  if (!site) return refusal(404);

  for (const rule of site.own.rules) {
    const redirect = rule.apply(path);
    if (redirect) return movedTo(redirect[0], withQuery(redirect[1], url.search));
  }
  const mode = headers["sec-fetch-mode"];
  const lastSegment = path.slice(path.lastIndexOf("/") + 1);
  const isNavigation =
    mode === undefined
      ? (headers.accept ?? "").includes("text/html") && !lastSegment.includes(".")
      : mode === "navigate";

  const page = answerOf(site.own, path);
  if (page?.kind === "moved") return movedTo(307, withQuery(spelled(page.path), url.search));
  if (page) {
    if (spelled(path) !== url.pathname) return movedTo(307, withQuery(spelled(path), url.search));
    return fileAnswer(site, site.own, page.path, method, headers);
  }
  if (!isNavigation) {
    const other = site.others.find(({ paths }) => paths.includes(path) && isFingerprinted(path));
    if (other) return fileAnswer(site, other, path, method, headers);
  }
  const notFound = nearest404(site.own, path);
  if (notFound !== null)
    return { status: 404, body: method === "HEAD" ? "" : bytesOf(site, site.own, notFound), location: null };
  if (!isNavigation || !site.own.paths.includes("index.html")) return refusal(404);
  if (spelled(path) !== url.pathname) return movedTo(307, withQuery(spelled(path), url.search));
  return fileAnswer(site, site.own, "index.html", method, headers);
}

const refusal = (status: number): Expected => ({ status, body: null, location: null });
const movedTo = (status: number, location: string): Expected => ({ status, body: "", location });

function fileAnswer(site: Site, build: Build, path: string, method: string, headers: FuzzRequest["headers"]): Expected {
  const body = bytesOf(site, build, path);
  if (headers["if-none-match"] === "*") return { status: 304, body: "", location: null };
  const [, from, to] = /^bytes=(\d+)-(\d+)$/.exec(headers.range ?? "") ?? [];
  if (method === "GET" && from !== undefined && to !== undefined && body !== "" && Number(from) <= Number(to)) {
    if (Number(from) >= body.length) return refusal(416);
    return { status: 206, body: body.slice(Number(from), Number(to) + 1), location: null };
  }
  return { status: 200, body: method === "HEAD" ? "" : body, location: null };
}

type Answer = { readonly kind: "file" | "moved"; readonly path: string };

function answerOf({ html, paths }: Build, path: string): Answer | null {
  if (html === "none") return paths.includes(path) ? { kind: "file", path } : null;
  if (paths.includes(path) && !path.endsWith(".html")) return { kind: "file", path };
  const owner = ownerOf(path);
  if (owner !== null) return { kind: "file", path: owner };
  const pages = paths.filter((page) => page.endsWith(".html"));
  if (pages.includes(path)) {
    return ownerOf(addressOf(path)) === path ? { kind: "moved", path: addressOf(path) } : { kind: "file", path };
  }
  // Every spelling that means a page; the page of the folder first where a folder was asked for.
  for (const [end, first, second] of [
    ["/index.html", "/index.html", ".html"],
    ["/index", "/index.html", ".html"],
    ["/", "/index.html", ".html"],
    [".html", ".html", "/index.html"],
    ["", ".html", "/index.html"],
  ] as const) {
    if (path === "index" || path === "index.html")
      return pages.includes("index.html") ? { kind: "moved", path: "" } : null;
    if (!path.endsWith(end)) continue;
    const stem = path.slice(0, path.length - end.length);
    const meant = [stem + first, stem + second].find(
      (page) => pages.includes(page) && ownerOf(addressOf(page)) === page,
    );
    return meant === undefined ? null : { kind: "moved", path: addressOf(meant) };
  }
  return null;

  function addressOf(page: string): string {
    if (page === "index.html") return "";
    const isIndex = page.endsWith("/index.html");
    const stem = page.slice(0, isIndex ? -"/index.html".length : -".html".length);
    if (html === "force-trailing-slash") return `${stem}/`;
    return isIndex && html === "auto-trailing-slash" ? `${stem}/` : stem;
  }

  /** Two pages may have one address: with a slash it is the folder's, without the page's. */
  function ownerOf(address: string): string | null {
    if (paths.includes(address) && !address.endsWith(".html")) return null;
    const owners = paths.filter((page) => page.endsWith(".html") && addressOf(page) === address);
    const isFolder = address.endsWith("/");
    return owners.find((page) => page.endsWith("/index.html") === isFolder) ?? owners[0] ?? null;
  }
}

function nearest404({ paths }: Build, path: string): string | null {
  const folders = path.split("/").slice(0, -1);
  for (let depth = folders.length; depth >= 0; depth--) {
    const page = [...folders.slice(0, depth), "404.html"].join("/");
    if (paths.includes(page)) return page;
  }
  return null;
}

function decodedPath(pathname: string): string | null {
  const segments: string[] = [];
  for (const raw of pathname.split("/").slice(1)) {
    let segment: string;
    try {
      segment = decodeURIComponent(raw);
    } catch {
      return null;
    }
    if (/[/\\\0]/.test(segment) || segment === "." || segment === "..") return null;
    segments.push(segment);
  }
  // Empty segments count only at the end.
  return segments.filter((segment, at) => segment !== "" || at === segments.length - 1).join("/");
}

const PLAIN = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~!$&'()*+,;=:@/";

function spelled(path: string): string {
  return `/${[...path].map((char) => (PLAIN.includes(char) ? char : encodeURIComponent(char))).join("")}`;
}

function withQuery(target: string, search: string): string {
  return target.includes("?") ? target : target + search;
}

function isHostName(host: string): boolean {
  const labels = host.split(".");
  const isLabel = (label: string) =>
    label.length >= 1 &&
    label.length <= 63 &&
    [...label].every((char) => "abcdefghijklmnopqrstuvwxyz0123456789-".includes(char)) &&
    !label.startsWith("-") &&
    !label.endsWith("-");
  const last = labels.at(-1) ?? "";
  return host.length <= 253 && labels.every(isLabel) && !/^(\d+|0x[0-9a-f]*)$/.test(last);
}

/** Below the apps domain there is one label: a slug, or a slug and the number of a preview. */
function isBadAppsName(host: string): boolean {
  if (host === "apps.test") return true;
  if (!host.endsWith(".apps.test")) return false;
  const label = host.slice(0, -".apps.test".length);
  const slug = label.replace(/-pr-[1-9]\d{0,8}$/, "");
  const isReserved = /-pr-\d+$/.test(slug) || /-d-[0-9a-f]{12}$/.test(slug);
  return (
    label.includes(".") || slug.includes("--") || slug.length > 40 || slug.endsWith("-") || slug === "" || isReserved
  );
}
